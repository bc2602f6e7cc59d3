"""A message taken apart, once for all rules: the check's home of `email` and lxml. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from lxml import html as lxml_html

from otalk_digest.model.finding import Part, Place

#: A quotation no longer than this says enough.
_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a message is held against besides the rules."""

    #: Whether there is a web address for one click, preferences and the web version.
    has_web: bool = True
    #: Hosts that pictures may come from.
    image_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The final bytes and what they decode to; a part that is missing is empty."""

    raw: bytes
    message: EmailMessage
    #: Lines end in LF.
    text: str
    html: str
    #: The decoded bytes of each text/calendar part.
    calendars: tuple[bytes, ...]
    #: The HTML part as libxml2 reads it.
    tree: lxml_html.HtmlElement
    expected: Expected = field(default_factory=Expected)

    def elements(self, *tags: str) -> Iterator[lxml_html.HtmlElement]:
        """Yield elements, of these tags or of all, in the order of the page; no comments."""
        for element in self.tree.iter(*tags):
            if isinstance(element.tag, str):
                yield element


def read_mail(raw: bytes, expected: Expected) -> Mail:
    """Take a message apart, however broken it is."""
    message = message_from_bytes(raw, policy=default)
    html = _decoded(message, "text/html")
    return Mail(
        raw=raw,
        message=message,
        text=_decoded(message, "text/plain"),
        html=html,
        calendars=tuple(
            payload
            for part in message.walk()
            if part.get_content_type() == "text/calendar"
            and isinstance(payload := part.get_payload(decode=True), bytes)
        ),
        tree=lxml_html.document_fromstring(html or "<html></html>"),
        expected=expected,
    )


def at(element: lxml_html.HtmlElement, excerpt: str | None = None) -> Place:
    """Return the place of an element, with its own words as the quotation unless given."""
    said = " ".join((element.text_content() if excerpt is None else excerpt).split())
    shown = said or f"<{element.tag}>"
    return Place(
        part=Part.HTML,
        excerpt=shown if len(shown) <= _EXCERPT else f"{shown[: _EXCERPT - 1]}…",
        line=element.sourceline,
        path=element.getroottree().getpath(element),
    )


def _decoded(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and not part.is_multipart():
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            if isinstance(payload, bytes):
                return _in_characters(payload, charset).replace("\r\n", "\n")
    return ""


def _in_characters(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")
