"""Rules over who writes to whom, about what, and how to leave. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from otalk_digest.check.mail import Mail, in_part
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

#: RFC 5322 §3.6, RFC 2045 §3, RFC 2369 §3: at most once.
_ONCE: Final = frozenset(
    (
        *("bcc", "cc", "content-transfer-encoding", "content-type", "date", "from", "in-reply-to"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "message-id", "mime-version"),
        *("precedence", "references", "reply-to", "sender", "subject", "to"),
    )
)
_NO_REPLY: Final = re.compile(r"\b(?:do)?[-_.]?not?[-_.]?reply\b|^noreply", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")
#: RFC 5322 §3.6.4, without what is obsolete.
_MESSAGE_ID: Final = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
#: RFC 2919 §2.
_LIST_ID: Final = re.compile(r"(?:.*\s)?<[^<>\s]+\.[^<>\s]+>")
_ADDRESS: Final = re.compile(r"<([^<>]*)>")


def leaving(mail: Mail) -> tuple[str, ...]:
    """Return the addresses by which a reader leaves, without blanks from folding: RFC 2369 §2."""
    return tuple(
        "".join(found.split()) for found in _ADDRESS.findall(_value(mail, "List-Unsubscribe"))
    )


def _values(mail: Mail, name: str) -> list[str]:
    wanted = name.lower()
    return [str(raw) for known, raw in mail.message.raw_items() if known.lower() == wanted]


def _value(mail: Mail, name: str) -> str:
    return " ".join(next(iter(_values(mail, name)), "").split())


def _mailboxes(mail: Mail, name: str) -> list[tuple[str, str]]:
    return [each for each in getaddresses(_values(mail, name)) if any(each)]


def _header(name: str, said: str) -> Place:
    return in_part(Part.HEADER, f"{name}: {said}")


def _badly_from(mail: Mail) -> Iterator[Place]:
    found = _mailboxes(mail, "From")
    is_one = len(found) == 1 and _MAILBOX.fullmatch(found[0][1]) is not None
    if not is_one or not found[0][0].strip():
        yield _header("From", _value(mail, "From") or "missing")


def _unanswered(mail: Mail) -> Iterator[Place]:
    name = "Reply-To" if _values(mail, "Reply-To") else "From"
    addresses = [address for _, address in _mailboxes(mail, name)]
    if not addresses:
        yield _header(name, "nobody")
    for address in addresses:
        if not _MAILBOX.fullmatch(address) or _NO_REPLY.search(address.partition("@")[0]):
            yield _header(name, address)


def _badly_to(mail: Mail) -> Iterator[Place]:
    found = _mailboxes(mail, "To")
    if len(found) != 1 or not _MAILBOX.fullmatch(found[0][1]):
        # No address is repeated in a finding, which may be printed or logged.
        yield _header("To", f"{len(found)} addresses, or none that can be used")


def _copies(mail: Mail) -> Iterator[Place]:
    for name in ("Cc", "Bcc", "Resent-To", "Resent-Cc"):
        if _values(mail, name):
            yield _header(name, "is there")


def _badly_dated(mail: Mail) -> Iterator[Place]:
    value = _value(mail, "Date")
    try:
        parsedate_to_datetime(value)
    except (TypeError, ValueError):
        yield _header("Date", value or "missing")


def _badly_numbered(mail: Mail) -> Iterator[Place]:
    value = _value(mail, "Message-ID")
    if not _MESSAGE_ID.fullmatch(value):
        yield _header("Message-ID", value or "missing")


def _doubled(mail: Mail) -> Iterator[Place]:
    counts = Counter(name.lower() for name in mail.message)
    for name, count in counts.items():
        if count > 1 and name in _ONCE:
            yield _header(name.title(), f"{count} times")


def _not_ascii(mail: Mail) -> Iterator[Place]:
    for part in mail.message.walk():
        for name, raw in part.raw_items():
            if not str(raw).isascii() and not (name.lower() == "to" and _is_smtputf8(str(raw))):
                yield in_part(Part.HEADER, name)


def _is_smtputf8(to: str) -> bool:
    """RFC 6531: such an address can be written in no other way."""
    return any(not address.isascii() for _, address in getaddresses([to]))


def _no_way_out(mail: Mail) -> Iterator[Place]:
    if not any(address.startswith(("https://", "mailto:")) for address in leaving(mail)):
        yield _header("List-Unsubscribe", _value(mail, "List-Unsubscribe") or "missing")


def _no_web_way_out(mail: Mail) -> Iterator[Place]:
    if not any(address.startswith("https://") for address in leaving(mail)):
        yield _header("List-Unsubscribe", _value(mail, "List-Unsubscribe") or "missing")


def _not_one_click(mail: Mail) -> Iterator[Place]:
    # RFC 8058 §3.1, word for word.
    value = _value(mail, "List-Unsubscribe-Post")
    if value != "List-Unsubscribe=One-Click":
        yield _header("List-Unsubscribe-Post", value or "missing")


def _not_of_a_list(mail: Mail) -> Iterator[Place]:
    value = mail.header("List-Id") or ""
    if not _LIST_ID.fullmatch(" ".join(value.split())):
        yield _header("List-Id", value or "missing")


_OUR_MISTAKE: Final = (
    "Messages that this program makes are so. If one is not, that is our mistake; "
    "send us the message."
)

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="from-named",
        level=Level.MUST,
        why="Readers open mail from someone they know: one sender, with a name.",
        mend="Set from_name and from_address in [delivery] of the settings.",
        find=_badly_from,
    ),
    Rule(
        name="reply-to-people",
        level=Level.SHOULD,
        why="People answer a digest, some of them to leave: their words must reach somebody.",
        mend="Set reply_to in [delivery] of the settings to a mailbox that somebody reads.",
        find=_unanswered,
    ),
    Rule(
        name="to-one",
        level=Level.MUST,
        why="Two addresses in one message show readers to each other: a data breach (UK GDPR).",
        mend=f"Do not send this message. {_OUR_MISTAKE}",
        find=_badly_to,
    ),
    Rule(
        name="no-copies",
        level=Level.MUST,
        why="Copies show readers to each other: a data breach (UK GDPR).",
        mend="Take the Cc and Bcc lines out, and do not send through a list of people.",
        find=_copies,
    ),
    Rule(
        name="date-valid",
        level=Level.MUST,
        why="Without a valid date a mail is sorted to the wrong place, and counts as spam "
        "(RFC 5322 §3.6.1).",
        mend=_OUR_MISTAKE,
        find=_badly_dated,
    ),
    Rule(
        name="message-id-valid",
        level=Level.MUST,
        why="Gmail refuses mail without a valid Message-ID (RFC 5322 §3.6.4).",
        mend=_OUR_MISTAKE,
        find=_badly_numbered,
    ),
    Rule(
        name="header-once",
        level=Level.MUST,
        why="Gmail refuses mail in which such a header stands twice (RFC 5322 §3.6).",
        mend="A program changed the message on its way. Send it as it was made.",
        find=_doubled,
    ),
    Rule(
        name="header-ascii",
        level=Level.MUST,
        why="Older servers refuse letters outside ASCII in headers (RFC 2047); only a reader's own "
        "address may need them (RFC 6531).",
        mend="A program changed the message on its way. Send it as it was made.",
        find=_not_ascii,
    ),
    Rule(
        name="list-unsubscribe",
        level=Level.MUST,
        why="Mail programs make their “unsubscribe” button from it; without it, readers press "
        "“spam” (RFC 2369, Gmail's and Yahoo's rules of 2024).",
        mend="Set reply_to in [delivery], or base_url in [web], of the settings.",
        find=_no_way_out,
    ),
    Rule(
        name="list-unsubscribe-web",
        level=Level.MUST,
        why="Gmail and Yahoo ask bulk senders for an https address to leave by (RFC 8058).",
        mend="Set base_url in [web] of the settings, beginning with https://.",
        find=_no_web_way_out,
        needs_web=True,
    ),
    Rule(
        name="list-one-click",
        level=Level.MUST,
        why="Gmail and Yahoo ask bulk senders for leaving with one click (RFC 8058 §3.1).",
        mend="Set base_url in [web] of the settings, beginning with https://.",
        find=_not_one_click,
        needs_web=True,
    ),
    Rule(
        name="list-id",
        level=Level.MUST,
        why="Readers sort lists by it, and it may never change (RFC 2919).",
        mend="Set list_id in [delivery] of the settings, such as digest.otalk.example.",
        find=_not_of_a_list,
    ),
)
