import pytest
from playwright.sync_api import Browser
from tests.browser_tools import ADDRESS, View, Visit, axe_faults, visiting
from tests.http_server import answer, running_site

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Rest</title></head><body><main><h1>Rest</h1>
{}</main></body></html>"""


@pytest.fixture
def visit(windows: tuple[Visit, Visit, Visit], request: pytest.FixtureRequest) -> Visit:
    return windows[0].open(PAGE.format(request.param))


@pytest.mark.parametrize("visit", ["<p>Words.</p>"], indirect=True)
def test_a_good_page_has_no_faults(visit: Visit) -> None:
    assert axe_faults(visit) == []
    assert visit.measure("sideways") == []
    assert visit.refused == []


@pytest.mark.parametrize(
    ("visit", "rule"),
    [
        ("<img src='data:,'>", "image-alt"),
        ("<h3>Skips a level</h3>", "heading-order"),
        ("<p style='color: #999'>Grey.</p>", "color-contrast"),
        ("<p style='background: url(x), linear-gradient(#fff, #000)'>Text.</p>", "color-contrast"),
        ("<a href='/a' style='display: block; height: 9px'></a>", "link-name"),
    ],
    indirect=["visit"],
)
def test_axe_finds_what_is_wrong(visit: Visit, rule: str) -> None:
    assert [fault for fault in axe_faults(visit) if fault.startswith(f"{rule}:")]


@pytest.mark.parametrize(
    "visit",
    [
        "<table style='width: 480px'><tr><td>Too wide</td></tr></table>",
        f"<p>{'W' * 90}</p>",
        "<p style='margin-left: -40px'>Cut off on the left</p>",
        f"<p style='overflow: hidden; width: 50px'>{'W' * 90}</p>",
    ],
    indirect=True,
)
def test_what_is_wider_than_the_window_is_found(visit: Visit) -> None:
    assert visit.show(View(360)).measure("sideways")


@pytest.mark.parametrize(
    "visit", ["<p style='width: 30ch; white-space: nowrap'>It fits.</p>"], indirect=True
)
def test_wide_text_is_for_a_while_only(visit: Visit) -> None:
    style = "getComputedStyle(document.querySelector('p')).letterSpacing"
    with visit.wide_text():
        wide = visit.page.evaluate(style)

    assert (wide, visit.page.evaluate(style)) == ("1.92px", "normal")


@pytest.mark.parametrize(
    "visit",
    ["<img src=/a.png alt=''><link rel=stylesheet href=https://fonts.example/a.css>"],
    indirect=True,
)
def test_what_a_page_asks_for_is_refused_and_noted(visit: Visit) -> None:
    assert set(visit.refused) == {
        ("image", f"{ADDRESS}a.png"),
        ("stylesheet", "https://fonts.example/a.css"),
    }


@pytest.mark.parametrize("visit", ["<p>Words.</p>"], indirect=True)
def test_a_view_sets_width_and_scheme(visit: Visit) -> None:
    look = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"

    assert visit.show(View(360, "dark")).page.evaluate(look) == [360, True]
    assert visit.show(View(700, "light")).page.evaluate(look) == [700, False]


def test_a_server_on_loopback_is_reached_and_nothing_beyond_it(browser: Browser) -> None:
    with running_site() as site, visiting(browser, server=site.url("")) as visit:
        page = PAGE.format("<img src=https://elsewhere.example/a.png alt=''>")
        visit.page.goto(site.on("/", answer(200, page.encode(), {"content-type": "text/html"})))

        assert visit.page.title() == "Rest"
        assert visit.refused == [("image", "https://elsewhere.example/a.png")]
        assert axe_faults(visit) == []


def test_axe_runs_where_a_page_forbids_every_script(browser: Browser) -> None:
    policy = {"content-type": "text/html", "content-security-policy": "default-src 'none'"}
    with running_site() as site, visiting(browser, server=site.url("")) as visit:
        visit.page.goto(site.on("/", answer(200, PAGE.format("<img src=/a>").encode(), policy)))

        assert [fault for fault in axe_faults(visit) if fault.startswith("image-alt:")]
