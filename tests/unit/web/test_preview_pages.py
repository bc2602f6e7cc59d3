"""The pages of the preview as markup; how they look and behave is in tests/browser/."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import html
from tests.view_panels import BASE, HOSTILE
from tests.views import PANELS, STATES, a_readiness, a_view

from otalk_digest.pipeline.readiness import Verdict
from otalk_digest.web.preview import panels
from otalk_digest.web.preview.files import STATIC
from otalk_digest.web.preview.pages import render_page, state_of
from otalk_digest.web.preview.panels import Picker
from otalk_digest.web.preview.view import View

VIEWS: Final = {name: a_view({"panel": name}) for name in PANELS} | STATES
EACH: Final = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


def drawn(view: View) -> html.HtmlElement:
    return html.document_fromstring(render_page(view))


def words(page: html.HtmlElement) -> str:
    return " ".join(page.text_content().split())


def shown_panel(name: str, **changes: object) -> str:
    panel = replace(a_view({"panel": name}).panel, **changes)  # type: ignore[type-var]
    (found,) = drawn(a_view({"panel": name}, panel=panel)).xpath("//*[@id='panel']")
    return words(found)


def poisoned(value: Any) -> Any:  # noqa: ANN401 - whatever a view holds
    """Put hostile words into every string of a view."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"base", "events"}
        changed = {
            each.name: poisoned(getattr(value, each.name))
            for each in fields(value)
            if each.name not in kept
        }
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(poisoned(one) for one in value)
    return HOSTILE if isinstance(value, str) and not isinstance(value, Enum) else value


def pickers_of(view: View) -> Iterator[Picker]:
    yield from (*view.pickers, *view.tools, view.tabs)
    if isinstance(view.panel, panels.DiffPanel):
        yield view.panel.against


def test_a_page_is_the_same_with_and_without_what_was_kept(tmp_path: Path) -> None:
    view, cache = a_view({"panel": "findings"}), tmp_path / "cache"

    # The same folder by another name is read anew.
    pages = [render_page(view, cache=place) for place in (None, cache, cache / ".." / "cache")]

    assert any(path.is_file() for path in cache.rglob("*"))
    assert len(set(pages)) == 1


@EACH
def test_nothing_on_a_page_runs_or_looks_without_its_files(view: View) -> None:
    page = drawn(view)

    assert page.xpath("//script[not(@src)] | //style | //@style") == []
    assert [name for name in page.xpath("//@*") if name.attrname.startswith("on")] == []


@EACH
def test_a_page_asks_for_nothing_from_elsewhere(view: View) -> None:
    page = drawn(view)

    asked = page.xpath("//link/@href | //script/@src | //iframe/@src | //form/@action")

    assert [address for address in asked if not address.startswith(BASE)] == []
    files = [address.split("/static/")[1] for address in asked if "/static/" in address]
    assert len(files) == 3
    assert [name for name in files if not (STATIC / name).is_file()] == []


@EACH
def test_a_mail_stands_in_a_sandbox_without_leave_for_anything(view: View) -> None:
    frames = drawn(view).xpath("//iframe")

    assert [frame.get("sandbox") for frame in frames] == [""] * len(view.frames)
    assert [frame.get("title") for frame in frames] == [frame.title for frame in view.frames]


@EACH
def test_hostile_words_stay_words(view: View) -> None:
    hostile = poisoned(view)

    page = drawn(hostile)

    assert len(page.xpath("//script")) == 1
    assert page.xpath("//*[@onload]") == []
    assert "{{7*7}}" in page.text_content()
    assert len(page.xpath("//form")) == len(drawn(view).xpath("//form"))


@EACH
def test_each_choice_is_a_link_and_the_current_one_says_so(view: View) -> None:
    page = drawn(view)

    for picker in pickers_of(view):
        links = page.xpath("//*[@data-picker=$name]//a", name=picker.name)
        shown = {(link.get("href").split("#")[0], link.get("aria-current")) for link in links}
        current = "page" if picker is view.tabs else "true"
        assert shown == {
            (one.href, current if one.is_current else None) for one in picker.options
        }, picker.name


