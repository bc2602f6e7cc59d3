"""What a list of mails shows before one is opened. Pure.

The cuts are about where a phone held upright and Outlook's reading list cut; both depend on the
width of letters and windows.
"""

from dataclasses import dataclass
from typing import Final

from otalk_digest.web.preview.view import InboxLine


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    name: str
    sender: int
    subject: int
    preheader: int


_PROGRAMS: Final = (
    _Program(name="Phone", sender=24, subject=40, preheader=80),
    _Program(name="Outlook", sender=30, subject=55, preheader=60),
)


def inbox_lines(sender: str, subject: str, preheader: str) -> tuple[InboxLine, ...]:
    """Return the line as each program shows it."""
    return tuple(
        InboxLine(
            program=program.name,
            sender=_cut(sender, program.sender),
            subject=_cut(subject, program.subject),
            preheader=_cut(preheader, program.preheader),
        )
        for program in _PROGRAMS
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
