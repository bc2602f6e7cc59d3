"""One page: everything that the choices ask to see, gathered for the template."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from otalk_digest.pipeline import dissecting, personas, previewing
from otalk_digest.pipeline.approving import Standing
from otalk_digest.pipeline.approving import State as Stand
from otalk_digest.pipeline.previewing import Choice, Scene
from otalk_digest.pipeline.readiness import conditions, in_words
from otalk_digest.web.preview import pickers, tabs
from otalk_digest.web.preview.gallery import Gallery, Shown
from otalk_digest.web.preview.inbox import inbox_lines
from otalk_digest.web.preview.panels import Picker
from otalk_digest.web.preview.state import State, moment_of
from otalk_digest.web.preview.view import Frame, InboxLine, Readiness, View

_MODES: Final = {
    "sent": "As sent",
    "light": "Light",
    "dark": "Dark, as authored",
    "forced": "Dark, forced",
}
_FORCED: Final = (
    "An approximation of what Gmail does to colours. Look at it in Gmail before the first send."
)
#: About what a mail needs of room, in CSS pixels.
_COLUMN_PX: Final = 640
_MARGINS_PX: Final = 80
_EDGES_PX: Final = 420
_LETTER_PX: Final = 7.2
_LINE_PX: Final = 27
_GAP_PX: Final = 14
_MOST_PX: Final = 20_000


#: The word under which a form gives back which edition its page showed.
NUMBER: Final = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is the same for every page of one run."""

    gallery: Gallery
    #: Ends in "/".
    base: str
    form_key: str
    is_live: bool


def choice_of(gallery: Gallery, state: State) -> Choice:
    """Return which mail is meant."""
    zone = gallery.desk.press.profile.zone
    return Choice(
        edition=state.edition,
        segment=state.segment or None,
        reader=state.reader,
        as_of=moment_of(state.as_of, zone) if state.as_of else None,
    )


def settled(gallery: Gallery, state: State) -> State:
    """Return the choices, with the next edition in place of one that there is not."""
    return state if _exists(gallery, state.edition) else replace(state, edition="next")


def build_view(site: Site, asked: State, said: str) -> View:
    """Return the page; `said` names the notice of the last deed."""
    gallery = site.gallery
    state = settled(gallery, asked)
    choice = choice_of(gallery, state)
    shown = gallery.show(choice)
    scene = shown.scene
    notice = gallery.said(said) or (
        f"There is no edition {asked.edition}; this is the next one." if state != asked else ""
    )
    view = _frame_of_page(site, state, shown, notice)
    if scene is None:
        return view
    look = tabs.Look(gallery=gallery, state=state, choice=choice, scene=scene, base=site.base)
    return replace(
        view,
        title=_title(scene),
        # A deed is for what its page showed, whatever has left meanwhile.
        query="&".join(filter(None, (state.query, f"{NUMBER}={scene.number}"))),
        pickers=_pickers(gallery, state, scene),
        inbox=_inbox(scene),
        frames=_frames(gallery, site, state, scene),
        tabs=pickers.tabs(state, tabs.details_of(scene)),
        panel=tabs.panel_of(look),
        readiness=_readiness(look),
        downloads=_downloads(site, state, scene),
        empty="" if scene.proof else _empty(scene),
    )


def _frame_of_page(site: Site, state: State, shown: Shown, notice: str) -> View:
    """Return a page that has everything but the mail."""
    gallery = site.gallery
    invented = previewing.fixture_names()
    editions = pickers.edition_picker(state, previewing.past_editions(gallery.desk), invented)
    return View(
        title="Nothing to show",
        base=site.base,
        query=state.query,
        form_key=site.form_key,
        pickers=(editions,),
        as_of=state.as_of,
        tools=pickers.tools(state),
        inbox=(),
        frames=(),
        zoom=int(state.zoom),
        tabs=pickers.tabs(state, {}),
        panel=None,
        readiness=None,
        downloads=(),
        fault=shown.fault,
        notice=notice,
        events=f"{site.base}events?since={gallery.epoch}" if site.is_live else None,
        by=gallery.by,
        choices=state.pairs,
    )


def _title(scene: Scene) -> str:
    subject = scene.proof.variant.subject if scene.proof else "Nothing to show"
    which = "invented" if scene.is_invented else f"edition {scene.number}"
    return f"{subject} · {which}, {scene.segment}"


def _exists(gallery: Gallery, edition: str) -> bool:
    if edition.startswith(previewing.FIXTURE):
        names = previewing.fixture_names()
        return edition.removeprefix(previewing.FIXTURE) in dict(names)
    past = previewing.past_editions(gallery.desk)
    return edition == previewing.NEXT or edition in {str(record.number) for record in past}


def _empty(scene: Scene) -> str:
    if any(offer.has_mail for offer in scene.offers):
        return f"There is nothing for {scene.segment} this time: no news that they ask for."
    return (
        "There is nothing to show: no news that was not told before. "
        "Look for some with: otalk-digest collect."
    )


