"""What one mail can hold: a post of any length is told in a few lines. Pure.

Whoever wants the rest follows the link to the post. The figures keep ten chats under 60 KB
and forty links, whatever their posts say: Gmail cuts a mail off at 102 KB, and with it the
footer in which readers unsubscribe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from otalk_digest.digest import wording
from otalk_digest.model.chat import Reading
from otalk_digest.model.edition import Digest
from otalk_digest.model.news import KnownNews

MOST_LINKS: Final = 40
#: Unsubscribe, preferences, browser, blog, team; and where to join.
_STANDING_LINKS: Final = 6
_TOPIC: Final = 300
_INTRODUCTION: Final = 700
_QUESTIONS: Final = 12
_LINE: Final = 300
_NAMES: Final = 8
_NAME: Final = 80
#: Parts in the order in which they are read, with how many pieces each may have.
_PARTS: Final = {"alerts": 6, "coming_up": 12, "wrap_ups": 4, "notices": 8}


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
    url = reading.transcript_url
    return Fitted(
        reading=replace(
            reading,
            introduction=introduction or None,
            questions=questions,
            hosts=hosts,
            support=support,
            cpd=cpd,
            transcript_url=url if url and wording.is_web_address(url) else None,
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
    """Choose what is shown beside `links` other links; the headline always is."""
    room = MOST_LINKS - _STANDING_LINKS - links
    if digest.headline is not None:
        room -= _cost(digest.headline)
    parts: dict[str, tuple[KnownNews, ...]] = {}
    left_out = 0
    for name, most in _PARTS.items():
        items: Sequence[KnownNews] = getattr(digest, name)
        shown: list[KnownNews] = []
        for item in items[:most]:
            if _cost(item) <= room:
                room -= _cost(item)
                shown.append(item)
        parts[name] = tuple(shown)
        left_out += len(items) - len(shown)
    chosen = replace(
        digest,
        alerts=parts["alerts"],
        coming_up=parts["coming_up"],
        wrap_ups=parts["wrap_ups"],
        notices=parts["notices"],
    )
    return Selection(digest=chosen, left_out=left_out, spare_links=max(room, 0))


def _cost(item: KnownNews) -> int:
    """Count its links; one without any takes a place too."""
    return 2 if item.news.reading.transcript_url else 1


def _first(lines: Sequence[str], most: int, length: int) -> tuple[tuple[str, ...], int]:
    """Return the first few lines, and how many there are beyond them."""
    filled = [line for line in lines if line.strip()]
    # One more is shown rather than said to be left.
    shown = filled if len(filled) <= most + 1 else filled[:most]
    cut = tuple(wording.clip(wording.one_line(line[: 4 * length]), length) for line in shown)
    return cut, len(filled) - len(shown)
