"""What a blog publishes. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class FeedKind(StrEnum):
    """The formats that we read."""

    RSS2 = "rss2"
    ATOM = "atom"
    #: WordPress's own: JSON, with paging and every page of a long post.
    REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a blog is read: by which address, in which format. No address holds a password."""

    kind: FeedKind
    address: str
    #: Where WordPress answers for single posts too, as far as we know.
    rest_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "anything new?" with; kept per address, sent back exactly."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body that arrived whole. `body` is None when the server said 304."""

    url: str
    body: bytes | None
    content_type: str | None = None
    validators: Validators = Validators()
    #: The address asked for, when a permanent redirect leads elsewhere now.
    moved_from: str | None = None
    #: The Link header, which names WordPress's REST (RFC 8288).
    link_header: str | None = None
    #: How many pages there are, where REST says so (F32).
    total_pages: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, as it arrived. Its HTML is not yet safe."""

    #: Opaque: never fetched, normalised, or compared by host.
    guid: str
    link: str | None
    #: Text on one line, entities resolved.
    title: str
    author: str | None = None
    #: UTC. First publication, or the date its author gave it.
    published_at: datetime | None = None
    #: UTC. Only where the format has such a date (Atom); RSS 2.0 has none.
    updated_at: datetime | None = None
    html: str = ""
    #: Only an excerpt arrived, so a wrap-up may be hidden from us.
    is_summary: bool = False
    is_protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry, or a part of the feed, that could not be read; the others were."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed that was read, in its own order."""

    kind: FeedKind
    title: str
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = field(default=())
    #: The document broke off or was ill-formed: what is missing may still be there.
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What we hold of an entry: safe to show."""

    guid: str
    link: str | None
    title: str
    author: str | None
    #: UTC.
    published_at: datetime | None
    #: Sanitised.
    html: str
    #: The same, as lines of text.
    text: str
    #: Changes when title, text or link targets change; not when markup does.
    fingerprint: str
    is_summary: bool = False
    is_protected: bool = False
