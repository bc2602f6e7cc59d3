"""A variant made into MIME once, and filled in per reader. Pure.

Encoding a message with `email` costs milliseconds, so the encoded text is cut at the
tokens and a reader's message is the pieces joined. The result is 7-bit, no line passes 76
octets of body, and no line begins with a dot, so it can follow DATA as it is.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import wire_address
from otalk_digest.delivery.quoted_printable import SOFT_BREAK, encode_piece
from otalk_digest.model.edition import Variant
from otalk_digest.model.message import Recipient, Sender

CALENDAR_NAME: Final = "chat.ics"
#: RFC 5546 §1.4: nothing is asked of the reader. Clients want it equal to the METHOD line.
CALENDAR_TYPE: Final = "text/calendar; charset=utf-8; method=PUBLISH"
#: RFC 8058 §3.1, word for word.
ONE_CLICK: Final = "List-Unsubscribe=One-Click"

_TOKEN: Final = re.compile(r"[A-Za-z0-9]+")
_NOT_IN_FEEDBACK_ID: Final = re.compile(r"[^A-Za-z0-9._-]+")

#: Encoded runs, and tokens as text.
_Pieces = list[bytes | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """One variant, encoded but for what differs from reader to reader."""

    #: With room for the reader's own header at 1 and for a value at each slot.
    pieces: tuple[bytes, ...]
    #: Which piece is which of a reader's values.
    slots: tuple[tuple[int, int], ...]

    def fill(self, recipient: Recipient) -> bytes:
        """Return the whole message, lines in CRLF; the same for the same reader, always.

        Raises UnusableAddressError when the reader's address is none. A value that is missing
        (IndexError) or that breaks a header (ValueError) is a bug of ours.
        """
        pieces = list(self.pieces)
        pieces[1] = _own_header(recipient)
        # The text has most values of the HTML, letter for letter.
        encoded: dict[str, bytes] = {}
        for place, which in self.slots:
            value = recipient.values[which]
            piece = encoded.get(value)
            if piece is None:
                piece = encoded[value] = encode_piece(value)
            pieces[place] = piece
        return b"".join(pieces)


def compile_message(variant: Variant, sender: Sender, *, date: datetime) -> MessageTemplate:
    """Encode a variant once.

    Raises ValueError when a token is not plain, holds another, or stands where none may.
    """
    tokens = check_tokens(variant)
    body, content_type = _body(variant, _boundary(variant), tokens)
    common = _common_header(variant, sender, date)
    mime = (("MIME-Version", "1.0"), ("Content-Type", content_type))
    pieces, slots = _joined(body)
    which = {mark.token: place for place, mark in enumerate(variant.placeholders)}
    return MessageTemplate(
        pieces=(headers.fields((*common, *mime)).encode(), b"", *pieces),
        slots=tuple((place + 2, which[token]) for place, token in slots),
    )


def check_tokens(variant: Variant) -> tuple[str, ...]:
    """Return the tokens of a variant, the longest first.

    Raises ValueError when one is not plain, is part of another, or stands where none may.
    """
    marks = {mark.token for mark in variant.placeholders}
    tokens = sorted(marks, key=lambda token: (-len(token), token))
    for token in tokens:
        if not _TOKEN.fullmatch(token) or sum(token in other for other in tokens) > 1:
            raise ValueError(f"the token {token!r} is not plain, or is part of another one")
        if token in variant.subject or token in (variant.calendar or ""):
            raise ValueError(f"the token {token!r} stands in a subject or a calendar")
    return tuple(tokens)


def list_fields(variant: Variant, sender: Sender, *, date: datetime) -> tuple[tuple[str, str], ...]:
    """Return what marks a message as one of a list; the same for all readers."""
    parts = (f"{date:%Y%m%d}", variant.segment, "digest", sender.list_id)
    return (
        ("List-Id", headers.mailbox(sender.list_name, headers.unfolded(sender.list_id))),
        ("Precedence", "list"),
        # Gmail's campaign:customer:type:sender; no personal data.
        ("Feedback-ID", ":".join(_NOT_IN_FEEDBACK_ID.sub("-", part) for part in parts)),
    )


def unsubscribe_fields(recipient: Recipient) -> tuple[tuple[str, str], ...]:
    """Return the reader's own way out. Folding it has broken signatures, so it is one line."""
    way_out = ("List-Unsubscribe", headers.unfolded(recipient.list_unsubscribe))
    if not recipient.is_one_click:
        return (way_out,)
    return (way_out, ("List-Unsubscribe-Post", ONE_CLICK))


