"""An invented digest with every part in it, to try a theme on. Pure."""

from datetime import datetime, timedelta

from otalk_digest.model.chat import Figure, Numbers, Reading
from otalk_digest.model.edition import Digest, TrendPoint
from otalk_digest.model.news import Change, KnownNews, News, NewsKind

_BLOG = "https://blog.example/"


def sample_digest(now: datetime) -> Digest:
    """Return a digest whose chats lie around `now` (UTC)."""
    soon, later, past = (now + timedelta(days=days) for days in (3, 10, -4))
    wrapped = _reading("Mending as meaningful work", past, is_wrapped_up=True)
    return Digest(
        segment="sample",
        now=now,
        alerts=(
            _news(
                1,
                NewsKind.CHANGE,
                _reading("Gardens on a windowsill", later),
                changes=(Change(field="hosts", old="@a_first_host", new="@a_new_host"),),
            ),
            _news(2, NewsKind.CANCELLATION, _reading("Kites in winter", soon, is_cancelled=True)),
        ),
        headline=_news(3, NewsKind.ANNOUNCEMENT, _reading("Rest that is not sleep", soon)),
        coming_up=(_news(4, NewsKind.ANNOUNCEMENT, _reading("Who carries the bag?", later)),),
        wrap_ups=(_news(5, NewsKind.WRAP_UP, wrapped),),
        notices=(
            _news(
                6,
                NewsKind.NOTICE,
                Reading(
                    is_chat=False, title="We are looking for you", topic="We are looking for you"
                ),
            ),
        ),
        trend=tuple(
            TrendPoint(
                starts_at=past - timedelta(weeks=weeks),
                topic=f"An earlier chat, {weeks} weeks before",
                numbers=_numbers(400 - 30 * weeks),
            )
            for weeks in (2, 1, 0)
        ),
    )


def _reading(
    topic: str, starts_at: datetime, *, is_wrapped_up: bool = False, is_cancelled: bool = False
) -> Reading:
    return Reading(
        is_chat=True,
        title=f"A chat: {topic}",
        topic=topic,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        hosts=("@a_host",),
        support=("@a_helper",),
        introduction="A few sentences that say what the chat is about and why it matters.",
        questions=("What do you see where you work?", "What would you try first?"),
        transcript_url=f"{_BLOG}transcript" if is_wrapped_up else None,
        numbers=_numbers(400) if is_wrapped_up else Numbers(),
        is_wrapped_up=is_wrapped_up,
        is_cancelled=is_cancelled,
        cpd=("Write down one thing that you will do differently.",) if is_wrapped_up else (),
    )


def _numbers(tweets: int) -> Numbers:
    return Numbers(
        impressions=Figure(value=270_500, printed="270.500K"),
        tweets=Figure(value=tweets, printed=str(tweets)),
        participants=Figure(value=45, printed="45"),
    )


def _news(
    number: int, kind: NewsKind, reading: Reading, *, changes: tuple[Change, ...] = ()
) -> KnownNews:
    news = News(
        kind=kind,
        guid=f"{_BLOG}?p={number}",
        url=f"{_BLOG}{number}/",
        reading=reading,
        happened_at=reading.starts_at or datetime.fromisoformat("2026-01-01T00:00:00Z"),
        changes=changes,
    )
    return KnownNews(id=number, news=news)
