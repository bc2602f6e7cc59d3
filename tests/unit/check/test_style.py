from dataclasses import replace

import pytest
from tests.seeds import a_mail, found, good_variant, names, sown, with_css, with_html

from otalk_digest.check.style import STYLE_MOST, style_bytes

#: Parts of a rule's own domain only, so that nothing else has a say.
INLINE = [
    ("plain-layout", "position:absolute"),
    ("plain-layout", "POSITION : Relative"),
    ("plain-layout", "color:#000;;position/**/:/**/fixed ! important"),
    ("plain-layout", r"p\6fsition:sticky"),
    ("plain-layout", "float:left"),
    ("plain-layout", "Display:FLEX"),
    ("plain-layout", "display:-webkit-inline-flex"),
    ("plain-layout", "display:inline-grid !important"),
    ("plain-layout", "margin:0 0 -1px 0"),
    ("plain-layout", "margin-left:-.5em"),
    ("plain-layout", "margin: 0 -0.1PX"),
    ("background-picture", "background:#fff url(https://a.example/x.png)"),
    ("background-picture", "BACKGROUND-IMAGE:URL('x.png')"),
    ("background-picture", r"background:u\72l(x.png)"),
    ("background-picture", "background:/* url( */ url( x.png )"),
    ("background-picture", "background-image:image-set('x.png' 1x)"),
    ("nothing-fetched", "list-style:square url(https://a.example/dot.gif)"),
    ("nothing-fetched", "content:Url(//a.example/x)"),
    ("css-readable", "color #000"),
    ("css-readable", "color:#000; }"),
    ("css-readable", "@import 'x'"),
    ("css-readable", "a { color: #000 }"),
]


@pytest.mark.parametrize(("rule", "css"), INLINE)
def test_one_fault_in_a_style_attribute_is_found_however_it_is_spelt(rule: str, css: str) -> None:
    (only,) = found(with_html(f'<P STYLE="{css}">Words</P>'))

    assert (only.rule, only.tag) == (rule, "p")
    assert "STYLE=" in only.line


@pytest.mark.parametrize(
    ("rule", "css", "line"),
    [
        ("plain-layout", ".x {\n  color: #000;\n  Position: absolute; }", "Position"),
        ("plain-layout", ".x{display:grid!important}", "display"),
        ("plain-layout", "@media print { .x { margin-top: -2px } }", "margin"),
        ("plain-layout", ".x { float: right } /* never closed", "float"),
        ("background-picture", ".x { background: url(x.png) }", "url"),
        ("background-picture", ".x { background: linear-gradient(#fff, #000) }", "gradient"),
        ("nothing-fetched", '@import "https://a.example/x.css";', "@import"),
        ("nothing-fetched", "@IMPORT url(x.css);", "@IMPORT"),
        ("nothing-fetched", "@font-face { font-family: serif; }", "@font-face"),
        ("css-readable", "p { color }", "color"),
        ("css-readable", "p { color: #000", ""),
        ("css-readable", "p { content: 'x\n }", ""),
        ("css-readable", "} p { color: #000 }", "}"),
        ("style-flat", "@media screen { @media (min-width: 1px) { p { color: #000 } } }", "@media"),
        ("style-flat", "@supports (color: #000) { @media print { p { color: #000 } } }", "@"),
        ("query-important", "@media (max-width: 300px) { .x { color: #000 } }", "color"),
        ("query-important", "@media (width <= 300px) { .x { color: #000 } }", "color"),
        ("query-important", "@media (MAX-WIDTH:300px) { .x { color: #000 !IMPORTANT } }", "!IMP"),
        ("query-important", "[data-ogsc] .x { color: #000 }", "[data-ogsc]"),
    ],
)
def test_one_fault_in_the_style_block_is_found_with_its_line(
    rule: str, css: str, line: str
) -> None:
    said = found(with_css(css))

    assert rule in {each.rule for each in said}
    assert {each.rule for each in said} <= {rule, "css-readable"}
    assert all(each.tag == "style" for each in said)
    assert line in next(each for each in said if each.rule == rule).line


def test_a_background_attribute_is_a_picture() -> None:
    (only,) = found(with_html('<p BACKGROUND="x.png" style="margin:0">x</p>'))

    assert (only.rule, only.tag) == ("background-picture", "p")


@pytest.mark.parametrize(
    "css",
    [
        "position: static; float: none",
        "margin: 0 auto",
        "background: #fff none",
        "background-color: #FFF",
        "font-family: 'url(x.png)', serif",
        "color: #000; /* position: absolute */",
        "display: block",
    ],
)
def test_what_only_looks_like_a_fault_is_none(css: str) -> None:
    assert names(with_html(f'<p style="{css}">x</p>')) == set()


def test_a_rule_for_the_root_need_not_win() -> None:
    css = "@media (prefers-color-scheme: dark) { :root, HTML { color-scheme: dark } }"

    assert names(with_css(css)) == set()


@pytest.mark.parametrize(("more", "rules"), [(-1, set()), (0, {"style-size"})])
def test_style_blocks_are_weighed_together(more: int, rules: set[str]) -> None:
    now = style_bytes(a_mail(good_variant()))
    filler = ".x { color: #000 }"
    css = filler + " " * (STYLE_MOST - now - len(filler) - 1 + more)
    mail = with_css(css)

    assert style_bytes(mail) == STYLE_MOST + more
    assert names(mail) == rules


@pytest.mark.parametrize(
    "block",
    [
        "<style>p { color: #000 }</style>",
        "<!--[if mso]><STYLE>p { color: #000 }</STYLE><![endif]-->",
    ],
)
def test_a_style_block_in_the_body_is_found(block: str) -> None:
    (only,) = found(with_html(block))

    assert only.rule == "style-in-head"
    assert "tyle>" in only.line.lower()


def test_a_style_block_for_outlook_may_stand_in_the_head() -> None:
    mail = sown("</head>", "<!--[if mso]><style>p { color: #000 }</style><![endif]--></head>")

    assert names(mail) == set()


def test_most_texts_carry_their_style() -> None:
    bare = "".join("<p>words</p>" for _ in range(40))

    (only,) = found(with_html(bare))

    assert only.rule == "text-styled"
    assert only.tag == "p"
    assert "first without: words" in only.said


def test_a_page_without_a_query_for_phones_is_found() -> None:
    html = good_variant().html.replace("max-width: 4", "min-width: 4")

    (only,) = found(a_mail(replace(good_variant(), html=html)))

    assert only.rule == "phone-query"


def test_css_nested_a_thousand_deep_is_said_to_be_unreadable() -> None:
    brackets = "(" * 3000 + ")" * 3000

    assert names(with_html(f'<p style="width:{brackets}">x</p>')) == {"css-readable"}
    assert "css-readable" in names(with_css(f"p {{ width: {brackets} }}"))
