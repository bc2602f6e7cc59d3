"""A feed of past editions, as RFC 4287 has it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from otalk_digest.digest.wording import strip_unfit

_ATOM: Final = "http://www.w3.org/2005/Atom"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
#: Of a feed without an entry, which must say when it changed all the same.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One edition."""

    id: str
    title: str
    summary: str
    address: str
    #: UTC. A frozen edition never changes.
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """All that a feed reader is told."""

    id: str
    title: str
    author: str
    #: BCP 47.
    language: str
    #: The feed's own address; None where it is not known.
    address: str | None
    #: The page that shows the same.
    page: str
    #: Newest first.
    entries: Sequence[Entry]


def lasting_id(what: str) -> str:
    """Return an id that stays when the web address changes (RFC 4287 §4.2.6)."""
    return uuid5(NAMESPACE_URL, f"otalk-digest:{what}").urn


def write_feed(feed: Feed) -> bytes:
    """Write the feed; the same bytes for the same editions."""
    register_namespace("", _ATOM)
    root = Element(f"{{{_ATOM}}}feed", {_XML_LANG: feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(max((e.published_at for e in feed.entries), default=_NEVER)))
    _add(_add(root, "author"), "name", feed.author)
    if feed.address is not None:
        _add(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in feed.entries:
        _add_entry(root, entry)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add_entry(root: Element, entry: Entry) -> None:
    element = _add(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", _moment(entry.published_at))
    _add(element, "updated", _moment(entry.published_at))
    _add(element, "link", rel="alternate", type="text/html", href=entry.address)
    _add(element, "summary", entry.summary)


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    element = SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = strip_unfit(text) or None
    return element


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
