"""Whether a post carries what came out of its chat (T17 to T19). Pure."""

from collections.abc import Sequence

from otalk_digest.collect.extract.cpd import find_cpd
from otalk_digest.collect.extract.sections import (
    Sections,
    is_block_heading,
    is_block_label,
    is_numbers_heading,
    is_promise,
)
from otalk_digest.collect.patterns import Pattern

_ENDS_WITH_YEAR = Pattern(r"\b(?:19|20)\d\d\W{0,9}$")
_SENTENCE = Pattern(r"[.!?…][\"'”’)\]]*$")
#: Shorter lines are labels.
_FEWEST_WORDS = 6


def is_written_up(sections: Sections, html: str) -> bool:
    """Whether header or block hold more than labels, beside figures and a transcript's address."""
    return (
        _has_header_links(sections.header)
        or _names_transcript(sections.block)
        or _has_picture_of_numbers(sections.block, html)
        or _tells_of_chat(sections.block)
    )


def _has_header_links(header: Sequence[str]) -> bool:
    """2013 to 2015: a header with a transcript link marks a wrap-up without any heading."""
    lines = [line.casefold() for line in header]
    return any("transcript" in line or "post chat summary" in line for line in lines)


def _names_transcript(block: Sequence[str]) -> bool:
    """A copy without links still names this chat's transcript by its date."""
    return any(
        "transcript" in line.casefold() and _ENDS_WITH_YEAR.search(line) and not is_promise(line)
        for line in block
    )


def _has_picture_of_numbers(block: Sequence[str], html: str) -> bool:
    heading = next((line for line in block if is_numbers_heading(line)), None)
    start = html.rfind(heading) if heading else -1
    return start >= 0 and "<img" in html[start:]


def _tells_of_chat(block: Sequence[str]) -> bool:
    """Under a heading, a sentence about the hour that was; promises and CPD lines are none."""
    if not block or not is_block_heading(block[0]):
        return False
    boilerplate = set(find_cpd(block))
    return any(
        len(line.split()) >= _FEWEST_WORDS
        and _SENTENCE.search(line)
        and not (is_promise(line) or is_block_label(line) or line in boilerplate)
        for line in block[1:]
    )
