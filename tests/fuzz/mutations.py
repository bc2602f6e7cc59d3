"""Invented posts and feeds, broken in the ways that blogs, editors and attackers break them."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from hypothesis import strategies as st
from tests.feeds import SourcePost, atom, furniture, rest, rss2, smiley
from tests.post_corpus import POSTS

from otalk_digest.model.feed import Entry

DATA: Final = POSTS.parent
#: Larger inputs than this find nothing more and make every second count less.
LARGEST: Final = 200_000
LINK: Final = "https://blog.otalk.example/2024/03/07/kites/"
TAGS: Final = (
    *("p", "div", "b", "a", "ol", "ul", "li", "table", "tr", "td", "h2", "br", "pre", "img"),
    *("script", "style", "svg", "math", "form", "iframe", "object", "video", "source", "select"),
    *("template", "noscript", "title", "plaintext", "xmp", "body", "html", "frameset", "blink"),
    *("item", "entry", "channel", "rss", "feed", "guid", "link", "content:encoded", "pubDate"),
)
PIECES: Final = (
    # Characters: direction, nothing, half of something, on top of each other, Thai, astral.
    *("\u202e", "\u2066", "\u200f", "\x00", "\x01", "\x85", "\u2028", "\ud800", "\udfff", "\ufffe"),
    *("e\u0301", "\u0301" * 40, "\u0e22", "\u0e42\u20ac\u2122", "สวัสดี", "ไ", "Â", "İ", "ß", "ﬀ"),
    *("🪁", "👩\u200d⚕\ufe0f", "\u200b", "\u00ad", "\u00a0", "\ufeff", "\t", "\r", "\r\n", "\n\n"),
    *("٣", "²", "१२", "Ⅻ", "⁵", "𝟙", "½"),
    # References, whole and broken.
    *(
        "&#0;",
        "&#xD800;",
        "&#x110000;",
        "&#99999999999;",
        "&amp;amp;lt;",
        "&lt;script&gt;",
        "&#13;",
    ),
    *("&nbsp", "&;", "&#;", "&#x;", "&bogus;", "&amp;#8217;", "&NotEqualTilde;", "&#8238;"),
    # Markup.
    *("<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "<?php", "?>", "<!DOCTYPE x [", "<![>"),
    *("<script>x()</script>", "<img src=x onerror=x()>", "<a href='javascript:x()'>y</a>"),
    *("<a href=java&#9;script:x()>", "<svg><style>", "<math><mi><mglyph><style>", "<p style='x:"),
    *("<iframe src=data:text/html,x>", "<form action=//x.example>", "<base href=//x.example>"),
    *("<a href='https://x.example/", '<a href="https://x.example/a b\'c">', "<!--[if mso]><table>"),
    *(
        "<div><div><div>",
        "</div></div></div>",
        "</td></tr></table>",
        "<ol start=-3>",
        "<li value=x>",
    ),
    *("'", '"', "`", "=", "\\", "<video><source src=//x.example/a>", smiley("🪁")),
    # What other programs would act on.
    *("{{7*7}}", "{% raw %}", "<%x%>", "<%", "%>", "-name-", "\r\nBcc: x@x.example", "\n.\n", "%s"),
    *("From x", "=?utf-8?q?x?=", "BEGIN:VEVENT", "{topic}", "{0.x}", "}", "{", "%00", "[[", "]]"),
    # What is read out of a post.
    *("POST CHAT", "The Numbers", "417.905K", "1,208,455", "Tweets", "93Tweets", "Impressions"),
    *("9" * 40, "9" * 5000, "1.1.1.1", "0.0K", "12th March 2019", "31/02/2019", "29th February"),
    *("Tuesday", "8pm", "25:61", "12am - 12am GMT", "0000-00-00T00:00:00", "9999-12-31T23:59:59Z"),
    *(
        "Host:",
        "hosted by",
        "@a",
        "@@",
        "@" * 300,
        "@x.example",
        "#OTalk",
        "CANCELLED",
        "POSTPONED",
    ),
    *("Questions:", "1.", "Q2)", "•", "?", "Online Transcript", "Evidence your CPD", "x" * 3000),
    *("Protected: ", "Transcript", "postponed to 9th", "https://x.example/transcript?x=<b>"),
)
_TOKEN: Final = re.compile(r"<[^<>]{0,300}>|&#?\w{1,9};|\w+|\s+|[^\w\s]")
_TAG_NAME: Final = re.compile(r"(?<=<)/?[A-Za-z][\w:]*")
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A whole post, before anything happened to it."""

    title: str
    html: str
    published_at: datetime | None


