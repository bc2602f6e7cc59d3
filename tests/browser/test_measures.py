"""Each measure finds the fault that it is for, and says nothing of a page without it."""

import pytest
from tests.browser_tools import View, Visit

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Rest</title>
<style>
  body {{ margin: 0; font: 16px/26px sans-serif; background: #fff; color: #17302a; }}
  h1 {{ font-size: 30px; line-height: 38px; }}
  a {{ display: inline-block; color: #0b5d4b; }}
  .button {{ background: #0b5d4b; color: #fff; padding: 11px 24px; }}
  .bar {{ background: #12806a; height: 16px; }}
  @media (prefers-color-scheme: dark) {{
    body {{ background: #0e1614; color: #eaf2ef; }}
    a {{ color: #8adbc4; }}
    .button {{ background: #7fd1b9; color: #06231b; }}
    .bar {{ background: #7fd1b9; }}
  }}
</style></head><body><main style="max-width: 600px">
<h1>Rest</h1><p>Words about rest.</p><p><a href="/read">Read about rest</a></p>
<p><a class="button" href="/add">Add to your calendar</a></p>
<p>Words with <a href="/in" style="display: inline">a link</a> in a sentence.</p>
<table><tr><th scope="row">1 Nov</th><td><table role="presentation" width="100"><tr>
<td class="bar">&nbsp;</td></tr></table></td><td>12</td></tr></table>
{}</main></body></html>"""

LIGHT, DARK = View(700), View(700, "dark")
SMALL = ("smallText", 14)
TIGHT = ("tightLines", 1.4, 1.2)
COLUMN = ("wideColumn", 640)
CONTRAST = ("lowContrast",)
TARGETS = ("smallTargets", 44, 24)
LINKS = ("plainLinks",)
SURFACES = ("lightSurfaces", 10_000, 0.2)
BARS = ("faintBars",)
FORCED = ("faintBars", (0x12, 0x12, 0x12))
SIDEWAYS = ("sideways",)

Measure = tuple[object, ...]

BAR = "<table><tr><td style='background: {}'>&nbsp;</td></tr></table>"
#: The measure, how the page is looked at, and the fault.
DEFECTS: list[tuple[Measure, View, str]] = [
    (SMALL, LIGHT, "<p style='font-size: 12px'>Small.</p>"),
    (SMALL, LIGHT, "<p><small>Smaller than what is around it.</small></p>"),
    (SMALL, View(360), "<style>@media (max-width: 400px) { p { font-size: 13px } }</style>"),
    (TIGHT, LIGHT, "<p style='line-height: 20px'>Tight.</p>"),
    (TIGHT, LIGHT, "<p style='line-height: normal'>Not promised.</p>"),
    (TIGHT, LIGHT, "<p style='font-size: 24px; line-height: 26px'>Tight, though large.</p>"),
    (COLUMN, View(1280), "<div style='width: 700px; text-align: right'>Far away.</div>"),
    (CONTRAST, LIGHT, "<p style='color: #888'>Grey on white.</p>"),
    (CONTRAST, LIGHT, "<p style='color: rgba(0, 0, 0, 0.4)'>Thin ink.</p>"),
    (CONTRAST, DARK, "<p style='color: #17302a'>Dark on dark.</p>"),
    (CONTRAST, LIGHT, "<p style='font-size: 24px; color: #aaa'>Large, and still grey.</p>"),
    (CONTRAST, LIGHT, "<p style='opacity: 0.9'>Cannot be measured.</p>"),
    (CONTRAST, LIGHT, "<p style='background-image: linear-gradient(red, blue)'>Nor this.</p>"),
    (TARGETS, LIGHT, "<p><a href='/a' style='display: inline; line-height: 1'>Lone</a></p>"),
    (TARGETS, LIGHT, "<p><a href='/a' class='button' style='padding: 4px'>A low button</a></p>"),
    (TARGETS, LIGHT, "<table><tr><td bgcolor='#0b5d4b'><a href='/a'>Cell</a></td></tr></table>"),
    (LINKS, LIGHT, "<p>Words and <a href='/a' style='text-decoration: none'>a link</a>.</p>"),
    (SURFACES, DARK, "<div style='background: #fff; color: #000'>A white card<br><br></div>"),
    (SURFACES, DARK, "<table bgcolor='#E3F1EC' width='300' height='80'><tr><td>x</table>"),
    (SURFACES, DARK, "<style>body { background: #eee !important }</style>"),
    (BARS, LIGHT, BAR.format("#ccc")),
    (BARS, DARK, BAR.format("#223")),
    (FORCED, LIGHT, BAR.format("#0b5d4b")),
    (SIDEWAYS, View(320), "<table width='400'><tr><td>Wide</td></tr></table>"),
]


@pytest.fixture
def page(windows: tuple[Visit, Visit, Visit]) -> Visit:
    return windows[0]


def faults(page: Visit, measure: Measure, *, html: str, view: View) -> object:
    name, *given = measure
    return page.open(html).show(view).measure(str(name), *given)


@pytest.mark.parametrize(
    ("measure", "view"), sorted({(measure, view) for measure, view, _ in DEFECTS}, key=str)
)
def test_a_measure_finds_nothing_in_a_good_page(page: Visit, measure: Measure, view: View) -> None:
    assert faults(page, measure, html=PAGE.format(""), view=view) == []


@pytest.mark.parametrize(("measure", "view", "defect"), DEFECTS)
def test_a_measure_finds_the_fault_that_it_is_for(
    page: Visit, measure: Measure, view: View, defect: str
) -> None:
    assert faults(page, measure, html=PAGE.format(defect), view=view)


def test_a_bar_and_a_button_are_seen_as_such(page: Visit) -> None:
    page.open(PAGE.format("")).show(LIGHT)

    assert (page.measure("countBars"), page.measure("countButtons")) == (1, 1)


def test_a_look_that_depends_on_the_style_block_is_seen(page: Visit) -> None:
    before = page.open(PAGE.format("")).show(LIGHT).measure("looks")
    page.measure("dropStyleBlocks")

    assert page.measure("looks") != before


def test_the_same_page_looks_the_same_twice(page: Visit) -> None:
    looks = [page.open(PAGE.format("")).show(view).measure("looks") for view in (LIGHT, LIGHT)]

    assert looks[0] == looks[1]


@pytest.mark.parametrize(("attribute", "is_enough"), [("bgcolor='#000000'", True), ("", False)])
def test_without_css_backgrounds_only_bgcolor_is_behind_the_words(
    page: Visit, attribute: str, *, is_enough: bool
) -> None:
    cell = f"<table><tr><td {attribute} style='background: #000; color: #fff'>Words</td></table>"
    page.open(f"<!DOCTYPE html><title>Rest</title>{cell}").show(LIGHT).measure("onlyBgcolor")

    assert (page.measure("lowContrast") == []) == is_enough
