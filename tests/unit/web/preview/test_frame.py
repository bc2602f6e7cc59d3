"""What the choices change of a mail in its frame, and that nothing else is."""

import re
from dataclasses import replace

import pytest

from otalk_digest.web.preview.forced import force_dark
from otalk_digest.web.preview.frame import Policy, framed, inert
from otalk_digest.web.preview.state import State

MAIL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<style>:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){.card{background-color:#16211E!important}}</style></head>
<body><div lang="en" style="background-color:#FFFFFF;color:#17302A" class="card">
<p>One &amp; <a class="b" href="https://chat.example/?a=1&amp;b=2">a link</a></p>
<!--[if mso]><table><tr><td><![endif]-->
<table bgcolor="#EEF3F0"><tr><td style="border-top:1px solid #CBD8D2">Two</td></tr></table>
<!--[if mso]></td></tr></table><![endif]--></div></body></html>
"""
INERT = re.compile(r' target="_blank" title="[^"]*"')
DEFAULT = State()


def test_as_sent_adds_titles_to_links_and_nothing_else() -> None:
    shown = framed(MAIL, DEFAULT)

    assert INERT.sub("", shown) == MAIL
    assert 'title="https://chat.example/?a=1&amp;b=2"' in shown


@pytest.mark.parametrize(
    "link",
    [
        "<A HREF='https://a.example/'>x</A>",
        '<a title="" href="https://a.example/">x</a>',
        '<a\nhref="https://a.example/"\n>x</a>',
    ],
)
def test_a_link_opens_nothing_however_it_is_written(link: str) -> None:
    assert re.match(r'(?i)<a target="_blank" title="https://a\.example/"', inert(link))


def test_an_address_cannot_leave_its_title() -> None:
    shown = inert("""<a href='https://a.example/"onclick="x'>x</a>""")

    assert 'title="https://a.example/&quot;onclick=&quot;x"' in shown


@pytest.mark.parametrize("link", ["<abbr href='x'>", "<a name='x'>", "<area href='x'>"])
def test_what_is_no_link_is_left_alone(link: str) -> None:
    assert inert(link) == link


@pytest.mark.parametrize(
    ("mode", "query", "scheme"),
    [("light", "(max-width:0)", "light"), ("dark", "(min-width:0)", "dark")],
)
def test_light_and_dark_do_not_depend_on_the_device(mode: str, query: str, scheme: str) -> None:
    shown = framed(MAIL, replace(DEFAULT, mode=mode))

    assert f"@media {query}" in shown
    assert "prefers-color-scheme" not in shown
    assert f"color-scheme:{scheme}}}" in shown
    assert f'content="{scheme}"' in shown


def test_forced_dark_turns_light_surfaces_and_dark_words_and_ignores_the_dark_rules() -> None:
    shown = framed(MAIL, replace(DEFAULT, mode="forced"))

    assert "#FFFFFF" not in shown
    assert "#17302A" not in shown
    assert 'bgcolor="#EEF3F0"' not in shown
    assert "@media (max-width:0)" in shown
    assert "One &amp; <a" in shown


@pytest.mark.parametrize(
    ("written", "turned"),
    [
        ("background:#fff", "background:#121212"),
        ("background-color:white", "background-color:#121212"),
        ("background:rgb(255, 255, 255)", "background:#121212"),
        ("background:#0B5D4B", "background:#0b5d4b"),
        ("color:#000", "color:#ffffff"),
        ("color:#ffffff", "color:#ffffff"),
        ("border-top:2px solid #ffffff", "border-top:2px solid #121212"),
        ("width:100px", "width:100px"),
    ],
)
def test_forced_colours(written: str, turned: str) -> None:
    assert f'style="{turned}"' in force_dark(f'<head></head><p style="{written}">#fff white</p>')


def test_forced_dark_leaves_words_alone() -> None:
    assert ">color: #fff; background: white<" in force_dark("<p>color: #fff; background: white</p>")


def test_without_styles_what_was_inlined_stays() -> None:
    shown = framed(MAIL, replace(DEFAULT, styles="off"))

    assert "<style" not in shown
    assert 'style="background-color:#FFFFFF' in shown


def test_a_place_is_outlined_and_the_conditional_comments_stay() -> None:
    shown = framed(MAIL, replace(DEFAULT, mark="/html/body/div/p"))

    assert '<p id="otd-mark">' in shown
    assert shown.startswith("<!DOCTYPE html>")
    assert shown.count("[if mso]") == 2


@pytest.mark.parametrize("mark", ["/html/body/p[9]", "/html/head/style", "/html/body/("])
def test_what_cannot_be_outlined_is_shown_as_it_is(mark: str) -> None:
    assert "otd-mark" not in framed(MAIL, replace(DEFAULT, mark=mark))


def test_a_host_that_is_none_never_reaches_the_policy() -> None:
    policy = Policy(picture_hosts=("blog.example", "x; script-src *", "*"))

    assert "img-src https://blog.example;" in policy.header(DEFAULT)
    assert "script-src" not in policy.header(DEFAULT)
