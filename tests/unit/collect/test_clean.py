"""Cleaning: what is safe and meant for readers stays, everything else goes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fragment_fromstring
from tests.feeds import SourcePost, atom, furniture, rss2, smiley

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.parse import parse_feed
from otalk_digest.model.feed import Entry, Post

LINK = "https://blog.otalk.example/2024/03/07/kites/"


def clean(html: str, title: str = "Kites", link: str | None = LINK) -> Post:
    return clean_entry(Entry(guid="g", link=link, title=title, html=html))


def test_what_an_entry_says_about_itself_is_carried_over() -> None:
    moment = datetime(2024, 3, 7, 9, tzinfo=UTC)
    entry = Entry(
        guid="g", link=LINK, title="Kites", author="Wren", published_at=moment, html="<p>Up</p>",
        is_summary=True, is_protected=True,
    )  # fmt: skip

    post = clean_entry(entry)

    assert (post.guid, post.link, post.title, post.author) == ("g", LINK, "Kites", "Wren")
    assert post.published_at == moment
    assert (post.html, post.text) == ("<p>Up</p>", "Up")
    assert post.is_summary
    assert post.is_protected


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("One<br>Two<br/><br/>Three", ["One", "Two", "Three"]),
        ("<ol><li>One</li><li>Two</li></ol>", ["1. One", "2. Two"]),
        ("<ol start='4'><li>A</li><li value='9'>B</li><li>C</li></ol>", ["4. A", "9. B", "10. C"]),
        ("<ol><li>A</li></ol><ol><li>B</li></ol>", ["1. A", "1. B"]),
        ("<ul><li>One<ul><li>In</li></ul></li><li>Two</li></ul>", ["• One", "• In", "• Two"]),
        ("<ol><li><p>A</p><p>more</p></li><li></li><li>C</li></ol>", ["1. A", "more", "3. C"]),
        ("<li>Stray</li>", ["• Stray"]),
        ("<ol start='x'><li value='99999999999'>A</li></ol>", ["1. A"]),
        (
            "<table><tr><td>612.050K</td><td>Impressions</td></tr><tr><td>88</td><td>Tweets</td>",
            ["612.050K Impressions", "88 Tweets"],
        ),
        ("<h2>Post chat</h2>Text<blockquote>Said</blockquote>", ["Post chat", "Text", "Said"]),
        ("612.050K&nbsp;Impre\u200bssions\u00a0 now", ["612.050K Impressions now"]),
        ("<pre>one\n  two</pre>", ["one", "two"]),
        ("wra\npped\n<b>bo</b>ld", ["wra pped bold"]),
        ("<p> </p><div></div><p>&nbsp;</p>", []),
        ("I <3 kites & <Topic> play", ["I <3 kites & play"]),
        ("<!--[if mso]><table><tr><td>MSO<![endif]-->After", ["After"]),
        ("<!-- unclosed <p>gone</p>", []),
        ("<div><p>unclosed <b>bold", ["unclosed bold"]),
        ("{{7*7}} <%x%> -name-", ["{{7*7}} <%x%> -name-"]),
        ("before<![>after", ["beforeafter"]),
    ],
)
def test_each_block_is_a_line(html: str, lines: list[str]) -> None:
    assert clean(html).text.split("\n") == (lines or [""])


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{color:red}</style>",
        "<svg/onload=alert(1)><text>x</text></svg>",
        "<math><mtext>x</mtext></math>",
        "<form class='post-password-form'><p>This is protected</p><input></form>",
        "<form><table><tr><td>Password</td></tr></table></form>",
        "<button>Send</button><select><option>a</option></select><textarea>b</textarea>",
        "<meta http-equiv=refresh content='0;url=https://x.example'>",
        "<base href='https://x.example/'><link rel=stylesheet href='https://x.example/s.css'>",
        "<object data='data:text/html,x'><p>old browser</p></object>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe src='https://count.example/' width=1 height=1></iframe>",
        "<iframe srcdoc='<p>x</p>'></iframe>",
        "<noscript><img src='https://x.example/p.gif'></noscript>",
        "<img src='https://x.example/p.gif' width=1 height=1 alt=x>",
        "<img src='https://x.example/p.gif' style='display: none' alt=x>",
        "<img src='https://x.example/p.gif' style='width:0;border:0' alt=x>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<img src='https://pixel.wp.com/g.gif?v=1'>",
        "<img src='http://stats.wordpress.com/b.gif?host=x'>",
        "<img src='https://kites.files.wordpress.com/b.gif'>",
        "<img src='https://pixel.w&#x200b;p.com/g.gif?v=1'>",
        "<a href='https://feeds.word&#9;press.com/1.0/goshare/'>Share</a>",
        "<iframe src='https://widgets.w&#xad;p.com/likes/'></iframe>",
        "<div class='wpcnt'><div class='wpa'><p class='wpa-about'>Advertisements</p></div></div>",
        "<div id='atatags-1-2'>x</div><div id='crt-9'>x</div>",
        "<div id='wordads-preview-parent'>x</div>",
        "<div id='jp-post-flair' class='sharedaddy'><h3 class='sd-title'>Share</h3>x</div>",
        "<div class='sd-like-enabled'>Like</div><div id='jp-relatedposts'>Related</div>",
        "<p hidden>x</p><p style='DISPLAY:none'>x</p>",
        furniture(SourcePost(id=1, title="T", html="")),
    ],
)
def test_what_runs_counts_or_decorates_is_gone_with_its_text(html: str) -> None:
    post = clean(f"<p>Before</p>{html}<p>After</p>")

    assert post.text == "Before\nAfter"
    assert "src" not in post.html
    assert "href" not in post.html


def test_the_word_advertisements_may_be_said() -> None:
    assert clean("<p>Advertisements and Share this: our topic</p>").text.startswith("Advertis")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#9;script:alert(1)",
        "java\u200bscript:alert(1)", "&#106;&#97;vascript&#58;alert(1)", " \x01javascript:alert(1)",
        "vbscript:x", "data:text/html,x", "file:///x", "ftp://x.example/", "feed:https://x.example/",
        "http://", "http://[::1", "",
    ],
)  # fmt: skip
def test_a_link_that_is_not_for_the_web_keeps_only_its_text(address: str) -> None:
    post = clean(f'<a href="{address}">text</a>', link=None)

    assert post.html == "text"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://x.example/a?b=1&amp;c=2#d", "https://x.example/a?b=1&amp;c=2#d"),
        ("/about/", "https://blog.otalk.example/about/"),
        ("//x.example/", "https://x.example/"),
        ("#questions", f"{LINK}#questions"),
        ("mailto:team@otalk.example", "mailto:team@otalk.example"),
        ("tel:+441632960000", "tel:+441632960000"),
        (" https://x.example/a b ", "https://x.example/a%20b"),
    ],
)
def test_a_link_is_made_absolute(written: str, kept: str) -> None:
    assert clean(f'<a href="{written}" target="_blank">x</a>').html == f'<a href="{kept}">x</a>'


def test_a_relative_link_without_a_base_is_dropped() -> None:
    assert clean('<a href="/about/">x</a>', link=None).html == "x"


def test_an_embed_becomes_a_link_to_what_it_shows() -> None:
    post = clean('<figure><iframe src="//video.example/9?a=1"></iframe></figure>')

    assert post.html == (
        '<figure><a href="https://video.example/9?a=1">https://video.example/9?a=1</a></figure>'
    )
    sources = "<source src='https://v.example/a.mp4'><source src='https://v.example/b.webm'>"
    assert clean(f"<video controls>{sources}Old</video>").text == "https://v.example/a.mp4"


def test_a_picture_keeps_what_shows_it_and_nothing_else() -> None:
    post = clean(
        '<img src="/k.png" alt="Kite" width="300" height="200" srcset="/k2.png 2x" '
        'class="c" id="i" style="position:fixed" loading="lazy" data-x="y" onerror="alert(1)">'
    )

    expected = {
        'src="https://blog.otalk.example/k.png"', 'alt="Kite"', 'width="300"', 'height="200"',
    }  # fmt: skip
    assert set(post.html.removeprefix("<img ").removesuffix(">").split(" ")) == expected


def test_a_picture_wider_than_a_mail_is_narrowed() -> None:
    post = clean('<img src="https://x.example/k.png" width="4000" height="90%">')

    assert 'width="600"' in post.html
    assert "height" not in post.html


@pytest.mark.parametrize("source", ["http://x.example/k.png", "data:image/png;base64,AAAA", ""])
def test_a_picture_that_cannot_be_shown_safely_leaves_its_words(source: str) -> None:
    assert clean(f'<p>A <img src="{source}" alt="kite"> flies</p>').html == "<p>A kite flies</p>"


def test_an_emoji_picture_becomes_the_emoji() -> None:
    assert clean(f"<p>Fly {smiley('🪁')} high</p>").html == "<p>Fly 🪁 high</p>"


def test_classes_ids_and_styles_do_not_survive() -> None:
    html = '<p class="a" id="b" style="position:fixed" data-x="1" onclick="x()" lang="en">x</p>'

    assert clean(html).html == "<p>x</p>"


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("It\u0e42\u20ac\u2122s", "It’s"),
        ("It\u00e2\u20ac\u2122s and it’s", "It’s and it’s"),
        ("\u0e22\u00a0x", "x"),
        ("caf\u00c3\u00a9 \u00c2\u00a35", "café £5"),
        ("ยินดีต้อนรับ", "ยินดีต้อนรับ"),
        ("สวัสดี เกง ยก", "สวัสดี เกง ยก"),
        ("Château, Ärzte, naïve — “ok”", "Château, Ärzte, naïve — “ok”"),
        ("half \u00e2\u20ac", "half \u00e2\u20ac"),
        ("\u0e42\u0e42\u20ac\u2122", "\u0e42’"),
    ],
)
def test_broken_characters_are_repaired_where_that_round_trips(broken: str, whole: str) -> None:
    post = clean(f"<p>{broken}</p>", title=broken)

    assert (post.title, post.text) == (whole, whole)


BASE = '<p>Bring <a href="https://x.example/">string</a>.</p><ul><li>One</li></ul>'


@pytest.mark.parametrize(
    "same",
    [
        BASE.replace("<p>", '<p class="wp-container-7" id="x">'),
        BASE.replace("<p>", "<div>").replace("</p>", "</div>"),
        BASE.replace("ul>", "ol>"),
        BASE.replace("Bring ", "Bring&nbsp;"),
        BASE.replace("Bring", "<strong>Bring</strong>"),
        BASE + '<img src="https://x.example/new.png" alt="new">',
        BASE + furniture(SourcePost(id=4, title="T", html="")),
        "<!-- edited -->" + BASE,
    ],
)
def test_new_markup_is_not_news(same: str) -> None:
    assert clean(same).fingerprint == clean(BASE).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("string", "strings"),
        BASE.replace("x.example", "y.example"),
        BASE + "<p>93 Tweets</p>",
        BASE.replace("<p>", '<p><a href="https://z.example/"></a>'),
    ],
)
def test_new_words_and_new_targets_are_news(other: str) -> None:
    assert clean(other).fingerprint != clean(BASE).fingerprint


def test_a_new_title_is_news_and_a_repaired_one_is_not() -> None:
    assert clean(BASE, "Kites").fingerprint != clean(BASE, "Boats").fingerprint
    assert clean(BASE, "It\u00e2\u20ac\u2122s").fingerprint == clean(BASE, "It’s").fingerprint


def test_both_formats_and_an_emoji_either_way_have_one_fingerprint() -> None:
    raw = SourcePost(id=1, title="Kites", html="<p>Fly 🪁</p>")
    drawn = SourcePost(id=1, title="Kites", html=f"<p>Fly {smiley('🪁')}</p>")
    bodies = [rss2([raw]), rss2([drawn]), atom([raw]), atom([drawn])]
    feeds = [parse_feed(body, content_type=None, url=LINK) for body in bodies]

    assert len({clean_entry(feed.entries[0]).fingerprint for feed in feeds}) == 1


@pytest.mark.parametrize(
    "html",
    ["<div>" * 10_000 + "kite", "<b>" * 10_000 + "kite", "<ul><li>" * 10_000 + "kite",
     "<TABLE><tr><td>" * 10_000 + "kite", "<blockquote><p>" * 10_000 + "kite"],
    ids=["div", "b", "lists", "tables", "quotes"],
)  # fmt: skip
def test_nesting_without_end_costs_the_nesting_not_the_text(html: str) -> None:
    assert clean(html).text.removeprefix("• ") == "kite"


def test_a_very_long_post_and_a_very_long_word_come_through_whole() -> None:
    assert clean("<p>" + "x" * 1_000_000 + "</p>").text == "x" * 1_000_000


HARMLESS_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
HARMLESS_ATTRIBUTES = {
    *("href", "src", "alt", "title", "width", "height"),
    *("start", "reversed", "value", "colspan", "rowspan"),
}
HTML = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(
            [
                *(
                    "<p",
                    "<div ",
                    "<a href=",
                    "<img src=",
                    "<!--",
                    "-->",
                    "<![CDATA[",
                    "]]>",
                    "<![>",
                    ">",
                ),
                *(
                    "<script>",
                    "</script>",
                    "<style>",
                    "<svg>",
                    "<math>",
                    "<table>",
                    "<td>",
                    "<form>",
                ),
                *("<iframe src=//x.example>", "</iframe>", "<object>", "<select>", "<template>"),
                *(
                    "<noscript>",
                    "<title>",
                    "<plaintext>",
                    "<xmp>",
                    "<ol><li value=",
                    "</ol>",
                    "</div>",
                ),
                *(
                    "onerror=alert(1)",
                    "javascript:alert(1)",
                    "style=",
                    "'",
                    '"',
                    "&#xD800;",
                    "&#0;",
                ),
                *(
                    "\x00",
                    "\ud800",
                    "\ufffe",
                    "&lt;script&gt;",
                    "<video><source src=//x.example/a>",
                ),
                *(
                    "<img class=wp-smiley alt='<b>'>",
                    "<html>",
                    "<body>",
                    "<frameset>",
                    "</p>",
                    "<br>",
                ),
            ]
        ),
    ),
    max_size=25,
).map("".join)


@given(HTML)
@settings(max_examples=300, deadline=None)
def test_no_html_raises_or_leaves_anything_that_runs(html: str) -> None:
    post = clean(html)

    again = clean(post.html)
    assert again.html == post.html
    assert again.text == post.text
    elements = list(fragment_fromstring(post.html, create_parent="div").iter())
    assert {element.tag for element in elements} <= HARMLESS_TAGS
    assert {name for element in elements for name in element.keys()} <= HARMLESS_ATTRIBUTES  # noqa: SIM118 lxml elements iterate over children
    assert not any("\ud800" <= each <= "\udfff" for each in post.text)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_title_is_always_one_clean_line(title: str) -> None:
    cleaned = clean("", title=title).title

    assert cleaned == cleaned.strip()
    assert len(cleaned.splitlines()) <= 1
    assert "  " not in cleaned