@cache
def seeds() -> tuple[Seed, ...]:
    """Every post of the corpus, with the defaults of its file, and the furniture of a blog."""
    found = [_seed(case, table.get("default", {})) for table in _tables() for case in table["case"]]
    wrapped = [
        Seed(
            title=seed.title,
            html=seed.html + furniture(SourcePost(id=7, title=seed.title, html="")),
            published_at=seed.published_at,
        )
        for seed in found[::20]
    ]
    return (*found, *wrapped)


def _tables() -> list[dict[str, list[dict[str, str]]]]:
    return [
        tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(POSTS.glob("*.toml"))
    ]


def _seed(case: dict[str, str], default: object) -> Seed:
    filled = {**default, **case} if isinstance(default, dict) else case
    day = filled.get("published")
    return Seed(
        title=filled["title"],
        html=filled.get("html", ""),
        published_at=datetime.fromisoformat(f"{day}T09:00Z") if day else None,
    )


@cache
def feeds() -> tuple[str, ...]:
    """Feeds in each format around posts of the corpus, and the ones that are kept as files."""
    posts = [
        SourcePost(id=number, title=seed.title, html=seed.html, slug=f"chat-{number}")
        for number, seed in enumerate(seeds())
    ]
    windows = [posts[at : at + 2] for at in range(0, len(posts), 12)]
    written = [write(window) for window in windows for write in (rss2, atom, rest)]
    kept = [*(DATA / "feeds").glob("*.xml"), *(DATA / "twin").glob("*.xml")]
    written += [path.read_bytes() for path in sorted(kept)]
    return tuple(feed.decode() for feed in written)


def _cut(text: str, draw: st.DrawFn, longest: int) -> tuple[int, int]:
    start = draw(st.integers(0, len(text)))
    return start, min(len(text), start + draw(st.integers(0, longest)))


def _insert(text: str, draw: st.DrawFn) -> str:
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.sampled_from(PIECES)) + text[place:]


def _insert_text(text: str, draw: st.DrawFn) -> str:
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.text(max_size=8)) + text[place:]


def _delete(text: str, draw: st.DrawFn) -> str:
    start, end = _cut(text, draw, 400)
    return text[:start] + text[end:]


def _truncate(text: str, draw: st.DrawFn) -> str:
    return text[: draw(st.integers(0, len(text)))]


