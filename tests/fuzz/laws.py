"""What holds for every post and every feed, whatever is in it. Each raises AssertionError."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import icalendar
import nh3
from lxml.html import document_fromstring, fragment_fromstring
from tests import messages
from tests.builders import a_segment
from tests.digests import TOKEN_PREFIX, filled, rendered
from tests.messages import SENDER, a_recipient, content, parsed
from tests.post_corpus import PROFILE

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.crowds import MOST_TAGS
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import follow
from otalk_digest.collect.mojibake import repair
from otalk_digest.collect.parse import parse_feed
from otalk_digest.delivery.message import compile_message
from otalk_digest.digest.compose import compose
from otalk_digest.errors import FeedError, InputError
from otalk_digest.model.chat import NUMBER_NAMES, Reading
from otalk_digest.model.edition import Variant
from otalk_digest.model.feed import Entry, Feed, Post
from otalk_digest.model.news import KnownNews

if TYPE_CHECKING:
    from otalk_digest.model.chat import Chat
    from otalk_digest.model.news import News

HARMLESS_TAGS: Final = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
HARMLESS_ATTRIBUTES: Final = {
    *("href", "src", "alt", "title", "width", "height"),
    *("start", "reversed", "value", "colspan", "rowspan"),
}
#: What an e-mail may not hold. Our own themes have styles; posts may add none.
RUNNING_TAGS: Final = {
    *("script", "form", "iframe", "frame", "object", "embed", "svg", "math", "base", "input"),
    *("link", "applet", "video", "audio", "button", "textarea", "select", "noscript", "template"),
}
UNSUBSCRIBE: Final = "https://lists.example.org/u/abc"
_PLACE: Final = "https://blog.otalk.example/feed/"


def check_feed(body: bytes) -> None:
    """A feed is read, or refused in one line; each of its posts is whole by itself."""
    feed = _parsed(body)
    if isinstance(feed, str):
        assert len(feed.splitlines()) == 1
        return
    guids = [entry.guid for entry in feed.entries]
    assert len(guids) == len(set(guids))
    for fault in feed.faults:
        assert len(f"{fault.place} {fault.reason}".splitlines()) == 1
    for entry in feed.entries[:5]:
        assert entry.guid.strip()
        check_entry(entry)


def _parsed(body: bytes) -> Feed | str:
    """The feed, or why it is refused."""
    try:
        return parse_feed(body, content_type=None, url=_PLACE)
    except (FeedError, InputError) as error:
        return str(error)


def check_entry(entry: Entry) -> tuple[Post, Reading]:
    """An entry can be cleaned and read, and what comes out is safe and was really there."""
    post = clean_entry(entry)
    check_post(post)
    assert clean_entry(entry) == post
    reading = read_post(post, PROFILE)
    assert read_post(post, PROFILE) == reading
    check_reading(post, reading)
    return post, reading


def check_post(post: Post) -> None:
    """Nothing runs, nothing decorates, and each title is one line."""
    for line in filter(None, (post.title, post.author)):
        assert line == line.strip()
        assert len(line.splitlines()) == 1
    f"{post.title}{post.html}{post.text}".encode()
    elements = list(fragment_fromstring(post.html, create_parent="div").iter())
    assert {element.tag for element in elements} <= HARMLESS_TAGS
    attributes = [(name, value) for element in elements for name, value in element.items()]
    assert {name for name, _ in attributes} <= HARMLESS_ATTRIBUTES
    for name, value in attributes:
        if name in {"href", "src"}:
            allowed = {"http", "https", "mailto", "tel"} if name == "href" else {"https"}
            assert urlsplit(value).scheme in allowed
    # Text that was broken twice is repaired once, and what was thinned out may be again.
    texts = (text for element in elements for text in (element.text, element.tail) if text)
    if len(elements) > MOST_TAGS // 4 or any(repair(text) != text for text in texts):
        return
    again = clean_entry(_entry_of(post))
    assert again.text == post.text
    assert again.fingerprint == post.fingerprint


def _entry_of(post: Post) -> Entry:
    return Entry(guid=post.guid, link=post.link, title=post.title, html=post.html)


def check_reading(post: Post, reading: Reading) -> None:
    """What was read stands in the post."""
    written = _folded(f"{post.title}\n{post.text}")
    figures = [getattr(reading.numbers, name) for name in NUMBER_NAMES]
    for figure in filter(None, figures):
        assert figure.value >= 0
        assert figure.printed.replace(" ", "") in written.replace(" ", "")
    named = f"{written} {_folded(post.author or '')}"
    for name in (*reading.hosts, *reading.support):
        assert name.strip()
        assert not name.startswith("@") or name in named
    words = re.sub(r"[\W_]", "", written)
    for question in (*reading.questions, *reading.cpd):
        assert question.strip()
        assert re.sub(r"[\W_]", "", question) in words
    for line in (reading.title, reading.topic, *reading.hosts, *reading.questions):
        assert len(line.splitlines()) <= 1
    assert reading.transcript_url is None or urlsplit(reading.transcript_url).scheme in {
        "http",
        "https",
    }
    assert reading.ends_at is None or reading.starts_at is not None
    if reading.starts_at is not None and reading.ends_at is not None:
        assert reading.starts_at < reading.ends_at <= reading.starts_at + timedelta(days=1)


def _folded(text: str) -> str:
    invisible = "[\u00ad\u200b-\u200d\u2060\ufeff\ufffc]"
    text = re.sub(invisible, "", text).replace("\u2010", "-").replace("\u2011", "-")
    return " ".join(text.split())


def check_life(versions: Sequence[Entry], moments: Sequence[datetime]) -> None:
    """Followed from version to version, each is news once; every digest of it can be sent."""
    chat: Chat | None = None
    uncarried: list[News] = []
    told: set[str] = set()
    for number, (entry, now) in enumerate(zip(versions, sorted(moments), strict=True)):
        post, reading = check_entry(entry)
        first = follow(
            post, reading, known=chat, is_new_post=number == 0, is_first_run=False, now=now
        )
        again = follow(
            post, reading, known=first.chat, is_new_post=False, is_first_run=False, now=now
        )
        assert again.news == ()
        assert again.chat == first.chat
        chat = first.chat
        uncarried += first.news
        known = [KnownNews(id=place, news=item) for place, item in enumerate(uncarried, start=1)]
        digest = compose(
            a_segment(),
            uncarried=known,
            chats=(chat,) if chat else (),
            told=frozenset(told),
            now=now,
        )
        if not digest.is_empty:
            told.update(item.news.guid for item in digest.items)
            uncarried.clear()
            check_variant(rendered(digest))


def check_variant(variant: Variant) -> None:
    """What is frozen can be read, left and trusted, whatever the posts in it say."""
    assert len(variant.subject) <= 60
    assert len(variant.preheader) <= 130
    for line in (variant.subject, variant.preheader):
        assert line.strip()
        assert len(line.splitlines()) == 1
    html, text = filled(variant)
    assert TOKEN_PREFIX not in html + text
    assert "<%" not in text
    assert "<%" not in html
    assert UNSUBSCRIBE in text
    _check_html(html)
    _check_message(variant)
    if variant.calendar is not None:
        assert all(len(line.encode()) <= 75 for line in variant.calendar.split("\r\n"))
        calendar = icalendar.Calendar.from_ical(variant.calendar)
        assert len(calendar.walk("VEVENT")) >= 1
        assert not calendar.errors


def _check_html(html: str) -> None:
    root = document_fromstring(html)
    elements = list(root.iter("*"))
    assert RUNNING_TAGS.isdisjoint(element.tag for element in elements)
    for element in elements:
        for name, value in element.items():
            assert not str(name).startswith("on")
            if name in {"href", "src", "action", "background"}:
                assert urlsplit(value).scheme in {"http", "https", "mailto", "tel"}
    assert [e for e in elements if e.tag == "a" and e.get("href") == UNSUBSCRIBE]
    # And as a browser reads it: html5ever keeps the link only where it is alive.
    seen = nh3.clean(html, tags={"a"}, attributes={"a": {"href"}}, link_rel=None)
    assert f'<a href="{UNSUBSCRIBE}">Unsubscribe' in seen


def _check_message(variant: Variant) -> None:
    values = tuple(f"https://lists.example.org/u/{m.field}" for m in variant.placeholders)
    template = compile_message(variant, SENDER, date=datetime.fromisoformat("2031-03-04T06:30Z"))
    reader = a_recipient(values=values)
    raw = template.fill(reader)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = parsed(raw)
    for part in message.walk():
        assert isinstance(part, EmailMessage)
        assert not part.defects
        assert not [defect for header in part.values() for defect in header.defects]
    assert message["Bcc"] is None
    assert " ".join(str(message["Subject"]).split()) == " ".join(variant.subject.split())
    for subtype, whole in (("html", variant.html), ("plain", variant.text)):
        lines = messages.filled(whole, reader, variant)
        assert content(message, subtype).rstrip("\n") == lines.rstrip("\n")
