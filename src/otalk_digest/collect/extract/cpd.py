"""The "Evidence your CPD" lines of a block: boilerplate, kept apart from the rest. Pure."""

import re
from collections.abc import Sequence

from otalk_digest.collect.extract.lines import MARKER, without_marker
from otalk_digest.collect.extract.sections import FIGURE_LINE, is_block_heading, is_numbers_heading
from otalk_digest.collect.patterns import Pattern

_HEADING = Pattern(r"^\W*(?:evidence\s+your\s+cpd|hcpc\s+standards?\s+for\s+cpd)\b", re.IGNORECASE)
_OTHER = Pattern(
    r"^\W*(?:online\s+transcript|pdf\s+of|host\b|(?:\w+\s+)?support\b|#\w+\s+(?:participants"
    r"|transcript|healthcare)|references?\b)",
    re.IGNORECASE,
)


def find_cpd(lines: Sequence[str]) -> tuple[str, ...]:
    """Return headings and bullets of the CPD part, without markers."""
    found: list[str] = []
    is_inside = False
    for line in lines:
        if _HEADING.match(line):
            is_inside = True
        elif is_inside and _ends(line):
            is_inside = False
        if is_inside:
            found.append(without_marker(line) if MARKER.match(line) else line)
    return tuple(found)


def _ends(line: str) -> bool:
    return bool(
        _OTHER.match(line)
        or FIGURE_LINE.match(line)
        or is_numbers_heading(line)
        or is_block_heading(line)
    )