def _common_header(variant: Variant, sender: Sender, date: datetime) -> tuple[tuple[str, str], ...]:
    return (
        ("From", headers.mailbox(sender.from_name, _ascii_address(sender.from_address))),
        ("Reply-To", headers.mailbox(None, _ascii_address(sender.reply_to))),
        ("Subject", headers.text(variant.subject)),
        ("Date", format_datetime(date)),
        *list_fields(variant, sender, date=date),
    )


def _ascii_address(address: str) -> str:
    return headers.unfolded(wire_address(address))


def _own_header(recipient: Recipient) -> bytes:
    name = headers.one_line(recipient.name or "")
    own = (
        ("To", headers.mailbox(name, wire_address(recipient.address))),
        ("Message-ID", headers.unfolded(f"<{recipient.message_id}>")),
        *unsubscribe_fields(recipient),
    )
    # Not ASCII only where the address is not: RFC 6531, RFC 6532.
    return f"{headers.fields(own)}\r\n".encode()


def _boundary(variant: Variant) -> str:
    """Quoted-printable never writes "=_", so no content can hold it: RFC 2045 §6.7."""
    content = "\0".join((variant.text, variant.html, variant.calendar or ""))
    return f"=_{sha256(content.encode()).hexdigest()[:24]}"


def _body(variant: Variant, boundary: str, tokens: tuple[str, ...]) -> tuple[_Pieces, str]:
    """Return encoded runs and tokens in turn, and the type of the whole: RFC 2046 §5.1."""
    text = _part("text/plain; charset=utf-8", variant.text, tokens)
    html = _part("text/html; charset=utf-8", variant.html, tokens)
    inner = f"{boundary}_alternative"
    alternative, kind = _multipart("alternative", (text, html), inner)
    if variant.calendar is None:
        return alternative, kind
    # Not a third alternative: Outlook would show an invitation in place of the digest.
    nested = [f"Content-Type: {kind}\r\n\r\n".encode(), *alternative]
    disposition = f"Content-Disposition: attachment; filename={CALENDAR_NAME}"
    calendar = _part(f"{CALENDAR_TYPE}; name={CALENDAR_NAME}\r\n{disposition}", variant.calendar)
    return _multipart("mixed", (nested, calendar), f"{boundary}_mixed")


def _multipart(subtype: str, parts: tuple[_Pieces, ...], boundary: str) -> tuple[_Pieces, str]:
    pieces: _Pieces = []
    for part in parts:
        pieces += [f"--{boundary}\r\n".encode(), *part, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return pieces, f'multipart/{subtype};\r\n boundary="{boundary}"'


def _part(content_type: str, text: str, tokens: tuple[str, ...] = ()) -> _Pieces:
    ending = "" if text.endswith(("\n", "\r")) else "\n"
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    pieces: _Pieces = [head.encode()]
    for index, piece in enumerate(_split_at(tokens, text + ending)):
        is_token = index % 2 == 1
        pieces += [SOFT_BREAK, piece, SOFT_BREAK] if is_token else [encode_piece(piece)]
    return pieces


def _split_at(tokens: tuple[str, ...], text: str) -> list[str]:
    """Return text and tokens in turn, text first and last."""
    return re.split(f"({'|'.join(tokens)})", text) if tokens else [text]


def _joined(pieces: _Pieces) -> tuple[tuple[bytes, ...], tuple[tuple[int, str], ...]]:
    """Join neighbouring runs; return them with empty places for values, and which is whose."""
    runs: list[bytes] = [b""]
    slots: list[tuple[int, str]] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            runs[-1] += piece
        else:
            slots.append((len(runs), piece))
            runs += [b"", b""]
    return tuple(runs), tuple(slots)
