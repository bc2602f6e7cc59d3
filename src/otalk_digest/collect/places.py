"""Where the posts of a blog stand: what moved, what was made again, what was taken down. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from otalk_digest.collect.fold import squash
from otalk_digest.model.chat import Chat, Reading
from otalk_digest.model.feed import Entry, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a post stood when we saw it last, and of which chat it was."""

    link: str | None
    chat_guid: str | None = None


def new_addresses(
    chats: Mapping[str, Chat], shown: Mapping[str, Post], known: Mapping[str, Place]
) -> dict[str, str]:
    """Return guid → address of the chats that stand elsewhere now, by the posts that are shown.

    A post's own link may have changed (F14), and a post made again takes the place of one that
    is not there any more (T28).
    """
    links = {post.link for post in shown.values()}
    by_address = {chat.url: chat for chat in chats.values() if chat.url not in links}
    found: dict[str, list[tuple[int, str]]] = {}
    for guid, post in shown.items():
        place = known.get(guid)
        if place is None or post.link is None:
            continue
        moved = by_address.get(place.link) if place.link else None
        copied = chats.get(place.chat_guid or "")
        if copied is not None and not _has_title_of(copied, post):
            copied = None
        for rank, chat in enumerate((moved, chats.get(guid), copied)):
            if chat is not None and chat.url not in links:
                found.setdefault(chat.guid, []).append((rank, post.link))
    return {guid: min(addresses)[1] for guid, addresses in found.items()}


def is_made_again(post: Post, reading: Reading, *, known: Chat, shown: Mapping[str, Post]) -> bool:
    """Whether a post that was never seen replaces the chat's own, which is not shown any more.

    Of two posts that both stand, the second only fills what the first does not say.
    """
    if post.link is None or reading.is_transcript_post:
        return False
    is_standing = known.guid in shown or any(
        other.link == known.url for other in shown.values() if other.guid != post.guid
    )
    return not is_standing and _has_title_of(known, post)


def taken_down(
    before: Iterable[Post], entries: Sequence[Entry], *, known: Iterable[str]
) -> list[str]:
    """Return the guids of posts that stood in the feed and are not on the blog any more (F19).

    A feed shows the newest posts, so one that is younger than the oldest of them must be there:
    it need not have another above it (T29). An older one only slid off the page.
    """
    dates = [entry.published_at for entry in entries if entry.published_at is not None]
    is_newest_first = all(one >= other for one, other in pairwise(dates))
    present = {entry.guid for entry in entries}
    if not dates or not is_newest_first or present.isdisjoint(known):
        # In another order, or of another blog, it says nothing of what is missing.
        return []
    return [
        post.guid
        for post in before
        if post.guid not in present
        and post.published_at is not None
        and post.published_at > dates[-1]
    ]


def _has_title_of(chat: Chat, post: Post) -> bool:
    return squash(chat.reading.title) == squash(post.title)
