"""News, chats and readings as the flat records that programs read."""

from collections.abc import Sequence

from otalk_digest.model.chat import NUMBER_NAMES, Chat, Reading
from otalk_digest.model.news import News


def news_record(news: News) -> dict[str, object]:
    """Return what `collect --json` prints for one piece of news."""
    return {
        "kind": str(news.kind),
        "guid": news.guid,
        "url": news.url,
        **reading_record(news.reading),
        "changes": [
            {"field": change.field, "old": change.old, "new": change.new} for change in news.changes
        ],
        "flags": list(news.reading.flags),
    }


def extract_record(guid: str | None, url: str | None, reading: Reading) -> dict[str, object]:
    """Return what `extract --json` prints for one post."""
    kind = "notice"
    if reading.is_chat:
        kind = "announcement"
        if reading.is_wrapped_up:
            kind = "wrap-up"
        elif reading.is_cancelled or reading.is_postponed:
            kind = "cancellation"
    return {
        "kind": kind,
        "guid": guid,
        "url": url,
        **reading_record(reading),
        "changes": [],
        "flags": list(reading.flags),
    }


def chat_record(chat: Chat) -> dict[str, object]:
    """Return what `chats --json` prints for one chat."""
    return {
        "guid": chat.guid,
        "url": chat.url,
        "phase": str(chat.phase),
        **reading_record(chat.reading),
        "flags": list(chat.reading.flags),
    }


def reading_record(reading: Reading) -> dict[str, object]:
    """Return the fields that were read; unknown ones are null or empty."""
    figures = {name: getattr(reading.numbers, name) for name in NUMBER_NAMES}
    return {
        "title": reading.title,
        "topic": reading.topic,
        "starts_at": reading.starts_at,
        "ends_at": reading.ends_at,
        "hosts": list(reading.hosts),
        "support": list(reading.support),
        "questions": list(reading.questions),
        "transcript_url": reading.transcript_url,
        "numbers": {name: figure and figure.value for name, figure in figures.items()},
    }


def people(names: Sequence[str]) -> str:
    """Return names for a table cell."""
    return ", ".join(names)