def _pickers(gallery: Gallery, state: State, scene: Scene) -> tuple[Picker, ...]:
    desk = gallery.desk
    invented = previewing.fixture_names()
    with desk.store.read() as connection:
        people = personas.offered(connection, may_be_real=gallery.may_be_real)
    return (
        pickers.edition_picker(state, previewing.past_editions(desk), invented),
        pickers.segment_picker(state, scene.offers, scene.segment),
        pickers.reader_picker(state, people, scene.persona),
    )


def _inbox(scene: Scene) -> tuple[InboxLine, ...]:
    if scene.proof is None or scene.mail is None:
        return ()
    name = scene.mail.message["from"].addresses[0].display_name
    return inbox_lines(name, scene.proof.variant.subject, scene.proof.variant.preheader)


def _frames(gallery: Gallery, site: Site, state: State, scene: Scene) -> tuple[Frame, ...]:
    if scene.proof is None:
        return ()
    if state.compare == "dark":
        sides = (replace(state, mode="light"), replace(state, mode="dark"))
        return tuple(_frame(site, side, scene, _MODES[side.mode]) for side in sides)
    this = _frame(site, state, scene, _MODES[state.mode])
    if state.compare == "last":
        last = previewing.last_before(gallery.desk, scene.number, scene.segment)
        if last is None:
            return (replace(this, caption="There is no earlier edition to show beside it."),)
        other = replace(state, edition=str(last[0]), mark="")
        return (this, _frame(site, other, scene, f"Edition {last[0]}"))
    return (this,)


def _frame(site: Site, state: State, scene: Scene, title: str) -> Frame:
    said = [title]
    said += ["images off"] if state.images == "off" else []
    said += ["style block dropped"] if state.styles == "off" else []
    width = None if state.width == "free" else int(state.width)
    mark = f"#{dissecting.MARK}" if state.mark else ""
    return Frame(
        src=f"{site.base}frame?{state.query}{mark}",
        title=", ".join(said),
        width=width,
        caption=_FORCED if state.mode == "forced" else _without_zone(scene),
        height=_height(scene, width),
        has_mark=bool(state.mark),
    )


def _without_zone(scene: Scene) -> str:
    """Say why a past edition shows no local time to an invented reader."""
    zone = scene.persona.reader.zone
    variant = scene.proof.variant if scene.proof else None
    if variant is None or not scene.is_frozen or zone is None or zone in variant.zone_values:
        return ""
    return f"When it was frozen nobody read it in {zone}, so it holds no times for there."


def _height(scene: Scene, width: int | None) -> int:
    """Guess, rather too much than too little: a line of the text wraps where the column ends."""
    column = min(width or _COLUMN_PX, _COLUMN_PX) - _MARGINS_PX
    lines = scene.proof.text.splitlines() if scene.proof else []
    rows = sum(ceil(len(line) * _LETTER_PX / column) for line in lines)
    blanks = sum(not line for line in lines)
    return min(_EDGES_PX + rows * _LINE_PX + blanks * _GAP_PX, _MOST_PX)


def _downloads(site: Site, state: State, scene: Scene) -> tuple[tuple[str, str], ...]:
    if scene.proof is None:
        return ()
    kinds = ["eml", "html", "txt", *(["ics"] if scene.proof.variant.calendar else [])]
    return tuple((f".{kind}", f"{site.base}mail.{kind}?{state.query}") for kind in kinds)


def _readiness(look: tabs.Look) -> Readiness | None:
    """Return whether the edition may leave; nothing is asked of an invented one."""
    scene, gallery = look.scene, look.gallery
    reviewed = gallery.review(look.choice)
    if reviewed is None or reviewed.standing is None or reviewed.evidence is None:
        return None
    states = {url: is_ok for url, (is_ok, _) in gallery.link_states.items()}
    stand, test_to = reviewed.standing, gallery.desk.test_to
    # As of another moment it is not what would leave.
    is_now = look.choice.as_of is None
    held = stand.state is Stand.HELD
    rows = conditions(reviewed.evidence, states)
    return Readiness(
        rows=tuple((row.about, row.verdict, row.detail) for row in rows),
        standing=str(stand.state),
        standing_detail=_decided(gallery, stand),
        can_approve=is_now and (held or (not scene.is_frozen and stand.state in _TO_APPROVE)),
        can_hold=is_now and not held and (not scene.is_frozen or reviewed.is_waiting),
        test_to=None if test_to is None else personas.masked(test_to),
        seen=reviewed.proposal.material_hash if reviewed.proposal else "",
    )


_TO_APPROVE: Final = frozenset({Stand.WAITING, Stand.CHANGED})


def _decided(gallery: Gallery, stand: Standing) -> str:
    decision = stand.decision
    if decision is None:
        return ""
    zone = gallery.desk.press.profile.zone
    reason = f": {decision.reason}" if decision.reason else ""
    return f"{decision.what} by {decision.by}, {in_words(decision.at, zone)}{reason}"
