"""Pure. One item of a feed, as feedparser reads it, made an Entry.

feedparser gets bytes only (given an address, it would fetch it without limits), and neither
sanitises nor resolves: `clean` does both behind an allow-list.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import struct_time
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import feedparser

from otalk_digest.collect.fold import fold_line
from otalk_digest.collect.identity import FIRST_YEAR, LAST_YEAR, guid_of, plain_line
from otalk_digest.model.feed import Entry, Fault, FeedKind

_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_CUT_OFF = re.compile(r"(?:\[(?:…|\.\.\.|&#8230;|&hellip;)\]|…|&#8230;|&hellip;)\s*(?:</p>)?\s*$")
_ADDRESS = re.compile(r"\S+@\S+\.\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What feedparser says about one document. `values` is its untyped dictionary."""

    values: Mapping[str, Any]
    is_well_formed: bool


def parse_document(document: bytes, *, of_item: bool) -> Parsed | None:
    """The first item of a document, or else what describes the feed; None: feedparser gave up."""
    result = _parse(document)
    if result is None or (of_item and not result["entries"]):
        return None
    values = result["entries"][0] if of_item else result["feed"]
    return Parsed(values=values, is_well_formed=not result["bozo"])


def parse_items(document: bytes, *, expected: int) -> list[Parsed] | None:
    """All items at once, in half the time; None when one of them could harm the others."""
    result = _parse(document)
    if result is None or result["bozo"] or len(result["entries"]) != expected:
        return None
    return [Parsed(values=values, is_well_formed=True) for values in result["entries"]]


def _parse(document: bytes) -> Mapping[str, Any] | None:
    try:
        result: Mapping[str, Any] = feedparser.parse(
            document, response_headers=_UTF8, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 RELIABILITY 1.11: a post can make it raise nearly anything
        return None
    return result


def text_of(parsed: Parsed, key: str) -> str:
    """A title or a name as one line of text, however often it was escaped (F20, F22)."""
    return plain_line(str(_value(parsed, key) or ""))


def _value(parsed: Parsed, key: str) -> Any:  # noqa: ANN401 feedparser has no types
    # Not `parsed.values.get`: feedparser's own falls back from "updated" to "published" (F2).
    return dict.get(cast("dict[str, Any]", parsed.values), key)


def entry_of(parsed: Parsed, *, kind: FeedKind, base_url: str) -> tuple[Entry | None, list[Fault]]:
    """An Entry, unless nothing identifies it, and what could not be read of it."""
    link = _link(parsed, base_url)
    guid = guid_of(str(_value(parsed, "id") or ""), link)
    title = text_of(parsed, "title")
    place = title or guid or "an item without a title"
    if guid is None:
        return None, [Fault(place=place, reason="has neither a guid nor a link, and was left out")]
    published_at, faults = _date(parsed, "published", place)
    updated_at, more_faults = _date(parsed, "updated", place)
    content, is_summary = _content(parsed)
    is_protected = "post-password-form" in content or (
        is_summary and title.startswith("Protected: ")
    )
    entry = Entry(
        guid=guid,
        link=link,
        title=title,
        author=_author(parsed),
        published_at=published_at or updated_at,
        updated_at=updated_at if kind is FeedKind.ATOM else None,
        html=content,
        is_summary=is_summary,
        is_protected=is_protected,
    )
    return entry, faults + more_faults


def _link(parsed: Parsed, base_url: str) -> str | None:
    address = fold_line(str(_value(parsed, "link") or ""))
    try:
        absolute = urljoin(base_url, address) if address else ""
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in {"http", "https"} and parts.netloc else None


def _author(parsed: Parsed) -> str | None:
    """The name alone: an e-mail address in a feed is nobody's business here."""
    detail = _value(parsed, "author_detail")
    has_name = isinstance(detail, dict) and "name" in detail
    named = Parsed(values=detail, is_well_formed=True) if has_name else parsed
    name = text_of(named, "name" if has_name else "author")
    return None if not name or _ADDRESS.search(name) else name


def _date(parsed: Parsed, key: str, place: str) -> tuple[datetime | None, list[Fault]]:
    moment = _value(parsed, f"{key}_parsed")
    if isinstance(moment, struct_time) and FIRST_YEAR <= moment.tm_year <= LAST_YEAR:
        # A leap second is the minute's last.
        year, month, day, hour, minute, second = moment[:6]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC), []
    if not _value(parsed, key):
        return None, []
    return None, [Fault(place=place, reason=f"its {key} date cannot be read; the post was kept")]


def _content(parsed: Parsed) -> tuple[str, bool]:
    """The HTML, and whether it is only an excerpt (F4)."""
    contents = _value(parsed, "content") or []
    if contents:
        return _as_html(contents[0], contents[0].get("type", "text/html")), False
    summary = str(_value(parsed, "summary") or "")
    return summary, not _TAG.search(summary) or bool(_CUT_OFF.search(summary))


def _as_html(content: Mapping[str, Any], media_type: str) -> str:
    value = str(content.get("value") or "")
    return html.escape(value) if media_type == "text/plain" else value
