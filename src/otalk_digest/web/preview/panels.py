"""What the panels of the preview show. Pure."""

from dataclasses import dataclass

from otalk_digest.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a picker: a link to this page with one word of its address changed."""

    label: str
    href: str
    is_current: bool
    #: More about it, such as a date or a count.
    detail: str = ""
    #: The heading that it stands under, with its neighbours of the same group.
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """A row or list of choices, one of them current."""

    #: The word of the address, e.g. "width"; also the hook for the keyboard.
    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFinding:
    """A finding with the link that outlines its place in the frame."""

    finding: Finding
    href: str | None
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPanel:
    """What the check says, musts first."""

    musts: int
    shoulds: int
    rows: tuple[MarkedFinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPanel:
    """The plain text edition."""

    text: str
    widest: int
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadersPanel:
    """Each header field as it stands in the message, decoded."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A size against its limits, in bytes."""

    label: str
    value: int
    #: Where it begins to be too much, and where it must not go.
    advised: int | None
    limit: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizePanel:
    """How heavy it is: HTML, style block, message."""

    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link of the mail, in its order."""

    text: str
    url: str
    #: The link that outlines it in the frame.
    href: str | None
    #: "ok", or what was found when links were checked by hand; "" before that.
    state: str = ""
    is_ok: bool = False
    is_marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksPanel:
    """Where the mail leads; nothing is fetched before a maintainer asks for it."""

    rows: tuple[LinkRow, ...]
    #: The form that checks them now; None where there is nothing to check.
    check_action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """One event of the calendar file."""

    summary: str
    starts: str
    ends: str
    status: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPanel:
    """The calendar file, read and as it is."""

    rows: tuple[CalendarRow, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """What one mail program leaves out, and why that is harmless."""

    client: str
    lost: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientsPanel:
    """Mail programs against what the mail uses."""

    rows: tuple[ClientRow, ...]
    #: Where the facts come from, and of when.
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePanel:
    """The message as it goes over the wire, or its HTML."""

    html: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a comparison."""

    #: "same", "gone" or "new".
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPart:
    """What became of one part: subject, preheader, text, links."""

    label: str
    lines: tuple[DiffLine, ...]
    gone: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPanel:
    """This edition beside the last one sent, or beside what was approved."""

    against: Picker
    #: None where there is nothing to compare with.
    title: str | None
    parts: tuple[DiffPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersPanel:
    """Who gets it, who not, and why."""

    #: Segment, status, reason, how many.
    counts: tuple[tuple[str, str, str, int], ...]
    total: int
    query: str
    search_action: str
    #: Masked address, segment, status or reason; at most 50 that match the query.
    found: tuple[tuple[str, str, str], ...]
    more: int
    #: Beside each one found: the page as that reader gets it; None where that is not allowed.
    hrefs: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the edition, to hide, move or put right."""

    news_id: int
    part: str
    topic: str
    is_hidden: bool
    can_go_up: bool
    can_go_down: bool
    guid: str
    #: Field, what we read, what it can hold; the same fields as `chats set`.
    reading: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPanel:
    """The maintainer's own words and order; None of it for an edition that was frozen."""

    is_open: bool
    note: str
    #: Who last changed something, and when.
    last_edit: str
    items: tuple[Item, ...]


Panel = (
    FindingsPanel
    | TextPanel
    | HeadersPanel
    | SizePanel
    | LinksPanel
    | CalendarPanel
    | ClientsPanel
    | SourcePanel
    | DiffPanel
    | ReadersPanel
    | EditPanel
)
