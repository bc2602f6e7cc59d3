"""What a form does: each deed is one POST, saved with who and when, and answered in words."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from otalk_digest.errors import InputError, OtalkDigestError
from otalk_digest.pipeline import approving, deciding, dissecting, editing
from otalk_digest.pipeline.asking import ask
from otalk_digest.pipeline.editing import Direction
from otalk_digest.pipeline.previewing import Desk, Scene
from otalk_digest.pipeline.readiness import public_addresses
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.guard import read_form
from otalk_digest.web.preview.page import NUMBER, Site, choice_of, settled
from otalk_digest.web.preview.pages import counted
from otalk_digest.web.preview.state import State, read_state

_NAME_MOST: Final = 80
_OWN: Final = frozenset({"form_key", "back", "by", "guid"})
_DIRECTIONS: Final[Mapping[str, Direction]] = {"up": "up", "down": "down"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What was sent, and from which page."""

    gallery: Gallery
    state: State
    #: The edition that the page showed.
    number: int
    fields: Mapping[str, str]

    @property
    def desk(self) -> Desk:
        return self.gallery.desk

    def by(self) -> str:
        """Return who does it. Raises InputError when they do not say."""
        name = " ".join(self.fields.get("by", "").split())
        if not name or len(name) > _NAME_MOST:
            raise InputError(f"Say who you are, in 1 to {_NAME_MOST} characters: it is kept.")
        self.gallery.by = name
        return name

    def scene(self) -> Scene:
        """Return the mail that the page showed. Raises InputError when there is none."""
        shown = self.gallery.show(choice_of(self.gallery, self.state))
        if shown.scene is None or shown.scene.proof is None or shown.fault is not None:
            raise InputError("There is no mail to do this with: mend what the page says first.")
        return shown.scene


Deed = Callable[[_Form], str]


async def do(request: Request, site: Site, name: str) -> Response:
    """Carry out a deed and lead back to the page, which says what came of it."""
    fields = await read_form(request, site.form_key)
    back = dict(parse_qsl(fields.get("back", "")))
    number = back.get(NUMBER, "")
    state = read_state(back)
    form = _Form(
        gallery=site.gallery,
        state=settled(site.gallery, state),
        number=int(number) if number.isascii() and number.isdecimal() else 0,
        fields=fields,
    )
    deed = DEEDS[name]
    said = site.gallery.say(await asyncio.to_thread(_told, deed, form))
    # The place that was outlined may have moved with what was changed.
    query = replace(state, mark="").query
    return RedirectResponse(f"{site.base}?{query}{'&' if query else ''}said={said}", 303)


def _told(deed: Deed, form: _Form) -> str:
    try:
        return deed(form)
    except OtalkDigestError as error:
        return str(error)


def _note(form: _Form) -> str:
    text = form.fields.get("note", "")
    editing.set_note(form.desk.store, form.number, text, by=form.by(), now=form.desk.clock())
    return "The note is kept." if text.strip() else "There is no note any more."


def _item(form: _Form) -> str:
    desk, deed, by = form.desk, form.fields.get("deed", ""), form.by()
    written = form.fields.get("news_id", "")
    if not (written.isascii() and written.isdecimal() and len(written) <= 15):  # noqa: PLR2004 more fits no store
        raise InputError("That is no item of this edition. Load the page again.")
    news_id, now = int(written), desk.clock()
    if deed == "hide":
        editing.hide(desk.store, desk.segments, form.number, news_id, by=by, now=now)
        return "The item is hidden. Once this edition leaves, it is hidden for good."
    if deed == "show":
        editing.show(desk.store, form.number, news_id, by=by, now=now)
        return "The item is shown again."
    if deed not in _DIRECTIONS:
        raise InputError("An item can be hidden, shown, or moved up or down.")
    direction = _DIRECTIONS[deed]
    editing.move(
        desk.store, desk.segments, form.number, news_id, direction=direction, by=by, now=now
    )
    return f"The item is moved {direction}."


def _reading(form: _Form) -> str:
    words = {name: value for name, value in form.fields.items() if name not in _OWN}
    return deciding.put_right(form.desk, form.fields.get("guid", ""), words, by=form.by())


def _approve(form: _Form) -> str:
    desk = form.desk
    approval = approving.approve(
        desk.store,
        desk.press,
        desk.segments,
        form.number,
        by=form.by(),
        clock=desk.clock,
        check=lambda edition: deciding.findings_of(desk, edition),
        seen=form.fields.get("seen") or None,
    )
    verb = "may leave" if approval.edition else "is held no longer"
    return f"Edition {form.number} {verb}: noted with your name."


def _hold(form: _Form) -> str:
    reason = form.fields.get("reason", "").strip() or None
    approving.hold(form.desk.store, form.number, by=form.by(), reason=reason, clock=form.desk.clock)
    return f"Edition {form.number} is held: nothing of it leaves until someone approves it."


def _test(form: _Form) -> str:
    return deciding.send_test(form.desk, form.scene())


def _links(form: _Form) -> str:
    scene = form.scene()
    urls = [link.url for link in (dissecting.links_of(scene.mail) if scene.mail else ())]
    reviewed = form.gallery.review(choice_of(form.gallery, form.state))
    if reviewed is not None and reviewed.evidence is not None:
        # "Ready to send?" is about every segment's mail.
        urls += public_addresses(reviewed.evidence.edition)
    answers = ask(urls, form.desk.limits)
    form.gallery.link_states.update(
        {url: (answer.is_ok, answer.said) for url, answer in answers.items()}
    )
    failed = sum(not answer.is_ok for answer in answers.values())
    if failed:
        do = "does" if failed == 1 else "do"
        return f"{failed} of {counted(len(answers), 'link', 'links')} {do} not answer."
    if len(answers) == 1:
        return "The one link that can be asked answers."
    return f"All {len(answers)} links that can be asked answer."


DEEDS: Final[Mapping[str, Deed]] = {
    "note": _note,
    "item": _item,
    "reading": _reading,
    "approve": _approve,
    "hold": _hold,
    "test": _test,
    "links": _links,
}
