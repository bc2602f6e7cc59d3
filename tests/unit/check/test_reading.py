import pytest
from tests.seeds import found, names, with_css, with_html

LONG = "Each line of a text like this one begins somewhere else when it stands in the middle, " * 2


@pytest.mark.parametrize(
    ("rule", "snippet", "tag"),
    [
        ("font-stack", '<p style="font-family:Arial">x</p>', "p"),
        ("font-stack", '<p style="FONT-FAMILY:sans-serif, Arial ! important">x</p>', "p"),
        ("font-stack", "<p style=\"font-family:'serif'\">x</p>", "p"),
        ("font-stack", "<p style='font:bold 16px/26px Georgia'>x</p>", "p"),
        ("font-stack", '<p style="line-height:26px;font:menu;line-height:26px">x</p>', "p"),
        ("font-size", '<p style="font-size:13.9px">x</p>', "p"),
        ("font-size", '<p style="FONT:italic 13PX / 2 Arial, serif">x</p>', "p"),
        ("font-size", '<p style="font-size:10pt">x</p>', "p"),
        ("font-size", '<p style="font-size:85%">x</p>', "p"),
        ("font-size", '<p style="font-size:.8em">x</p>', "p"),
        ("font-size", '<p style="font-size:small">x</p>', "p"),
        ("font-size", '<p style="font-size:20px;font-size:12px">x</p>', "p"),
        ("font-size", '<p style="font-size:12px!important;font-size:20px">x</p>', "p"),
        ("font-size", '<div style="font-size:12px"><p style="margin:0">x</p></div>', "p"),
        ("font-size", "<p style='margin:0'>words <small>x</small></p>", "small"),
        ("font-size", '<p style="margin:0"><font size="1">x</font></p>', "font"),
        ("line-height", '<p style="line-height:22px">x</p>', "p"),
        ("line-height", '<p style="line-height:1.39">x</p>', "p"),
        ("line-height", '<p style="line-height:130%">x</p>', "p"),
        ("line-height", '<p style="line-height:normal">x</p>', "p"),
        ("line-height", '<p style="font:16px serif">x</p>', "p"),
        ("line-height", '<p style="font-size:40px">x</p>', "p"),
        ("line-height", '<p style="font-size:30px;line-height:35px">x</p>', "p"),
        ("not-justified", '<p style="text-align: Justify">x</p>', "p"),
        ("not-justified", '<p style="margin:0" ALIGN="justify">x</p>', "p"),
        ("not-centred", f'<p style="text-align:center">{LONG}</p>', "p"),
        ("not-centred", f'<p style="margin:0" align="center">{LONG}</p>', "p"),
        ("not-centred", f'<center><p style="margin:0">{LONG}</p></center>', "p"),
        ("no-capitals", '<p style="text-transform:UPPERCASE">x</p>', "p"),
        ("no-capitals", '<p style="font-variant:small-caps">x</p>', "p"),
    ],
)
def test_one_fault_of_the_type_is_found_where_it_stands(rule: str, snippet: str, tag: str) -> None:
    (only,) = found(with_html(snippet))

    assert (only.rule, only.tag) == (rule, tag)
    assert only.line == snippet


@pytest.mark.parametrize(
    ("rule", "css"),
    [
        ("font-stack", ".x { font-family: Georgia, Times }"),
        ("font-size", ".x { font-size: 12px }"),
        ("font-size", ".x { font: 12px/20px serif }"),
        ("line-height", ".x { font-size: 26px; line-height: 30px }"),
        ("not-justified", ".x { text-align: justify }"),
        ("no-capitals", ".x { Text-Transform: uppercase }"),
    ],
)
def test_a_fault_in_the_style_block_is_found(rule: str, css: str) -> None:
    (only,) = found(with_css(css))

    assert (only.rule, only.tag, only.line) == (rule, "style", css)


@pytest.mark.parametrize(
    "snippet",
    [
        '<p style="font-size:1px;line-height:1px">&#160;\u200b</p>',
        '<p style="display:none;font-size:1px">hidden</p>',
        '<p style="font-size:14px">x</p>',
        '<p style="font-size:10.5pt">x</p>',
        '<p style="font:inherit">x</p>',
        '<p style="font-size:max(12px, 1rem)" hidden>x</p>',
        '<p style="text-align:center">Short</p>',
        f'<div align="center"><p style="text-align:left">{LONG}</p></div>',
        '<div style="font-size:0"><p style="font-size:16px">x</p></div>',
        "<p style='font-family:Georgia, \"Times New Roman\", SERIF !important'>x</p>",
    ],
)
def test_what_is_no_fault_of_the_type_is_not_found(snippet: str) -> None:
    assert names(with_html(snippet)) <= {"client-support"}


def paragraphs(*lines: str, extra: str = "") -> str:
    return "".join(f'<p style="margin:0"{extra}>{line}</p>' for line in lines)


@pytest.mark.parametrize(
    "snippet",
    [
        paragraphs("• One thing"),
        paragraphs("&bull; One thing", "other words"),
        paragraphs("1. One", "2. Two"),
        paragraphs("(3) One", "(4) Two", "(5) Three"),
        paragraphs("<b>1)</b> One<br>2) Two"),
        paragraphs("- One", "- Two"),
        paragraphs("1. <span dir='auto'>A post's question?</span>", "2. <i dir='auto'>Other</i>"),
        '<ol style="margin:0"><li style="margin:0">• One</li></ol>',
        paragraphs("1.", "One", "2.", "Two"),
    ],
)
def test_a_list_that_a_template_types_is_found_once(snippet: str) -> None:
    (only,) = found(with_html(snippet))

    assert only.rule == "real-lists"


@pytest.mark.parametrize(
    "snippet",
    [
        paragraphs("1. One", "2. Two", extra=' dir="auto"'),
        paragraphs("• One", extra=' DIR="Auto"'),
        paragraphs("<span dir=auto>• a post's words</span>"),
        paragraphs("25. November 2025", "20 Uhr"),
        paragraphs("412", "67", "3"),
        paragraphs("– as somebody said", "other words"),
        paragraphs("1. One", "words", "3. Two"),
        paragraphs("Unsubscribe · Preferences"),
        '<ol style="margin:0"><li style="margin:0">One</li><li style="margin:0">Two</li></ol>',
    ],
)
def test_words_of_a_post_and_dates_are_no_list(snippet: str) -> None:
    assert names(with_html(snippet)) == set()