def _repeat(text: str, draw: st.DrawFn) -> str:
    start, end = _cut(text, draw, 120)
    times = draw(st.sampled_from((2, 3, 50, 2_000, 20_000)))
    return text[:start] + text[start:end] * min(times, LARGEST // max(1, end - start)) + text[end:]


def _repeat_piece(text: str, draw: st.DrawFn) -> str:
    piece = draw(st.one_of(st.sampled_from(PIECES), st.sampled_from(TAGS).map("<{}>".format)))
    place = draw(st.integers(0, len(text)))
    times = min(draw(st.sampled_from((2, 120, 3_000, 40_000))), LARGEST // len(piece))
    return text[:place] + piece * times + text[place:]


def _splice(text: str, draw: st.DrawFn) -> str:
    other = draw(st.sampled_from(seeds()))
    donor = f"{other.title}\n{other.html}"
    start, end = _cut(donor, draw, 1_500)
    place = draw(st.integers(0, len(text)))
    return text[:place] + donor[start:end] + text[place:]


def _swap_tokens(text: str, draw: st.DrawFn) -> str:
    tokens = _TOKEN.findall(text)
    if len(tokens) > 1:
        one, other = draw(st.tuples(*[st.integers(0, len(tokens) - 1)] * 2))
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return "".join(tokens)


def _rename_tag(text: str, draw: st.DrawFn) -> str:
    names = list(_TAG_NAME.finditer(text))
    if not names:
        return text
    name = names[draw(st.integers(0, len(names) - 1))]
    slash = "/" if name[0].startswith("/") else ""
    return text[: name.start()] + slash + draw(st.sampled_from(TAGS)) + text[name.end() :]


def _change_number(text: str, draw: st.DrawFn) -> str:
    numbers = list(_DIGITS.finditer(text))
    if not numbers:
        return text
    number = numbers[draw(st.integers(0, len(numbers) - 1))]
    huge = st.sampled_from(
        ("0", "-1", "9" * 19, "9" * 4_400, "1e999", "٣", "²", "00000", "1,1,1", "")
    )
    new = draw(st.one_of(st.integers(0, 10_000).map(str), huge))
    return text[: number.start()] + new + text[number.end() :]


def _nest(text: str, draw: st.DrawFn) -> str:
    tag = draw(st.sampled_from(TAGS))
    depth = draw(st.sampled_from((1, 5, 99, 101, 5_000)))
    start, end = _cut(text, draw, 2_000)
    return text[:start] + f"<{tag}>" * depth + text[start:end] + f"</{tag}>" * depth + text[end:]


def _multiply(text: str, draw: st.DrawFn) -> str:
    """Put in what parsers compare with each other, or open again and again."""
    count = draw(st.sampled_from((30, 90, 3_000)))
    many = draw(
        st.sampled_from(("<b id={}>", "<i class=x{}><p>", "<x{}>", "<a href=//x.example/{}>"))
    )
    crowd = "".join(many.format(number) for number in range(count))
    if draw(st.booleans()):
        crowd = f"<p {' '.join(f'a{number}=1' for number in range(count))}>"
    place = draw(st.integers(0, len(text)))
    return text[:place] + crowd + text[place:]


_CHANGES: Final[tuple[Callable[[str, st.DrawFn], str], ...]] = (
    *(_insert, _insert, _insert, _insert_text, _delete, _truncate, _repeat, _repeat_piece),
    *(_splice, _swap_tokens, _rename_tag, _change_number, _nest),
    _multiply,
)


@st.composite
def mutated(draw: st.DrawFn, text: str, most: int = 5) -> str:
    """The text after a few changes, mostly still of the shape that it had."""
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=most)):
        text = change(text, draw)[:LARGEST]
    return text


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry as a feed could give it."""
    seed = draw(st.sampled_from(seeds()))
    moved = st.sampled_from(
        (None, datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC))
    )
    published = draw(st.one_of(st.just(seed.published_at), moved))
    return Entry(
        guid="https://blog.otalk.example/?p=7",
        link=draw(st.sampled_from((LINK, LINK, LINK, None, "https://x.example/\u202e"))),
        title=draw(mutated(seed.title, 2)),
        author=draw(st.one_of(st.none(), st.just("Wren & Pip"), mutated("Wren & Pip", 2))),
        published_at=published,
        html=draw(mutated(seed.html)),
        is_summary=draw(st.booleans()),
    )


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """The body of an answer: text that was broken, in some encoding, and perhaps cut off."""
    text = draw(mutated(draw(st.sampled_from(feeds()))))
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "cp1252", "utf-32-be")))
    body = text.encode(encoding, "replace")
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(st.binary(max_size=6)) + body[place + 1 :]
    return body


def moments(near: datetime | None) -> st.SearchStrategy[datetime]:
    """Around a post: before its chat, in the hour, after it, and years later."""
    start = near or datetime(2019, 3, 5, 9, tzinfo=UTC)
    if start.year > 9000:
        start = datetime(2019, 3, 5, 9, tzinfo=UTC)
    return st.sampled_from([start + timedelta(days=days) for days in (-1, 0, 3, 8, 400)])