@EACH
def test_each_deed_brings_its_key_and_the_way_back(view: View) -> None:
    for form in drawn(view).xpath("//form[@method='post']"):
        given = {field.name: field.value for field in form.xpath(".//input[@type='hidden']")}

        assert (given["form_key"], given["back"]) == (view.form_key, view.query)
        assert len(form.xpath(".//button[not(@type)]")) >= 1


@EACH
def test_a_form_that_asks_repeats_all_other_choices_once(view: View) -> None:
    for form in drawn(view).xpath("//form[@method='get']"):
        names = [field.name for field in form.xpath(".//input")]

        assert len(names) == len(set(names))
        assert {name for name, _ in view.choices} <= set(names)


@EACH
def test_names_and_references_of_a_page_are_sound(view: View) -> None:
    page = drawn(view)
    ids = page.xpath("//@id")

    referred = page.xpath("//@aria-labelledby | //@aria-describedby | //label/@for")

    assert len(ids) == len(set(ids))
    assert set(referred) <= set(ids)
    assert len(page.xpath("//h1")) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("findings", ("1 must stops the edition", "link-text-unique", "6 places", "2 more places")),
        ("findings", ("HTML, line 81", "What to do: Say in the words", "Read more 3")),
        ("text", ("Sleep and self-care: what helps?", "74 words", "75 columns")),
        ("headers", ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
        ("size", ("15.2 KB of 60.0 KB advised, 102.0 KB at most", "Heavier than advised")),
        ("size", ("230.0 KB of 200.0 KB at most", "Too heavy.")),
        ("links", ("Transcript of 18 November", "404 not found", "Answers")),
        ("calendar", ("#OTalk: Sleep and self-care", "0 (the first)", "METHOD:PUBLISH")),
        ("clients", ("Outlook on Windows", "Corners are square", "shows all of it", "29 June")),
        ("source", ("Line 59 &amp; more", "MIME-Version: 1.0")),
        ("diff", ("Edition 41, sent on", "1 new, 2 gone", "as it was", "10 lines as before")),
        ("diff", ("Gone: Tuesday 17 November", "New: Tuesday 24 November")),
        ("readers", ("149 readers", "has not confirmed yet", "a…@example.org", "And 12 more")),
        ("edit", ("Sam, today at 10.14am", "Our new hosts", "Hidden: nobody gets it")),
        ("edit", ("Starts at", "A day and an hour, such as")),
    ],
)
def test_a_panel_says_what_it_holds(name: str, expected: tuple[str, ...]) -> None:
    said = shown_panel(name)

    assert [one for one in expected if one not in said] == []


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("findings", {"rows": (), "musts": 0, "shoulds": 0}, "every rule holds"),
        ("links", {"rows": (), "check_action": None}, "The mail has no links"),
        ("calendar", {"rows": (), "source": ""}, "no calendar file"),
        ("diff", {"title": None, "parts": ()}, "nothing to compare with yet"),
        ("readers", {"found": (), "query": "zzz"}, "Nobody matches “zzz”"),
        ("readers", {"total": 0, "counts": (), "found": ()}, "Nobody gets this one"),
        ("edit", {"items": ()}, "There is nothing in it"),
        ("edit", {"is_open": False}, "was frozen as it is"),
    ],
)
def test_a_panel_with_nothing_in_it_says_so(
    name: str, changes: dict[str, object], expected: str
) -> None:
    assert expected in shown_panel(name, **changes)


def test_a_frozen_edition_offers_no_change() -> None:
    assert drawn(STATES["frozen"]).xpath("//*[@id='panel']//form") == []


def test_an_item_can_go_only_where_there_is_room() -> None:
    page = drawn(VIEWS["edit"])

    assert page.xpath("//button[@id='up-0']/@disabled") != []
    assert page.xpath("//button[@id='down-0']/@disabled") == []
    assert page.xpath("//button[@id='show-2']/@value") == ["show"]
    assert page.xpath("//button[@id='hide-2']") == []


def test_a_fault_names_file_and_line_above_the_last_good_mail() -> None:
    page = drawn(STATES["fault"])

    (fault,) = page.xpath("//*[@class='fault']")
    assert "'topick' is undefined" in words(fault)
    assert "templates/classic/parts/headline.html.j2, line 14" in words(fault)
    assert len(page.xpath("//iframe")) == 1


