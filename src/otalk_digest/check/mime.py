"""Rules over the message as a whole: its parts, how they are encoded, its size. Pure."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final

from otalk_digest.check.mail import Mail, in_part, kind_of
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

if TYPE_CHECKING:
    from email.message import MIMEPart

_OURS: Final = {
    "text/plain": Part.TEXT,
    "text/html": Part.HTML,
    "text/calendar": Part.CALENDAR,
}
#: RFC 5322 §2.1.1, without the line end.
_LONGEST_LINE: Final = 998
#: RFC 2045 §6.7 (5), without the line end.
_LONGEST_QUOTED: Final = 76
MESSAGE_ADVISED: Final = 200_000
#: What SpamAssassin's client still hands over to be looked at, by default.
MESSAGE_MOST: Final = 500 * 1024
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_NOT_QUOTED_PRINTABLE: Final = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*$)|[^\t -~]")


def _broken(mail: Mail) -> Iterator[Place]:
    if not mail.message.keys():
        yield in_part(Part.MESSAGE, "no header at all")
    for part in mail.message.walk():
        for defect in part.defects:
            yield in_part(Part.MESSAGE, f"{kind_of(part)}: {type(defect).__name__}")


def _parts(mail: Mail) -> Iterator[EmailMessage]:
    return (part for part in mail.message.walk() if not part.is_multipart())


def _not_alternative(mail: Mail) -> Iterator[Place]:
    whole: MIMEPart = mail.message
    if kind_of(whole) == "multipart/mixed":
        whole = next(whole.iter_parts(), whole)
    kinds = [kind_of(part) for part in whole.iter_parts()] if whole.is_multipart() else []
    if kind_of(whole) != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        found = ", ".join(kinds) or "one part"
        yield in_part(Part.MESSAGE, f"{kind_of(whole)} with {found}")


def _not_utf8(mail: Mail) -> Iterator[Place]:
    for part in _parts(mail):
        place = _OURS.get(kind_of(part))
        if place is None:
            continue
        charset = part.get_content_charset("none")
        payload = part.get_payload(decode=True)
        if charset != "utf-8":
            yield in_part(place, f"charset {charset}")
        elif isinstance(payload, bytes) and not _is_utf8(payload):
            yield in_part(place, "bytes that are not UTF-8")


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _badly_encoded(mail: Mail) -> Iterator[Place]:
    for part in _parts(mail):
        place = _OURS.get(kind_of(part))
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
        if place is None:
            continue
        if encoding == "quoted-printable":
            yield from _badly_quoted(part, place)
        elif encoding not in {"7bit", "base64"}:
            yield in_part(place, f"Content-Transfer-Encoding: {encoding}")


def _badly_quoted(part: EmailMessage, place: Part) -> Iterator[Place]:
    encoded = str(part.get_payload()).encode("ascii", "surrogateescape")
    for line in _LINE_END.split(encoded):
        if len(line) > _LONGEST_QUOTED or _NOT_QUOTED_PRINTABLE.search(line):
            yield in_part(place, line.decode("ascii", "replace"))
            return


def _long_lines(mail: Mail) -> Iterator[Place]:
    for number, line in enumerate(_LINE_END.split(mail.raw), start=1):
        if len(line) > _LONGEST_LINE:
            yield in_part(Part.MESSAGE, f"line {number} of the message: {len(line)} octets")


def _heavier_than(limit: int, mail: Mail) -> Iterator[Place]:
    if len(mail.raw) > limit:
        yield in_part(Part.MESSAGE, f"{len(mail.raw) // 1000} KB, of at most {limit // 1000} KB")


def _attachments(mail: Mail) -> Iterator[Place]:
    for part in _parts(mail):
        if kind_of(part) not in _OURS:
            yield in_part(Part.MESSAGE, f"{kind_of(part)} {part.get_filename() or ''}")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="message-parses",
        level=Level.MUST,
        why="Mail programs guess at a broken message, each in another way (RFC 2045, 5322).",
        mend="The file was damaged after it was made: make it again. If a fresh one fails too, "
        "that is our mistake; send us the message.",
        find=_broken,
    ),
    Rule(
        name="message-alternative",
        level=Level.MUST,
        why="Programs show the last kind they can: text must come first, then HTML "
        "(RFC 2046 §5.1.4).",
        mend="Messages that this program makes are so. If one is not, that is our mistake; "
        "send us the message.",
        find=_not_alternative,
    ),
    Rule(
        name="message-utf8",
        level=Level.MUST,
        why="In another encoding, names and dashes come out as wrong letters (RFC 2046 §4.1.2).",
        mend="Save the theme's files as UTF-8: in your editor, “Save with encoding”.",
        find=_not_utf8,
    ),
    Rule(
        name="message-encoding",
        level=Level.MUST,
        why="Servers may break lines that are not encoded as RFC 2045 §6.7 says, and words "
        "are lost.",
        mend="A program changed the message on its way. Send it as it was made.",
        find=_badly_encoded,
    ),
    Rule(
        name="message-lines",
        level=Level.MUST,
        why="Servers cut or refuse lines of more than 998 octets (RFC 5322 §2.1.1).",
        mend="A program changed the message on its way. Send it as it was made.",
        find=_long_lines,
    ),
    Rule(
        name="message-size",
        level=Level.SHOULD,
        why="A message over 200 KB loads slowly on a phone, and Gmail cuts it off.",
        mend="Send fewer items: hide some, or send more often.",
        find=lambda mail: _heavier_than(MESSAGE_ADVISED, mail),
    ),
    Rule(
        name="message-size-limit",
        level=Level.MUST,
        why="Spam filters do not look at a message over 500 KB, so servers distrust it "
        "(SpamAssassin's default).",
        mend="Send fewer items: hide some, or send more often.",
        find=lambda mail: _heavier_than(MESSAGE_MOST, mail),
    ),
    Rule(
        name="message-attachments",
        level=Level.MUST,
        why="NHS mail servers hold back mails with attachments; only a calendar file is expected.",
        mend="Put the file on the blog and link to it.",
        find=_attachments,
    ),
)
