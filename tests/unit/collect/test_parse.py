"""Parsing: feeds that are fine, feeds that are not, and what is no feed at all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.feeds import BLOG, SourcePost, atom, rss2

from otalk_digest.collect.parse import parse_feed
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Entry, Feed, FeedKind

DATA = Path(__file__).parents[2] / "data" / "feeds"
KITES = SourcePost(id=7, title="#OTalk 12th March – “Kites & play”", html="<p>Bring string.</p>")
BOATS = SourcePost(id=8, title="#OTalk 19th March – Boats", html="<p>Bring oars.</p>", slug="b")
LONG = SourcePost(id=9, title="Long", html="<p>" + "word " * 60 + "</p>", slug="long")


def parse(body: bytes, url: str = f"{BLOG}/feed/") -> Feed:
    return parse_feed(body, content_type="application/rss+xml; charset=UTF-8", url=url)


def rss(items: str, head: str = "<title>Kites</title>") -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
    )


def item(guid: str = "g1", title: str = "One", more: str = "") -> str:
    return f"<item><title>{title}</title><guid>{guid}</guid>{more}</item>"


def refusal(body: bytes, url: str = f"{BLOG}/feed/") -> str:
    with pytest.raises(FeedError) as caught:
        parse(body, url)
    return str(caught.value)


def only(feed: Feed) -> Entry:
    assert len(feed.entries) == 1
    return feed.entries[0]


@pytest.mark.parametrize("write", [rss2, atom])
def test_both_formats_of_a_blog_give_the_same_entry(write: type) -> None:
    entry = only(parse(write([KITES])))

    assert entry.guid == "http://blog.otalk.example/?p=7"
    assert entry.link == f"{BLOG}/2024/03/07/chat/"
    assert entry.title == "#OTalk 12th March – “Kites & play”"
    assert entry.author == "Wren & Pip"
    assert entry.published_at == datetime(2024, 3, 7, 9, 0, tzinfo=UTC)
    assert entry.html.startswith("<p>Bring string.</p>")
    assert not entry.is_summary
    assert not entry.is_protected


def test_only_atom_says_when_a_post_changed() -> None:
    edited = datetime(2024, 3, 14, 10, 0, tzinfo=UTC)
    post = SourcePost(id=1, title="T", html="<p>x</p>", updated_at=edited)

    assert only(parse(atom([post]))).updated_at == edited
    assert only(parse(rss2([post]))).updated_at is None


def test_kind_title_and_order_are_the_feeds_own() -> None:
    feed = parse(rss2([BOATS, KITES], title="Talk & play"))

    assert (feed.kind, feed.title) == (FeedKind.RSS2, "Talk & play")
    assert [entry.guid[-1] for entry in feed.entries] == ["8", "7"]
    assert parse(atom([KITES])).kind is FeedKind.ATOM
    assert feed.faults == ()
    assert not feed.is_partial


def test_a_permalink_guid_is_kept_as_it_is() -> None:
    post = SourcePost(id=1, title="T", html="x", has_permalink_guid=True)

    assert only(parse(rss2([post]))).guid == post.link


@pytest.mark.parametrize("write", [rss2, atom])
def test_an_excerpt_is_told_from_a_whole_post(write: type) -> None:
    assert only(parse(write([LONG], is_summary_only=True))).is_summary
    assert not only(parse(write([LONG]))).is_summary


def test_a_description_with_markup_is_a_whole_post() -> None:
    whole = "<description>&lt;p&gt;All of it.&lt;/p&gt;</description>"

    assert not only(parse(rss(item(more=whole)))).is_summary


def test_a_protected_post_is_recognised_by_its_form() -> None:
    post = SourcePost(id=1, title="Protected: Kites", html='<form class="post-password-form">')

    assert only(parse(rss2([post]))).is_protected
    assert not only(parse(rss2([SourcePost(id=1, title="Protected: time", html="x")]))).is_protected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A &amp; B", "A & B"),
        ("A &amp;amp; B", "A & B"),
        ("<![CDATA[A &#038; B]]>", "A & B"),
        ("one\r\n two", "one two"),
        ("one&#13;&#10;Bcc: two", "one Bcc: two"),
        ("a&#160;b\u202fc\u200bd\ufeff", "a b cd"),
        ("self\u2011care", "self-care"),
        ("&lt;em&gt;Kites&lt;/em&gt;", "Kites"),
        ("1 &lt; 2", "1 < 2"),
        ("R&amp;D; and Q&amp;A", "R&D; and Q&A"),
        ("a\x00b&#0;c&#x1F;", "ab\ufffdc\ufffd"),
        ("", ""),
        ("👩\u200d⚕️ chat", "👩\u200d⚕️ chat"),
        ("\u202eevil", "evil"),
    ],
)
def test_a_title_is_one_line_of_text(written: str, read: str) -> None:
    assert only(parse(rss(item(title=written)))).title == read


def test_a_surrogate_in_one_post_leaves_the_others() -> None:
    feed = parse(rss(item("g1", "a&#xD800;b &") + item("g2", "Two")))

    assert [entry.guid for entry in feed.entries] == ["g1", "g2"]
    assert feed.entries[0].title.startswith("a\ufffdb")


def test_a_feed_that_breaks_off_gives_its_complete_posts_only() -> None:
    body = rss2([KITES, BOATS])

    feed = parse(body[: body.index(b"Bring oars")])

    assert [entry.guid[-1] for entry in feed.entries] == ["7"]
    assert feed.is_partial
    assert any("breaks off" in fault.reason for fault in feed.faults)


@given(st.integers(min_value=0, max_value=len(rss2([KITES, BOATS]))))
@settings(max_examples=60, deadline=None)
def test_wherever_a_feed_breaks_off_no_half_post_is_read(length: int) -> None:
    whole = parse(rss2([KITES, BOATS])).entries
    try:
        feed = parse(rss2([KITES, BOATS])[:length])
    except FeedError:
        return

    assert feed.entries == whole[: len(feed.entries)]
    assert feed.is_partial or len(feed.entries) == len(whole)


def test_an_ill_formed_post_is_read_and_named() -> None:
    feed = parse(rss(item("g1", "Salt & <b>pepper") + item("g2", "Two")))

    assert [entry.guid for entry in feed.entries] == ["g1", "g2"]
    assert feed.is_partial
    assert any("not well-formed" in fault.reason for fault in feed.faults)


def test_a_post_without_an_end_does_not_swallow_the_next() -> None:
    feed = parse(rss("<item><title>Lost</title>" + item("g2", "Two")))

    assert only(feed).guid == "g2"
    assert feed.is_partial
    assert [fault.reason for fault in feed.faults] == [
        "1 of its items have no end and were left out"
    ]


def test_a_document_of_endless_items_is_cut() -> None:
    feed = parse(rss("".join(item(f"g{number}") for number in range(5_001))))

    assert len(feed.entries) == 5_000
    assert feed.is_partial


def test_the_word_item_inside_a_post_ends_nothing() -> None:
    post = SourcePost(id=1, title="T", html="<pre></item></pre><p>after</p>")

    assert "after" in only(parse(rss2([post, BOATS][:1]))).html


def test_a_repeated_guid_keeps_the_first() -> None:
    feed = parse(rss(item("g", "One") + item("g", "Two")))

    assert only(feed).title == "One"
    assert [fault.place for fault in feed.faults] == ["Two"]


def test_without_a_guid_the_link_identifies_a_post_in_any_spelling() -> None:
    links = ("http://Blog.example/x/?utm_source=a", "https://blog.example/x")
    items = "".join(f"<item><title>T</title><link>{link}</link></item>" for link in links)

    assert only(parse(rss(items))).guid == "https://blog.example/x"


def test_a_post_that_nothing_identifies_is_left_out_with_a_fault() -> None:
    feed = parse(rss("<item><title>Ghost</title></item>"))

    assert feed.entries == ()
    assert [fault.place for fault in feed.faults] == ["Ghost"]


def test_a_huge_guid_is_kept_short_and_stays_the_same() -> None:
    body = rss(item("g" * 100_000))

    assert len(only(parse(body)).guid) < 100
    assert only(parse(body)) == only(parse(body))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///x", "http://[::1"])
def test_a_link_that_leads_nowhere_is_none(link: str) -> None:
    assert only(parse(rss(item(more=f"<link>{link}</link>")))).link is None


@pytest.mark.parametrize(
    "date",
    ["next Tuesday", "Mon, 01 Jan 0001 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 +0000", "🪁"],
)
def test_a_senseless_date_costs_the_date_not_the_post(date: str) -> None:
    feed = parse(rss(item(more=f"<pubDate>{date}</pubDate>")))

    assert only(feed).published_at is None
    assert "date" in feed.faults[0].reason


def test_a_missing_date_is_no_fault() -> None:
    feed = parse(rss(item()))

    assert only(feed).published_at is None
    assert feed.faults == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_gives_the_same_text(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><rss><channel>'
    body = f"{xml}{item(title='Café – “x”')}</channel></rss>".encode(encoding)

    feed = parse_feed(body, content_type="application/xml", url="feed.xml")

    assert only(feed).title == "Café – “x”"
    assert feed.faults == ()


def test_a_wrong_encoding_is_read_with_a_fault() -> None:
    body = rss(item(title="Café")).decode().encode("cp1252")

    feed = parse_feed(body, content_type="text/xml; charset=utf-8", url="feed.xml")

    assert only(feed).title == "Café"
    assert "encoding utf-8" in feed.faults[0].reason


@pytest.mark.parametrize("before", [b"\n\n  ", b"\xef\xbb\xbf", b"<br /><b>Notice</b>: kite.php\n"])
def test_what_stands_before_a_feed_does_not_hide_it(before: bytes) -> None:
    assert only(parse(before + rss2([KITES]))).guid.endswith("p=7")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty answer"),
        (b" \n\t ", "empty answer"),
        (b'{"posts": []}', "is JSON"),
        (b"<!DOCTYPE html><html><body>Hi</body></html>", "is a web page"),
        (b"<html><title>Just a moment...</title></html>", "checks for robots"),
        (b"<html><h1>Briefly unavailable for scheduled maintenance.</h1>", "maintenance page"),
        (b"<html><pre><rss version='2.0'><channel/></rss></pre></html>", "is a web page"),
        (b"Once upon a time", "neither RSS 2.0 nor Atom"),
        (b"<opml></opml>", "neither RSS 2.0 nor Atom"),
        (b'<rdf:RDF xmlns:rdf="x"><item/></rdf:RDF>', "RSS 1.0"),
        (b"\x1f\x8b\x08\x00\x00", "neither RSS 2.0 nor Atom"),
    ],
)
def test_what_is_no_feed_is_refused_with_its_own_sentence(body: bytes, words: str) -> None:
    assert words in refusal(body)


def test_the_comments_feed_is_refused_with_the_right_address() -> None:
    comment = item(f"{BLOG}/2024/03/07/chat/#comment-5", "Comment on Kites by Pip")

    message = refusal(rss(comment), f"{BLOG}/comments/feed/")

    assert "comments" in message
    assert f"{BLOG}/feed/" in message


def test_one_post_about_comments_is_not_a_comments_feed() -> None:
    assert len(parse(rss(item("g1", "Comment on kites by us") + item("g2"))).entries) == 2


def test_a_mistyped_address_is_not_a_blog_without_news() -> None:
    assert "mistyped" in refusal(rss("", "<title>Page not found &#8211; Kites</title>"))


@pytest.mark.parametrize("title", ["Comments on: ", "Comments on:", "Comments for Kites"])
def test_the_empty_feed_of_a_mistyped_address_is_refused_whatever_its_title(title: str) -> None:
    """T32, F29: the blank behind "Comments on: " is folded away with all others."""
    assert "mistyped" in refusal(rss("", f"<title>{title}</title>"), f"{BLOG}/nowhere/feed/")


@pytest.mark.parametrize(
    ("url", "better"),
    [
        (f"{BLOG}/?feed=rss", f"{BLOG}/?feed=rss2 instead"),
        (f"{BLOG}/feed/rss/", "the blog's /feed/ instead"),
    ],
)
@pytest.mark.parametrize("version", ["0.92", "0.91"])
def test_rss_without_guids_and_dates_is_refused_with_the_right_address(
    url: str, better: str, version: str
) -> None:
    """T33: none of its posts could be known again."""
    body = f"<?xml version='1.0'?><rss version=\"{version}\"><channel><title>K</title>"
    message = refusal(f"{body}<item><title>A</title></item></channel></rss>".encode(), url)

    assert f"RSS {version}" in message
    assert better in message


def test_a_blog_without_posts_is_a_feed_without_entries() -> None:
    assert parse(rss2([])).entries == ()
    assert parse(atom([])).title == "Invented chats"


def test_a_refusal_shows_no_password() -> None:
    assert "secret" not in refusal(b"", "https://wren:secret@blog.example/feed/")


@pytest.mark.parametrize("name", ["billion-laughs.xml", "external-entity.xml"])
def test_a_feed_that_declares_entities_is_refused(name: str) -> None:
    assert "declares entities" in refusal((DATA / name).read_bytes())


def test_an_external_dtd_is_not_read() -> None:
    dtd = b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/rss.dtd">'

    assert only(parse(dtd + rss(item()))).title == "One"


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_feed_error(body: bytes) -> None:
    for start in (b"", b"<rss><channel><item>", b"<feed><entry>"):
        try:
            parse(start + body + b"</item></entry>")
        except FeedError:
            continue


PIECES = [
    *("<title>", "</title>", "<guid>", "</guid>", "]]>", "-->", "&", "&#xD800;", "<![>", "<", ">"),
    *("<pubDate>", "</pubDate>", "<link>", "</link>", "<?", "?>", "x", "<a:b>", "<description>"),
    *("&lt;", "9999", "'", '"', "&#99999999;", "\x00", "</rss>", "<content:encoded>"),
]
OPENERS = ["<item>", "</item>", "<![CDATA[", "<!--", "</channel>", "<entry>"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_a_good_post_survives_whatever_stands_in_another(broken: str) -> None:
    feed = parse(rss(f"<item>{broken}</item>" + item("good", "Good")))

    assert feed.entries[-1].guid == "good"


@given(st.lists(st.sampled_from(PIECES + OPENERS), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_markup_raises_anything_but_feed_error(broken: str) -> None:
    try:
        feed = parse(rss(broken))
    except FeedError:
        return

    assert all(entry.guid for entry in feed.entries)


def test_a_broken_blank_at_the_end_of_a_title_is_repaired_before_blanks_are_folded() -> None:
    # T23: a no-break space in UTF-8, read as Windows-874, is two characters, one of them a blank.
    broken = "#OTalk – 7th Dec 2021 – The shed everyoneโ€™s looking forย\u00a0"

    feed = parse_feed(
        rss2([SourcePost(id=1, title=broken, html="<p>x</p>")]), content_type=None, url=BLOG
    )

    assert feed.entries[0].title == "#OTalk – 7th Dec 2021 – The shed everyone’s looking for"