def test_what_a_deed_came_to_is_told_in_a_live_region() -> None:
    page = drawn(STATES["notice"])

    assert page.xpath("string(//*[@role='status'])") == "Saved. Everybody who looks sees it."


def test_an_approval_says_what_was_seen_and_has_to_be_opened_first() -> None:
    page = drawn(VIEWS["findings"])

    (form,) = page.xpath("//details[not(@open)]/form[@action=$to]", to=f"{BASE}approve")
    assert form.xpath("string(.//input[@name='seen']/@value)") == "5d41402abc"
    assert "1 condition is not met" in words(form)


@pytest.mark.parametrize(
    ("state", "deeds"),
    [
        ("approved", {"hold", "test"}),
        ("held", {"approve", "test"}),
        ("sent", {"test"}),
        ("ready", {"approve", "hold"}),
        ("fixture", set()),
    ],
)
def test_only_what_can_be_done_is_offered(state: str, deeds: set[str]) -> None:
    ready = drawn(STATES[state]).xpath("//*[@id='ready']//form/@action")

    assert {address.removeprefix(BASE) for address in ready} == deeds


FINE: Final = (("Size", Verdict.MET, ""),)
OPEN: Final = (("Size", Verdict.MET, ""), ("Links", Verdict.OPEN, ""))
UNMET: Final = (
    ("Size", Verdict.UNMET, ""),
    ("Links", Verdict.OPEN, ""),
    ("Rules", Verdict.UNMET, ""),
)


@pytest.mark.parametrize(
    ("rows", "standing", "text", "tone"),
    [
        (FINE, "nothing asked", "Ready to send", "good"),
        (FINE, "waiting", "Waiting for approval", "wait"),
        (FINE, "approved", "Approved, ready to send", "good"),
        (FINE, "changed since approval", "Changed since it was approved", "wait"),
        (FINE, "held", "On hold", "stop"),
        (FINE, "sent", "Sent", "calm"),
        (OPEN, "nothing asked", "Ready to send", "wait"),
        (OPEN, "approved", "Approved, ready to send", "wait"),
        (OPEN, "waiting", "Waiting for approval", "wait"),
        (UNMET, "nothing asked", "Not ready: 2 to see to", "stop"),
        (UNMET, "approved", "Not ready: 2 to see to", "stop"),
        (UNMET, "held", "On hold", "stop"),
    ],
)
def test_the_state_says_the_one_thing_to_know(
    rows: tuple[tuple[str, Verdict, str], ...], standing: str, text: str, tone: str
) -> None:
    state = state_of(a_readiness(rows=rows, standing=standing))

    assert (state.text, state.tone) == (text, tone)


def test_a_meter_marks_its_limit_and_never_leaves_its_room() -> None:
    heavy = panels.Meter(label="HTML", value=10**9, advised=50, limit=100, said="")
    panel = panels.SizePanel(meters=(heavy,))

    page = drawn(a_view(panel=panel))

    assert page.xpath("//rect[@class='meter-bar']/@width") == ["100.0%"]
    assert page.xpath("//rect[@class='meter-mark']/@x") == ["40.0%", "80.0%"]


def test_lines_that_stay_fold_but_for_their_ends_and_none_is_lost() -> None:
    diff = VIEWS["diff"].panel
    assert isinstance(diff, panels.DiffPanel)

    page = drawn(VIEWS["diff"])

    parts = [part for part in diff.parts if part.new or part.gone]
    shown = page.xpath("//*[@class='diff']//p")
    assert len(shown) == sum(len(part.lines) for part in parts)
    assert len(page.xpath("//*[@class='diff']/details//p")) == 10 + 8


def test_keys_in_the_help_are_those_that_the_script_knows() -> None:
    script = (STATIC / "preview.js").read_text(encoding="utf-8")
    table = script.split("const KEYS = {")[1].split("\n};")[0]
    known = set(re.findall(r'^  "?([^\s":]+)"?:', table, re.MULTILINE))

    told = {key.text_content() for key in drawn(VIEWS["findings"]).xpath("//dialog//kbd")}

    assert told - {"1", "9", "Esc"} == known


@pytest.mark.parametrize("name", ["preview.js", "preview.css"])
def test_a_file_of_the_page_is_short_enough_to_read(name: str) -> None:
    assert len(Path(STATIC / name).read_text(encoding="utf-8").splitlines()) <= 330
