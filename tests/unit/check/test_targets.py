import pytest
from tests.seeds import found, names, with_css, with_html

HREF = 'href="https://blog.example.org/x/"'
BOX = "display:block;text-decoration:underline"


@pytest.mark.parametrize(
    ("rule", "snippet", "tag"),
    [
        ("links-underlined", f'<a {HREF} style="text-decoration:none">x</a>', "a"),
        ("links-underlined", f'<A {HREF} STYLE="Text-Decoration : NONE !important">x</A>', "a"),
        ("links-underlined", f'<a {HREF} style="text-decoration:overline">x</a>', "a"),
        (
            "links-underlined",
            f'<a {HREF} style="text-decoration:underline;text-decoration:none">x</a>',
            "a",
        ),
        ("button-height", f'<a {HREF} style="{BOX};padding:8px 20px">x</a>', "a"),
        ("button-height", f'<a {HREF} style="{BOX};padding:8px 20px 9px 20px">x</a>', "a"),
        ("button-height", f'<a {HREF} style="{BOX};border:2px solid #000">x</a>', "a"),
        ("button-height", f'<a {HREF} style="{BOX};padding-top:4px"><b>x</b></a>', "a"),
        ("link-height", f'<p style="font:14px/22px serif"><a {HREF}>x</a></p>', "a"),
        ("link-height", f'<p style="font:14px/22px serif"><a {HREF}><b>x</b></a>&#160;</p>', "a"),
    ],
)
def test_one_fault_of_a_link_is_found_where_it_stands(rule: str, snippet: str, tag: str) -> None:
    (only,) = found(with_html(snippet))

    assert (only.rule, only.tag) == (rule, tag)
    assert only.line == snippet


def test_a_style_block_takes_no_line_away() -> None:
    (only,) = found(with_css("a:hover { text-decoration: none }"))

    assert (only.rule, only.tag) == ("links-underlined", "style")


@pytest.mark.parametrize(
    "snippet",
    [
        f"<a {HREF}>x</a>",
        '<a name="x" style="text-decoration:none">x</a>',
        f'<a {HREF} style="text-decoration:none"><img src="https://a.example/b.png" alt="x"></a>',
        f'<a {HREF} style="{BOX};padding:9px 20px">x</a>',
        f'<a {HREF} style="{BOX};padding:0;border-top:10px solid;border-bottom:8px solid">x</a>',
        f'<p style="font:14px/22px serif">words and <a {HREF}>x</a></p>',
        f'<p style="font:16px/24px serif"><a {HREF}>x</a></p>',
    ],
)
def test_a_link_that_can_be_seen_and_hit_is_no_fault(snippet: str) -> None:
    assert names(with_html(snippet)) == set()
