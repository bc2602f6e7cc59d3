"""Pure. WordPress's REST: how to ask it for posts, and its JSON made entries (F32 to F36)."""

import html
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from otalk_digest.collect.identity import FIRST_YEAR, LAST_YEAR, guid_of, plain_line
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Entry, Fault, Feed, FeedKind

#: F32: the most that one page may hold.
PAGE_SIZE = 100
#: Twice a feed's page, so that few posts slide off it between two looks.
_WINDOW_SIZE = 20
#: F33: `modified_after` is in the site's own time, which is at most 14 hours from UTC.
_OVERLAP = timedelta(days=1)
_FIELDS = "id,type,slug,date_gmt,modified_gmt,guid,link,title,content,_links,_embedded"
_MOST_POSTS = 5_000


def window_address(rest_address: str) -> str:
    """The newest posts, as a feed shows them; scheduled ones appear here and nowhere else."""
    return _asking(rest_address, per_page=_WINDOW_SIZE)


def page_address(rest_address: str, page: int) -> str:
    """One page of all posts, the newest first."""
    return _asking(rest_address, per_page=PAGE_SIZE, page=page)


def edits_address(rest_address: str, *, since: datetime, page: int) -> str:
    """Whatever was edited since then, wherever it stands, with a day's overlap (F33)."""
    local = (since.astimezone(UTC) - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%S")
    return _asking(
        rest_address, per_page=PAGE_SIZE, page=page, orderby="modified", modified_after=local
    )


def posts_address(rest_address: str, ids: Iterable[int]) -> str:
    """These posts; the ones that are not public any more are left out of the answer."""
    return _asking(rest_address, per_page=PAGE_SIZE, include=",".join(map(str, ids)))


def slug_address(rest_address: str, slug: str) -> str:
    """The post at the end of such a link."""
    return _asking(rest_address, slug=slug)


def with_query(address: str, **extra: object) -> str:
    """The address with more to its query; what it had stays, also `?rest_route=`."""
    parts = urlsplit(address)
    pairs = [pair for pair in parse_qsl(parts.query) if pair[0] not in extra]
    query = urlencode([*pairs, *extra.items()], safe="/,:", quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _asking(rest_address: str, **extra: object) -> str:
    return with_query(rest_address, **extra, _embed="author", _fields=_FIELDS)


def parse_posts(text: str, *, place: str) -> Feed:
    """Read an array of posts. Raises FeedError when it is none; one bad post costs only itself."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedError(
            f"{place} sent JSON that breaks off or is damaged; try again later."
        ) from error
    if not isinstance(values, list):
        raise FeedError(f"{place} is JSON but no list of posts; give the blog's own address.")
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    for number, value in enumerate(values[:_MOST_POSTS], start=1):
        entry = _entry(value, faults, place=f"post {number}")
        if entry is not None:
            entries.setdefault(entry.guid, entry)
    if values and not entries:
        raise FeedError(f"{place} is a JSON list, but not of posts; give the blog's own address.")
    return Feed(kind=FeedKind.REST, title="", entries=tuple(entries.values()), faults=tuple(faults))


def _entry(value: object, faults: list[Fault], *, place: str) -> Entry | None:
    post = _table(value)
    link = _link(post)
    guid = guid_of(html.unescape(_rendered(post, "guid")), link)
    if guid is None or not _is_post(post):
        faults.append(Fault(place=place, reason="is no post that can be read, and was left out"))
        return None
    title = plain_line(_rendered(post, "title"))
    content = _table(post.get("content"))
    # F17: without a prefix, and empty.
    is_protected = content.get("protected") is True
    return Entry(
        guid=guid,
        link=link,
        title=title,
        author=_author(post),
        published_at=_moment(post, "date_gmt", faults, place=title or place),
        updated_at=_moment(post, "modified_gmt", faults, place=title or place),
        html="" if is_protected else _text(content, "rendered"),
        is_protected=is_protected,
    )


def _is_post(value: Mapping[str, Any]) -> bool:
    """T32: comments have a guid's stand-in and content too, but no title; pages have a type."""
    parts = ("content", "title") if value.get("type") is None else ("content",)
    return value.get("type", "post") == "post" and all(
        isinstance(value.get(part), dict) for part in parts
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _rendered(post: Mapping[str, Any], key: str) -> str:
    return _text(_table(post.get(key)), "rendered")


def _link(post: Mapping[str, Any]) -> str | None:
    link = plain_line(_text(post, "link"))
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in {"http", "https"} and parts.netloc else None


def _author(post: Mapping[str, Any]) -> str | None:
    """F22: escaped twice. An e-mail address is nobody's business here."""
    authors = _table(post.get("_embedded")).get("author")
    first = authors[0] if isinstance(authors, list) and authors else None
    name = plain_line(_text(_table(first), "name"))
    return None if not name or re.search(r"\S+@\S+\.\S+", name) else name


def _moment(
    post: Mapping[str, Any], key: str, faults: list[Fault], *, place: str
) -> datetime | None:
    """F34: in UTC, although it does not say so."""
    written = _text(post, key)
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    faults.append(Fault(place=place, reason=f"its {key} cannot be read; the post was kept"))
    return None
