"""Look after chats whose wrap-up the feed may not show.

Their post slid off its page, came cut short, or goes on behind `<!--nextpage-->` (T25, T26). A
few questions at most, to REST, else to the post's own page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from sqlalchemy import Connection

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.page import PostPage, read_page
from otalk_digest.collect.refusals import AnswerError
from otalk_digest.collect.rest import posts_address, slug_address
from otalk_digest.errors import FeedError
from otalk_digest.model.chat import Chat
from otalk_digest.model.feed import Entry, Fault, Feed, FeedKind, Fetched, Post, Route
from otalk_digest.pipeline.collecting import Source
from otalk_digest.pipeline.pulling import fetch_from, read_feed
from otalk_digest.store import posts

#: In one run.
_MOST_QUESTIONS = 8
_GUID_ID = re.compile(r"[?&]p=(\d{1,12})\b")
_GONE = frozenset({401, 404, 410})


@dataclass(slots=True, kw_only=True)
class Looked:
    """What was found beyond the feed."""

    rest_address: str | None
    questions_left: int = _MOST_QUESTIONS
    found: dict[str, Entry] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    problems: list[Fault] = field(default_factory=list)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Each under the guid of the post that stands for its chat."""
        return tuple(self.found.values())

    @property
    def gone(self) -> tuple[str, ...]:
        """Guids of posts that are not there any more (T29)."""
        return tuple(self.missing)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What could not be asked; the next run tries again."""
        return tuple(self.problems)


def look_after(
    connection: Connection,
    source: Source,
    route: Route,
    *,
    feed: Feed,
    awaited: Sequence[Chat],
) -> Looked:
    """Ask for the posts of these chats that the feed does not show whole.

    Each by the guid of the post that stands: that of a chat made again is another (T28).
    """
    looked = Looked(rest_address=route.rest_address)
    standing = [replace(chat, guid=posts.standing_guid(connection, chat)) for chat in awaited]
    hidden = [chat for chat in standing if _is_hidden(connection, chat, feed)]
    if looked.rest_address is not None:
        _ask_rest(source, looked, hidden)
    for chat in hidden:
        if chat.guid not in looked.found and chat.guid not in looked.missing:
            _ask_page(source, looked, chat, shown=_shown(connection, chat, feed))
    return looked


def _shown(connection: Connection, chat: Chat, feed: Feed) -> Entry | Post | None:
    """Return the post as the feed shows it, else as it did last: a page gives its text only."""
    entry = next((each for each in feed.entries if _is_of(each, chat)), None)
    return entry or posts.newest_post(connection, chat.guid)


def _is_hidden(connection: Connection, chat: Chat, feed: Feed) -> bool:
    entry = next((each for each in feed.entries if _is_of(each, chat)), None)
    if entry is None:
        return True
    if entry.is_protected:
        return False
    if entry.is_summary:
        return True
    if feed.kind is FeedKind.REST:
        return False
    seen = posts.newest_version(connection, entry.guid)
    if _is_changed(entry, posts.fingerprint(connection, entry.guid)):
        # What there is to see is in the feed this time.
        return False
    if seen is None or feed.kind is FeedKind.RSS2 or entry.updated_at is None:
        # RSS 2.0 has no date of an edit: only the post itself can tell.
        return True
    # Atom tells of an edit; whether we see it is for the text to say.
    return entry.updated_at > seen


def _is_changed(entry: Entry, fingerprint: str | None) -> bool:
    try:
        return clean_entry(entry).fingerprint != fingerprint
    except Exception:  # noqa: BLE001 - told as a fault when the feed is taken in
        return False


def _is_of(entry: Entry, chat: Chat) -> bool:
    return entry.guid == chat.guid or (entry.link is not None and entry.link == chat.url)


def _ask_rest(source: Source, looked: Looked, chats: Sequence[Chat]) -> None:
    """One question for all posts whose number is known, one for each of the others (F12)."""
    rest_address = looked.rest_address or ""
    numbered = {chat.guid: int(m.group(1)) for chat in chats if (m := _GUID_ID.search(chat.guid))}
    if numbered and (
        feed := _feed_at(source, looked, posts_address(rest_address, numbered.values()))
    ):
        for chat in chats:
            if chat.guid in numbered and not _take(looked, chat, feed):
                looked.missing.append(chat.guid)
    for chat in chats:
        slug = urlsplit(chat.url or "").path.rstrip("/").rpartition("/")[2]
        if chat.guid in numbered or not slug:
            continue
        if feed := _feed_at(source, looked, slug_address(rest_address, slug)):
            _take(looked, chat, feed)


def _feed_at(source: Source, looked: Looked, address: str) -> Feed | None:
    fetched = _ask(source, looked, address)
    if fetched is None:
        return None
    try:
        return read_feed(fetched)
    except FeedError:
        # REST may be closed for single posts; the page is asked then.
        return None


def _take(looked: Looked, chat: Chat, feed: Feed) -> bool:
    for entry in feed.entries:
        if _is_of(entry, chat):
            looked.found[chat.guid] = _entry_of(chat, entry)
            return True
    return False


def _entry_of(chat: Chat, entry: Entry) -> Entry:
    return Entry(
        guid=chat.guid,
        link=entry.link,
        title=entry.title,
        author=entry.author,
        published_at=entry.published_at,
        updated_at=entry.updated_at,
        html=entry.html,
        is_protected=entry.is_protected,
    )


def _ask_page(source: Source, looked: Looked, chat: Chat, *, shown: Entry | Post | None) -> None:
    if chat.url is None:
        return
    fetched = _ask(source, looked, chat.url, chat=chat)
    if fetched is None:
        return
    page = read_page(fetched)
    if page is None:
        return
    if page.rest_address is not None and looked.rest_address is None:
        looked.rest_address = page.rest_address
        _ask_rest(source, looked, [chat])
        if chat.guid in looked.found:
            return
        looked.missing.clear()
    html = "\n".join([page.html, *_further_parts(source, looked, page)])
    looked.found[chat.guid] = Entry(
        guid=chat.guid,
        link=chat.url,
        title=shown.title if shown else chat.reading.title,
        author=shown.author if shown else None,
        # Without it a day that has no year, or a wrong one, is not to be settled (T1, D1).
        published_at=shown.published_at if shown else None,
        html=html,
    )


def _further_parts(source: Source, looked: Looked, page: PostPage) -> Iterator[str]:
    for address in page.further_parts:
        fetched = _ask(source, looked, address)
        part = read_page(fetched) if fetched is not None else None
        if part is not None:
            yield part.html


def _ask(
    source: Source, looked: Looked, address: str, *, chat: Chat | None = None
) -> Fetched | None:
    """One question, politely spaced; None when there is no answer, or no question left."""
    if not looked.questions_left:
        return None
    looked.questions_left -= 1
    source.wait(source.pause_s)
    try:
        return fetch_from(source, address)
    except FeedError as error:
        if chat is not None and isinstance(error, AnswerError) and error.status in _GONE:
            looked.missing.append(chat.guid)
        elif not isinstance(error, AnswerError):
            looked.problems.append(Fault(place="a chat without its wrap-up", reason=str(error)))
        return None
