"""A message taken apart, once for all rules: the check's home of `email` and lxml. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from functools import cached_property, lru_cache
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from otalk_digest.check.expected import Expected
from otalk_digest.check.page import is_seen, visible_text
from otalk_digest.model.finding import Part, Place

__all__ = ("Expected", "Mail", "at", "in_part", "is_message", "kind_of", "read_mail")

#: A quotation no longer than this says enough.
_EXCERPT: Final = 120
_NO_PAGE: Final = "<html></html>"
#: The library reads a header anew whenever it is asked, and a rule asks for a part's type often.
_POLICY: Final = default.clone(header_factory=lru_cache(maxsize=256)(default.header_factory))


@dataclass(frozen=True, kw_only=True, eq=False)
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
        if tags:
            yield from self.tree.iter(*tags)
        else:
            yield from self._elements

    @cached_property
    def _elements(self) -> tuple[lxml_html.HtmlElement, ...]:
        # As long as they are held, lxml need not make them anew at each look.
        return tuple(element for element in self.tree.iter() if isinstance(element.tag, str))

    @cached_property
    def body(self) -> lxml_html.HtmlElement:
        """The body of the HTML part, or the whole of it where there is none."""
        found = self.tree.find("body")
        return self.tree if found is None else found

    @cached_property
    def seen(self) -> str:
        """What can be seen of the HTML part without pictures, a line per block."""
        return visible_text(self.body)

    @cached_property
    def links(self) -> tuple[lxml_html.HtmlElement, ...]:
        """The links that can be seen, in the order of the page."""
        return tuple(link for link in self.elements("a") if is_seen(link))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The plain text, line by line."""
        return tuple(self.text.split("\n"))

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Every header of the message itself: its name as written, its value in characters."""
        return tuple((name, _decoded_header(self.message, name, raw)) for name, raw in _raw(self))

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in characters; None when there is none."""
        wanted = name.lower()
        return next((value for known, value in self.headers if known.lower() == wanted), None)


def read_mail(raw: bytes, expected: Expected) -> Mail:
    """Take a message apart, however broken it is."""
    message = message_from_bytes(raw, policy=_POLICY)
    html = _decoded(message, "text/html")
    return Mail(
        raw=raw,
        message=message,
        text=_decoded(message, "text/plain"),
        html=html,
        calendars=tuple(
            payload
            for part in message.walk()
            if kind_of(part) == "text/calendar"
            and isinstance(payload := part.get_payload(decode=True), bytes)
        ),
        tree=_tree(html),
        expected=expected,
    )


def is_message(raw: bytes) -> bool:
    """Whether the bytes begin with the header of a mail: RFC 5322 §3.6 wants these two."""
    names = {name.lower() for name in message_from_bytes(raw, policy=default).keys()}  # noqa: SIM118 - a message is no mapping
    return {"from", "date"} <= names or {"from", "subject"} <= names


def at(element: lxml_html.HtmlElement, excerpt: str | None = None) -> Place:
    """Return the place of an element, with its own words as the quotation unless given."""
    said = element.text_content() if excerpt is None else excerpt
    return Place(
        part=Part.HTML,
        excerpt=_clipped(said) or f"<{element.tag}>",
        line=element.sourceline,
        path=element.getroottree().getpath(element),
    )


def in_part(part: Part, excerpt: str, line: int | None = None) -> Place:
    """Return a place that is no element: a header, a line of text, the message as a whole."""
    return Place(part=part, excerpt=_clipped(excerpt), line=line)


def kind_of(part: MIMEPart) -> str:
    """Return the type of a part, such as "text/html", lower case."""
    try:
        return part.get_content_type()
    except (ValueError, IndexError, AttributeError):
        # The library stumbles over some Content-Types that are none.
        return "application/octet-stream"


def _clipped(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def _raw(mail: Mail) -> Iterator[tuple[str, str]]:
    # As they arrived: the library's own reading would mend what a rule should see.
    return iter(mail.message.raw_items())


def _decoded_header(message: EmailMessage, name: str, raw: str) -> str:
    try:
        return str(message.policy.header_fetch_parse(name, raw))
    except (ValueError, IndexError, AttributeError, LookupError):
        return " ".join(str(raw).split())


def _tree(html: str) -> lxml_html.HtmlElement:
    # Bytes, because lxml refuses characters under an XML declaration.
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    body = html.encode("utf-8", "replace") or _NO_PAGE.encode()
    try:
        return lxml_html.document_fromstring(body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        # Nothing in it but blanks or a comment.
        return lxml_html.document_fromstring(_NO_PAGE)


def _decoded(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if kind_of(part) == kind and not part.is_multipart():
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
