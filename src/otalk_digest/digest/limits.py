"""What one mail can hold: a post of any length is told in a few lines. Pure.

Whoever wants the rest follows the link to the post. The figures keep a mail under 60 KB and
forty links, whatever its posts say: Gmail cuts a mail off at 102 KB, and with it the footer in
which readers unsubscribe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from otalk_digest.digest import wording
from otalk_digest.model.chat import Reading
from otalk_digest.model.edition import Digest
from otalk_digest.model.news import KnownNews

MOST_LINKS: Final = 40
#: Of HTML.
_MOST_BYTES: Final = 60_000
#: Head, masthead and footer.
_STANDING_BYTES: Final = 10_000
#: Unsubscribe, preferences, browser, blog, team; and where to join.
_STANDING_LINKS: Final = 6
_TOPIC: Final = 300
_INTRODUCTION: Final = 700
_QUESTIONS: Final = 12
_LINE: Final = 300
_NAMES: Final = 8
_NAME: Final = 80
#: Parts in the order in which they get room: how many pieces each may have, and how many
#: bytes of HTML stand around the words of one.
_PARTS: Final = {
    "headline": (1, 5_000),
    "alerts": (6, 1_800),
    "coming_up": (12, 1_600),
    "wrap_ups": (4, 6_000),
    "notices": (8, 1_200),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A reading in the length in which it is shown."""

    reading: Reading
    #: The post says more than is shown.
    is_cut: bool
    questions_left: int
    hosts_left: int
    support_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of a digest is shown."""

    digest: Digest
    #: Pieces of news that are not.
    left_out: int
    #: How many more links the mail can hold.
    spare_links: int


def fit_reading(reading: Reading) -> Fitted:
    """Shorten what a post says to what a mail should."""
    introduction = reading.introduction and wording.clip_lines(reading.introduction, _INTRODUCTION)
    questions, questions_left = _first(reading.questions, _QUESTIONS, _LINE)
    hosts, hosts_left = _first(reading.hosts, _NAMES, _NAME)
    support, support_left = _first(reading.support, _NAMES, _NAME)
    cpd, _ = _first(reading.cpd, _NAMES, _LINE)
    return Fitted(
        reading=replace(
            reading,
            introduction=introduction or None,
            questions=questions,
            hosts=hosts,
            support=support,
            cpd=cpd,
            transcript_url=wording.web_address(reading.transcript_url),
        ),
        is_cut=bool(questions_left) or len(reading.introduction or "") > _INTRODUCTION,
        questions_left=questions_left,
        hosts_left=hosts_left,
        support_left=support_left,
    )


def clip_topic(topic: str) -> str:
    """Shorten what was meant to be a headline."""
    return wording.clip(topic, _TOPIC)


def clip_value(value: str) -> str:
    """Shorten one line of what changed."""
    return wording.clip(wording.one_line(value), _LINE)


def select(digest: Digest, *, links: int) -> Selection:
    """Choose what is shown beside `links` other links."""
    room = _Room(
        links=MOST_LINKS - _STANDING_LINKS - links,
        size=_MOST_BYTES - _STANDING_BYTES - _size(digest.note),
    )
    headline = (digest.headline,) if digest.headline else ()
    parts = {
        name: room.take(headline if name == "headline" else getattr(digest, name), name)
        for name in _PARTS
    }
    chosen = replace(
        digest,
        headline=next(iter(parts["headline"]), None),
        alerts=parts["alerts"],
        coming_up=parts["coming_up"],
        wrap_ups=parts["wrap_ups"],
        notices=parts["notices"],
    )
    left_out = len(digest.items) - len(chosen.items)
    return Selection(digest=chosen, left_out=left_out, spare_links=max(room.links, 0))


@dataclass(slots=True, kw_only=True)
class _Room:
    """How much more the mail can hold."""

    links: int
    size: int

    def take(self, items: Sequence[KnownNews], part: str) -> tuple[KnownNews, ...]:
        """Take the first pieces of a part that still fit in."""
        most, around = _PARTS[part]
        return tuple(item for item in items[:most] if self._has_taken(item, around))

    def _has_taken(self, item: KnownNews, around: int) -> bool:
        # One without a link takes a place too.
        links = 2 if item.news.reading.transcript_url else 1
        size = around + _weight(item)
        if links > self.links or size > self.size:
            return False
        self.links, self.size = self.links - links, self.size - size
        return True


def _weight(item: KnownNews) -> int:
    """Estimate the bytes of its words."""
    reading = fit_reading(item.news.reading).reading
    lines = (*reading.hosts, *reading.support, *reading.questions, *reading.cpd)
    values = (v[:_LINE] for change in item.news.changes for v in (change.old, change.new) if v)
    whole = (clip_topic(reading.topic), reading.introduction, item.news.url, reading.transcript_url)
    return sum(_size(text) for text in (*lines, *values, *whole))


def _size(text: str | None) -> int:
    return len(escape(text).encode("utf-8", "replace")) if text else 0


def _first(lines: Sequence[str], most: int, length: int) -> tuple[tuple[str, ...], int]:
    """Return the first few lines, and how many there are beyond them."""
    filled = [line for line in lines if line.strip()]
    # One more is shown rather than said to be left.
    shown = filled if len(filled) <= most + 1 else filled[:most]
    cut = tuple(wording.clip(wording.one_line(line[: 4 * length]), length) for line in shown)
    return cut, len(filled) - len(shown)
