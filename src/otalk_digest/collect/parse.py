"""Pure. A feed's bytes become entries, one by one, so that a bad one costs only itself."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from otalk_digest.collect.document import decode, refusal
from otalk_digest.collect.items import Outline, outline
from otalk_digest.collect.rest import parse_posts
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Entry, Fault, Feed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otalk_digest.collect.entries import Parsed

_COMMENT_GUID = re.compile(r"#comment-\d+$")
_COMMENT_TITLE = re.compile(r"Comment on .+ by ")


def parse_feed(body: bytes, *, content_type: str | None, url: str) -> Feed:
    """Read RSS 2.0, Atom or WordPress's REST. The caller knows whether to wonder at no posts.

    `url` is where it came from: links are resolved against it, and errors name it. Raises
    FeedError when it is no feed, or not the feed of posts.
    """
    place = _shown(url)
    text, misdeclared = decode(body, content_type)
    if text.lstrip()[:1] in {"[", "{"}:
        return parse_posts(text, place=place)
    parts = outline(text)
    if parts is None:
        raise refusal(text, content_type, place=place)
    if "<!ENTITY" in parts.preamble:
        raise FeedError(f"{place} declares entities, which no blog's feed does; it was refused.")
    title = _feed_title(parts)
    entries, faults, is_whole = _read_items(parts, url)
    _refuse_other_feeds(title, entries, place=place)
    about_document = [Fault(place="the feed", reason=reason) for reason in parts.faults]
    if misdeclared is not None:
        reason = f"it is not in the encoding {misdeclared} that it declares"
        about_document.append(Fault(place="the feed", reason=reason))
    if re.sub(r"<[?!][^<>]*>", "", parts.preamble).strip():
        about_document.append(Fault(place="the feed", reason="other text stands before it"))
    return Feed(
        kind=parts.kind,
        title=title,
        entries=tuple(entries),
        faults=(*about_document, *faults),
        is_partial=bool(parts.faults) or not is_whole,
    )


def _shown(url: str) -> str:
    """Without a name and a password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _feed_title(parts: Outline) -> str:
    # A run whose feed did not change parses nothing, and should not pay for the parser.
    from otalk_digest.collect.entries import parse_document, text_of  # noqa: PLC0415 see above

    head = parse_document(parts.document(parts.head), of_item=False)
    return "" if head is None else text_of(head, "title")


def _read_items(parts: Outline, url: str) -> tuple[list[Entry], list[Fault], bool]:
    """The entries, what is wrong with them, and whether every item was well-formed."""
    from otalk_digest.collect.entries import entry_of  # noqa: PLC0415 as above

    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    is_whole = True
    for number, parsed in enumerate(_parsed_items(parts), start=1):
        if parsed is None:
            faults.append(Fault(place=f"item {number}", reason="cannot be read and was left out"))
            is_whole = False
            continue
        entry, own_faults = entry_of(parsed, kind=parts.kind, base_url=url)
        faults += own_faults
        if not parsed.is_well_formed:
            faults.append(Fault(place=_name(entry, number), reason="is not well-formed XML"))
            is_whole = False
        if entry is not None and entries.setdefault(entry.guid, entry) is not entry:
            reason = "has the guid of an earlier item and was left out"
            faults.append(Fault(place=_name(entry, number), reason=reason))
    return list(entries.values()), faults, is_whole


def _parsed_items(parts: Outline) -> "Iterable[Parsed | None]":
    """All at once where all are sound, else one by one."""
    from otalk_digest.collect.entries import (  # noqa: PLC0415 as above
        parse_document,
        parse_items,
    )

    items = parse_items(parts.document("".join(parts.items)), expected=len(parts.items))
    if items is not None:
        return items
    return (parse_document(parts.document(item), of_item=True) for item in parts.items)


def _name(entry: Entry | None, number: int) -> str:
    return entry.title if entry is not None and entry.title else f"item {number}"


def _refuse_other_feeds(title: str, entries: list[Entry], *, place: str) -> None:
    if entries and all(map(_is_comment, entries)):
        raise FeedError(
            f"{place} is a feed of comments, not of posts; put {_posts_address(place)} into [feed]."
        )
    # F29: WordPress answers a mistyped address with 200 and an empty feed of this title.
    if not entries and title.startswith(("Page not found", "Comments for ", "Comments on:")):
        raise FeedError(
            f"{place} is an empty feed called {title!r}, so the address is mistyped or not that "
            f"of posts; try {_posts_address(place)}."
        )


def _is_comment(entry: Entry) -> bool:
    """F30."""
    return bool(_COMMENT_GUID.search(entry.guid) or _COMMENT_TITLE.match(entry.title))


def _posts_address(place: str) -> str:
    try:
        parts = urlsplit(place)
    except ValueError:
        return "the blog's address with /feed/ behind it"
    if not parts.netloc:
        return "the blog's address with /feed/ behind it"
    return f"{parts.scheme}://{parts.netloc}/feed/"
