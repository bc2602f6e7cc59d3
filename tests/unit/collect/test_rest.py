"""WordPress's REST: its JSON made entries, and the questions that it is asked."""

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.feeds import SourcePost, rest

from otalk_digest.collect.parse import parse_feed
from otalk_digest.collect.rest import edits_address, page_address, slug_address, window_address
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Entry, Feed, FeedKind

API = "https://blog.otalk.example/wp-json/wp/v2/posts"


def read(body: bytes) -> Feed:
    return parse_feed(body, content_type="application/json", url=API)


def entry_with(**values: object) -> Entry:
    (post,) = json.loads(rest([SourcePost(id=7, title="Kites", html="<p>Up.</p>")]))
    (entry,) = read(json.dumps([{**post, **values}]).encode()).entries
    return entry


def test_a_post_is_what_the_feeds_say_it_is() -> None:
    post = SourcePost(id=7, title="Kites & “string”", html="<p>Up.</p>")

    feed = read(rest([post]))

    assert feed.kind is FeedKind.REST
    assert feed.entries == (
        Entry(
            guid=post.guid,
            link=post.link,
            title="Kites & “string”",
            author="Wren & Pip",
            published_at=post.published_at,
            updated_at=post.published_at,
            html="<p>Up.</p>",
        ),
    )


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        # F34: no zone means UTC; a broken date costs only itself.
        ({"date_gmt": "2024-07-01T08:00:00"}, "published_at", datetime(2024, 7, 1, 8, tzinfo=UTC)),
        ({"date_gmt": "0000-00-00T00:00:00"}, "published_at", None),
        ({"date_gmt": 5}, "published_at", None),
        # F21: tags stay in REST's titles.
        (
            {"title": {"rendered": "A <em>kite</em> &amp; a &lt;Topic&gt;"}},
            "title",
            "A kite & a <Topic>",
        ),
        ({"title": {"rendered": None}}, "title", ""),
        # F13: opaque, and escaped once.
        ({"guid": {"rendered": "http://old/?a=1&#038;p=7"}}, "guid", "http://old/?a=1&p=7"),
        ({"guid": {}}, "guid", "https://blog.otalk.example/2024/03/07/chat"),
        ({"link": "javascript:alert(1)"}, "link", None),
        # F22: escaped twice; an e-mail address is nobody's business.
        ({"_embedded": {"author": [{"name": "Wren &amp;#38; Pip"}]}}, "author", "Wren & Pip"),
        ({"_embedded": {"author": [{"name": "wren@example.org"}]}}, "author", None),
        ({"_embedded": {"author": [{"code": "rest_user_invalid_id"}]}}, "author", None),
        ({"_embedded": []}, "author", None),
        # F17: protected, and empty.
        ({"content": {"rendered": "secret", "protected": True}}, "html", ""),
        ({"content": {"rendered": "", "protected": True}}, "is_protected", True),
        ({"content": {"rendered": None}}, "html", ""),
    ],
)
def test_each_value_is_read_whatever_it_is(
    values: dict[str, object], field: str, expected: object
) -> None:
    assert getattr(entry_with(**values), field) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"routes": {}}', "no list of posts"),
        (b"[", "breaks off or is damaged"),
        (b"[" * 200_000, "breaks off or is damaged"),
        (b"[1, null, {}]", "not of posts"),
        (b'[{"id": ' + b"9" * 5_000 + b"}]", "damaged|not of posts"),
    ],
    ids=["object", "broken off", "deep", "no posts", "huge number"],
)
def test_what_is_no_list_of_posts_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        read(body)


def a_list_of(**values: object) -> bytes:
    (post,) = json.loads(rest([SourcePost(id=7, title="Kites", html="<p>Up.</p>")]))
    kept = {name: value for name, value in {**post, **values}.items() if value is not None}
    return json.dumps([kept]).encode()


@pytest.mark.parametrize(
    "values",
    [
        {"type": "comment", "title": None, "guid": None},
        {"type": None, "title": None, "guid": None},
        {"type": "page"},
        {"taxonomy": "post_tag", "content": None, "title": None, "type": None},
    ],
    ids=["comments", "comments without a type", "pages", "tags"],
)
def test_other_lists_of_wordpress_are_no_posts(values: dict[str, object]) -> None:
    """T32: `/wp-json/wp/v2/comments`, `pages` and `tags`."""
    with pytest.raises(FeedError, match="not of posts"):
        read(a_list_of(**values))


@pytest.mark.parametrize("values", [{"type": "post"}, {"type": None}], ids=["typed", "not typed"])
def test_a_post_is_read_with_and_without_its_type(values: dict[str, object]) -> None:
    assert [entry.title for entry in read(a_list_of(**values)).entries] == ["Kites"]


def test_one_bad_post_costs_only_itself() -> None:
    posts = json.loads(rest([SourcePost(id=7, title="Kites", html="<p>Up.</p>")]))

    feed = read(json.dumps([*posts, None, {"id": 8}]).encode())

    assert [entry.title for entry in feed.entries] == ["Kites"]
    assert [fault.place for fault in feed.faults] == ["post 2", "post 3"]


def test_no_posts_is_an_answer() -> None:
    assert read(b" []").entries == ()


def test_half_a_character_is_no_reason_to_stop() -> None:
    assert entry_with(title={"rendered": "Ki\ud800tes"}).title == "Ki tes"


@pytest.mark.parametrize(
    "root", [API, "https://blog.otalk.example/?rest_route=/wp/v2/posts"], ids=["path", "query"]
)
def test_the_address_keeps_what_it_had(root: str) -> None:
    address = page_address(root, 3)

    query = parse_qs(urlsplit(address).query)
    assert address.startswith(root)
    assert query["page"] == ["3"]
    assert query["per_page"] == ["100"]
    assert query["_embed"] == ["author"]


def test_edits_are_asked_for_with_a_days_overlap() -> None:
    """F33: the site's own time is at most 14 hours from UTC."""
    since = datetime(2026, 6, 2, 1, 30, tzinfo=timezone(timedelta(hours=1)))

    query = parse_qs(urlsplit(edits_address(API, since=since, page=1)).query)

    assert query["modified_after"] == ["2026-06-01T00:30:00"]


def test_the_window_is_twice_a_feeds_page_and_a_slug_is_escaped() -> None:
    assert "per_page=20" in window_address(API)
    assert "slug=tea%26kites" in slug_address(API, "tea&kites")
