"""Rules over the plain text: the same content for who reads, or hears, it. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from otalk_digest.check.headers import leaving
from otalk_digest.check.mail import Mail, in_part
from otalk_digest.check.page import shown, squeezed, words
from otalk_digest.check.residue import FILLER, tags_in_text
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

#: RFC 5322 §2.1.1 advises it.
_WIDTH: Final = 78
_ENOUGH: Final = 0.85
#: Shown of the words that are missing.
_SOME: Final = 12


def missing_words(mail: Mail) -> tuple[float, tuple[str, ...]]:
    """Return which share of the HTML's words the text has, and the words that it lacks."""
    wanted = Counter(words(mail.seen))
    missing = wanted - Counter(words(mail.text))
    whole = squeezed(mail.text)
    # The text cuts a word that is longer than its line.
    lacking = {word: n for word, n in missing.items() if len(word) <= _WIDTH or word not in whole}
    total = wanted.total()
    return (1 - sum(lacking.values()) / total if total else 1.0), tuple(lacking)


def has_address(text: str, address: str) -> bool:
    """Whether the text names where a link leads, as a link or as an address to write to."""
    scheme, _, rest = address.partition(":")
    # What follows "?" makes the mail, so without it the address is another one.
    is_plain = scheme.lower() in {"mailto", "tel"} and "?" not in rest and rest.strip() != ""
    return address in text or (is_plain and unquote(rest) in text)


def _empty(mail: Mail) -> Iterator[Place]:
    if not mail.text.strip():
        yield in_part(Part.TEXT, "no words")


def _missing_addresses(mail: Mail) -> Iterator[Place]:
    for address in dict.fromkeys((link.get("href") or "").strip() for link in mail.links):
        is_one = address.partition(":")[0].lower() in {"http", "https", "mailto", "tel"}
        if is_one and not has_address(mail.text, address):
            yield in_part(Part.TEXT, f"missing: {address}")


def _missing_headings(mail: Mail) -> Iterator[Place]:
    text = squeezed(mail.text)
    for heading in mail.elements("h1", "h2"):
        said = heading.text_content()
        if squeezed(said) not in text:
            yield in_part(Part.TEXT, f"missing: {shown(said)}")


def _missing_words(mail: Mail) -> Iterator[Place]:
    share, missing = missing_words(mail)
    if mail.text.strip() and share < _ENOUGH:
        yield in_part(Part.TEXT, f"{share:.0%} of the words; missing: {' '.join(missing[:_SOME])}")


def _wide_lines(mail: Mail) -> Iterator[Place]:
    for number, line in enumerate(mail.lines, start=1):
        if len(line) > _WIDTH and not any(
            "://" in word or "mailto:" in word or len(word) > _WIDTH for word in line.split()
        ):
            yield in_part(Part.TEXT, line, number)


def _no_way_out(mail: Mail) -> Iterator[Place]:
    if not any(has_address(mail.text, address) for address in leaving(mail)):
        yield in_part(Part.TEXT, "no address to unsubscribe by")


def _filler(mail: Mail) -> Iterator[Place]:
    for number, line in enumerate(mail.lines, start=1):
        if FILLER.search(line):
            yield in_part(Part.TEXT, shown(line) or "invisible characters", number)


_TEMPLATE: Final = "Add it to the theme's digest.txt.j2 and its parts."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="text-present",
        level=Level.MUST,
        why="Readers of plain text, watches and some screen readers get nothing.",
        mend="The theme's digest.txt.j2 comes out empty: mend it.",
        find=_empty,
    ),
    Rule(
        name="text-plain",
        level=Level.MUST,
        why="Tags and entities are read out letter by letter.",
        mend="Take the tags out of the theme's digest.txt.j2 and its parts.",
        find=tags_in_text,
    ),
    Rule(
        name="text-addresses",
        level=Level.MUST,
        why="Who reads the text must get to the same places (equal content).",
        mend=_TEMPLATE,
        find=_missing_addresses,
    ),
    Rule(
        name="text-headings",
        level=Level.MUST,
        why="Who reads the text must be told the same things (equal content).",
        mend=_TEMPLATE,
        find=_missing_headings,
    ),
    Rule(
        name="text-words",
        level=Level.MUST,
        why="The text must hold at least 85% of the words of the HTML (equal content).",
        mend=_TEMPLATE,
        find=_missing_words,
    ),
    Rule(
        name="text-width",
        level=Level.SHOULD,
        why="Lines of more than 78 characters break in odd places (RFC 5322 §2.1.1).",
        mend="Break the line in the theme's digest.txt.j2; only an address may be longer.",
        find=_wide_lines,
    ),
    Rule(
        name="text-unsubscribe",
        level=Level.MUST,
        why="Every reader must find the way out (PECR, UK GDPR).",
        mend="Put {{ mark.text.unsubscribe_url }} into the footer of the theme's digest.txt.j2.",
        find=_no_way_out,
    ),
    Rule(
        name="text-filler",
        level=Level.MUST,
        why="Screen readers read runs of invisible characters aloud.",
        mend="Take them out of the theme's digest.txt.j2 or of the post on the blog.",
        find=_filler,
    ),
)
