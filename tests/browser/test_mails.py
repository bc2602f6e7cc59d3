"""What a mail must satisfy that only a browser can tell, for every fixture in every theme."""

import re

import pytest
from tests.browser.mails import THEME_NAMES, Mail, digest_of
from tests.browser_tools import View, Visit, axe_faults
from tests.digests import THEMES

WIDE, PHONE, NARROW = 700, 360, 320
#: Wider than any column, so that nothing but the theme holds it in.
DESK = 1280
#: What Gmail paints a light mail on when it turns it dark by itself.
FORCED_DARK = (0x12, 0x12, 0x12)

VIEWS = (View(WIDE), View(PHONE), View(PHONE, "dark"), View(WIDE, "dark"))
in_every_view = pytest.mark.parametrize("view", VIEWS, ids=str)
#: Each width and each scheme once: no rule is about both.
day_and_night = pytest.mark.parametrize("view", [View(WIDE), View(PHONE, "dark")], ids=str)
at_every_width = pytest.mark.parametrize("view", [View(WIDE), View(PHONE), View(NARROW)], ids=str)
#: The same rules hold at 360 as at 320, where there is less room.
at_both_ends = pytest.mark.parametrize("view", [View(WIDE), View(NARROW)], ids=str)


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_a_rule_for_some_readers_is_about_the_width_or_the_scheme(theme: str) -> None:
    rules = (THEMES / theme / "client.css").read_text(encoding="utf-8")
    # Where an at-rule stood within another one, it would not begin its line.
    wanted = r"^@media \((?:max-width: 480px|prefers-color-scheme: dark)\) \{$"

    assert len(re.findall(wanted, rules, re.MULTILINE)) == rules.count("@") == 2


def test_there_is_something_to_measure(visit: Visit, mail: Mail) -> None:
    visit.show(View(WIDE))
    # The plain theme says the same in a table of numbers.
    has_bars = mail.theme == "classic" and len(digest_of(mail).trend) > 1

    assert visit.measure("countTexts") > 10
    assert (visit.measure("countBars") > 1) == has_bars


@day_and_night
def test_axe_finds_nothing(visit: Visit, view: View) -> None:
    assert axe_faults(visit.show(view)) == []


@in_every_view
def test_contrast_is_measurable_and_enough(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("lowContrast") == []


@at_every_width
def test_nothing_scrolls_sideways(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("sideways") == []


@at_both_ends
def test_nothing_scrolls_sideways_or_is_cut_with_wide_text_spacing(
    visit: Visit, view: View
) -> None:
    visit.show(view)

    with visit.wide_text():
        assert visit.measure("sideways") == []


@at_both_ends
def test_text_is_large_enough_and_its_lines_stand_apart(visit: Visit, view: View) -> None:
    visit.show(view)

    assert visit.measure("smallText", 14) == []
    assert visit.measure("tightLines", 1.4, 1.2) == []


@at_both_ends
def test_buttons_and_lone_links_can_be_hit_with_a_finger(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("smallTargets", 44, 24) == []


@day_and_night
def test_links_are_underlined(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("plainLinks") == []


def test_the_column_is_no_wider_than_640_pixels(visit: Visit) -> None:
    assert visit.show(View(DESK)).measure("wideColumn", 640) == []


@pytest.mark.parametrize("view", [View(WIDE, "dark"), View(PHONE, "dark")], ids=str)
def test_every_large_surface_is_dark_in_dark_mode(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("lightSurfaces", 10_000, 0.2) == []


@day_and_night
def test_bars_stand_out_from_what_is_behind_them(visit: Visit, view: View) -> None:
    assert visit.show(view).measure("faintBars") == []


def test_bars_still_stand_out_where_a_program_forces_the_dark(visit: Visit) -> None:
    assert visit.show(View(WIDE)).measure("faintBars", FORCED_DARK) == []


def test_the_network_is_asked_for_images_only(visit: Visit) -> None:
    assert {kind for kind, _ in visit.refused} <= {"image"}


@day_and_night
def test_inlining_changes_no_look(visit: Visit, unlined: Visit, view: View) -> None:
    assert visit.show(view).measure("looks") == unlined.show(view).measure("looks")


def test_it_looks_the_same_and_reflows_without_its_style_block(spoilt: Visit) -> None:
    before = spoilt.show(View(WIDE)).measure("looks")
    spoilt.measure("dropStyleBlocks")

    assert spoilt.measure("looks") == before
    for width in (WIDE, PHONE, NARROW):
        assert spoilt.show(View(width)).measure("sideways") == []


def test_contrast_is_enough_where_only_bgcolor_paints(spoilt: Visit) -> None:
    spoilt.show(View(WIDE)).measure("onlyBgcolor")

    assert spoilt.measure("lowContrast") == []


def test_no_post_runs_a_script(visit: Visit, mail: Mail) -> None:
    assert visit.page.evaluate("document.scripts.length") == 0, mail
    assert visit.page.title() != "gone"
