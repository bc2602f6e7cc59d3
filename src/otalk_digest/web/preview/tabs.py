"""What each tab shows of a scene."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from otalk_digest.model.finding import Finding, Level
from otalk_digest.pipeline import dissecting
from otalk_digest.pipeline.asking import is_asked
from otalk_digest.pipeline.previewing import Choice, Scene
from otalk_digest.web.preview import comparison, editor
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.panels import (
    CalendarPanel,
    CalendarRow,
    ClientRow,
    ClientsPanel,
    FindingsPanel,
    HeadersPanel,
    LinkRow,
    LinksPanel,
    MarkedFinding,
    Meter,
    Panel,
    ReadersPanel,
    SizePanel,
    SourcePanel,
    TextPanel,
)
from otalk_digest.web.preview.state import State

_KB: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A scene that is being looked at."""

    gallery: Gallery
    state: State
    choice: Choice
    scene: Scene
    #: Where forms go; ends in "/".
    base: str


def panel_of(look: Look) -> Panel | None:
    """Return what the chosen tab shows; None when the segment gets no mail."""
    if look.state.panel == "edit":
        return editor.edit_panel(look.gallery, look.scene)
    if look.state.panel == "readers":
        return _readers(look)
    if look.scene.proof is None:
        return None
    if look.state.panel == "diff":
        return comparison.diff_panel(look.gallery, look.state, look.scene)
    return _PANELS[look.state.panel](look)


def details_of(scene: Scene) -> dict[str, str]:
    """Return what a tab says of itself before it is opened."""
    if scene.mail is None:
        return {}
    musts, shoulds = counts_of(scene.findings)
    return {
        "findings": f"{musts} must, {shoulds} should",
        "size": f"{len(scene.mail.html.encode()) / _KB:.1f} KB",
        "links": str(len(dissecting.links_of(scene.mail))),
    }


def counts_of(findings: tuple[Finding, ...]) -> tuple[int, int]:
    """Return how many musts and how many shoulds are broken."""
    musts = sum(finding.level is Level.MUST for finding in findings)
    return musts, len(findings) - musts


def _findings(look: Look) -> Panel:
    musts, shoulds = counts_of(look.scene.findings)
    rows = tuple(
        MarkedFinding(
            finding=finding,
            href=_mark(look, finding.place.path),
            is_marked=finding.place.path is not None and finding.place.path == look.state.mark,
        )
        for finding in look.scene.findings
    )
    return FindingsPanel(musts=musts, shoulds=shoulds, rows=rows)


def _mark(look: Look, path: str | None) -> str | None:
    """Return the link that outlines a place; once more takes the outline away."""
    if path is None or not dissecting.can_be_outlined(path):
        return None
    return look.state.href(mark="" if look.state.mark == path else path)


def _text(look: Look) -> Panel:
    text = look.scene.proof.text if look.scene.proof else ""
    widest = max((len(line) for line in text.splitlines()), default=0)
    return TextPanel(text=text, widest=widest, words=len(text.split()))


def _headers(look: Look) -> Panel:
    return HeadersPanel(rows=dissecting.headers_of(look.scene.mail) if look.scene.mail else ())


def _size(look: Look) -> Panel:
    weights = dissecting.weights_of(look.scene.mail) if look.scene.mail else ()
    return SizePanel(meters=tuple(_meter(weight) for weight in weights))


def _meter(weight: dissecting.Weight) -> Meter:
    value, limit = weight.value / _KB, weight.limit // _KB
    if weight.value > weight.limit:
        said = f"{value:.1f} KB: more than {limit} KB, and {weight.beyond}."
    elif weight.advised is not None and weight.value > weight.advised:
        said = f"{value:.1f} KB: more than the {weight.advised // _KB} KB advised, of {limit} KB."
    else:
        said = f"{value:.1f} of {limit} KB."
    return Meter(
        label=weight.label,
        value=weight.value,
        advised=weight.advised,
        limit=weight.limit,
        said=said,
    )


def _links(look: Look) -> Panel:
    links = dissecting.links_of(look.scene.mail) if look.scene.mail else ()
    states = look.gallery.link_states
    rows = tuple(
        LinkRow(
            text=link.text,
            url=link.url,
            href=_mark(look, link.path),
            state=states[link.url][1] if link.url in states else "",
            is_ok=link.url in states and states[link.url][0],
            is_marked=link.path == look.state.mark,
        )
        for link in links
    )
    can_ask = any(is_asked(link.url) for link in links)
    return LinksPanel(rows=rows, check_action=f"{look.base}links" if can_ask else None)


def _calendar(look: Look) -> Panel:
    source = look.scene.proof.variant.calendar if look.scene.proof else None
    rows = tuple(
        CalendarRow(
            summary=event.summary,
            starts=dissecting.in_words(event.starts_at),
            ends=dissecting.in_words(event.ends_at),
            status=event.status,
            sequence=event.sequence,
        )
        for event in dissecting.agenda_of(source)
    )
    return CalendarPanel(rows=rows, source=source or "")


def _clients(look: Look) -> Panel:
    if look.scene.mail is None:
        return ClientsPanel(rows=(), source="")
    losses = dissecting.losses_of(look.scene.mail)
    rows = tuple(ClientRow(client=client, lost=lost) for client, lost in losses.rows)
    return ClientsPanel(rows=rows, source=losses.source)


def _source(look: Look) -> Panel:
    proof = look.scene.proof
    if proof is None:
        return SourcePanel(html="", message="")
    # The message is ASCII but for an address that is not.
    return SourcePanel(html=proof.html, message=proof.message.decode("utf-8", "replace"))


def _readers(look: Look) -> Panel:
    reviewed = look.gallery.review(look.choice)
    found, more = look.gallery.find_readers(look.choice, look.state.find)
    return ReadersPanel(
        counts=reviewed.counts if reviewed else (),
        total=reviewed.total if reviewed else 0,
        query=look.state.find,
        search_action=look.base,
        found=tuple((each.label, each.segment, each.standing) for each in found),
        more=more,
        hrefs=tuple(
            None if each.key is None else look.state.href(reader=each.key, segment=each.segment)
            for each in found
        ),
    )


_PANELS: Final[Mapping[str, Callable[[Look], Panel]]] = {
    "findings": _findings,
    "text": _text,
    "headers": _headers,
    "size": _size,
    "links": _links,
    "calendar": _calendar,
    "clients": _clients,
    "source": _source,
}
