"""What a page of the preview shows: everything a template needs, decided beforehand. Pure.

A page is whole without a script: every choice is a link that changes one word of the address,
every deed is a form. The script only follows those links by key, and reloads.
"""

from dataclasses import dataclass

from otalk_digest.pipeline.readiness import Verdict
from otalk_digest.web.preview.panels import Panel, Picker


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLine:
    """What a list of mails shows before one is opened, cut as a program cuts it."""

    #: E.g. "Phone", "Outlook".
    program: str
    sender: str
    subject: str
    preheader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One sandboxed view of the mail."""

    #: Address of the mail's bytes, changed as the choices say.
    src: str
    #: E.g. "As sent, light"; also its accessible name.
    title: str
    #: CSS pixels; None fills the room.
    width: int | None
    #: Said beneath it, e.g. that forced dark is an approximation.
    caption: str = ""
    #: CSS pixels, a generous guess: what stands in a sandbox cannot be measured.
    height: int | None = None
    #: The address leads to an outlined place: the frame stays low and scrolls itself to it.
    has_mark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether it is ready to send: one line a condition."""

    #: What it is about, whether it holds, and the detail.
    rows: tuple[tuple[str, Verdict, str], ...]
    #: "nothing asked", "waiting", "approved", "held", "changed since approval" or "sent".
    standing: str
    #: Who and when, in words.
    standing_detail: str
    can_approve: bool
    can_hold: bool
    #: The only address that a test goes to, masked; None while the settings name none.
    test_to: str | None
    #: What this page shows, as a hash; comes back with an approval.
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A theme or a settings file that cannot be used; the last good render stands beneath."""

    text: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page."""

    title: str
    #: Ends in "/"; forms post to `{base}note`, `{base}item`, `{base}reading`, `{base}approve`,
    #: `{base}hold` and `{base}test`; the reload listens to `{base}events`.
    base: str
    #: The choices, to be given back by each form as `back`.
    query: str
    #: The same choices as pairs, for forms that ask instead of do.
    choices: tuple[tuple[str, str], ...] = ()
    #: What has to go with each form.
    form_key: str
    #: edition, segment, reader.
    pickers: tuple[Picker, ...]
    #: The moment it is composed for, as in an address; "" is now.
    as_of: str
    #: width, mode, images, styles, zoom, compare.
    tools: tuple[Picker, ...]
    inbox: tuple[InboxLine, ...]
    frames: tuple[Frame, ...]
    #: Percent.
    zoom: int
    #: The tabs, and what the current one shows.
    tabs: Picker
    panel: Panel | None
    readiness: Readiness | None
    #: Label and address: .eml, .html, .txt, .ics.
    downloads: tuple[tuple[str, str], ...]
    fault: Fault | None = None
    #: What the last deed came to, once.
    notice: str = ""
    #: Why there is nothing to show.
    empty: str = ""
    #: Address of the event stream; None where pages are not reloaded.
    events: str | None = None
    #: The name that was last given in a form.
    by: str = ""
