"""Let a maintainer overrule what was read, and find what that changes for readers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.collect.follow import Followed, follow, restate
from otalk_digest.collect.overrule import (
    FIELDS,
    check_field,
    check_value,
    hint_of,
    overrule,
    written,
)
from otalk_digest.errors import InputError
from otalk_digest.logs import log_event
from otalk_digest.model.chat import Chat, ChatProfile
from otalk_digest.model.override import Override
from otalk_digest.store import news, overrides, posts
from otalk_digest.store.revisions import Revision, revisions_of_chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a maintainer decided about one chat at one moment."""

    guid: str
    #: UTC.
    at: datetime
    set: tuple[Override, ...] = ()
    #: Fields that are given back to the post.
    given_back: tuple[str, ...] = ()


def rule(
    guid: str, words: Mapping[str, str], profile: ChatProfile, *, by: str | None, now: datetime
) -> Ruling:
    """Return what field=value words mean; an empty value gives the field back.

    Raises InputError when a field or a value is none.
    """
    values = {
        check_field(field): None if not text.strip() else (check_value(field, text, profile),)
        for field, text in words.items()
    }
    return Ruling(
        guid=guid,
        at=now,
        set=tuple(
            Override(field=field, value=value[0], set_at=now, set_by=by)
            for field, value in values.items()
            if value is not None
        ),
        given_back=tuple(field for field, value in values.items() if value is None),
    )


def carry_out(connection: Connection, ruling: Ruling, profile: ChatProfile) -> Followed:
    """Keep what was decided, and follow the chat with it at once.

    A chat that is not known yet is followed when it becomes known. Raises InputError when the
    chat would end before it begins, or when a field to give back was not set.
    """
    for field in ruling.given_back:
        if not overrides.drop_override(connection, ruling.guid, field):
            raise InputError(f"{field} is not set by hand, so there is nothing to give back.")
    overrides.save_overrides(connection, ruling.guid, ruling.set)
    chats = {chat.guid: chat for chat in posts.all_chats(connection)}
    if ruling.guid not in chats:
        return Followed(chat=None)
    followed = _restated(connection, chats[ruling.guid], profile, now=ruling.at)
    if followed.chat is not None:
        posts.save_chats(connection, [(ruling.guid, followed.chat)], now=ruling.at)
    news.save_news(connection, followed.news, now=ruling.at)
    fields = [*(item.field for item in ruling.set), *ruling.given_back]
    log_event("chat_overruled", fields=fields, news=len(followed.news))
    return followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A field of a chat, for a form: what we read, how to write it, and who set it last."""

    field: str
    value: str
    hint: str
    set_at: datetime | None = None
    set_by: str | None = None


def readable(connection: Connection, guid: str, profile: ChatProfile) -> tuple[Readable, ...]:
    """Return the fields that can be set for a chat; none for what is no chat."""
    chat = next((chat for chat in posts.all_chats(connection) if chat.guid == guid), None)
    if chat is None:
        return ()
    hands = {item.field: item for item in overrides.overrides_of(connection, guid)}
    return tuple(
        Readable(
            field=field,
            value=written(field, chat.reading, profile),
            hint=hint_of(field),
            set_at=hands[field].set_at if field in hands else None,
            set_by=hands[field].set_by if field in hands else None,
        )
        for field in FIELDS
    )


def _restated(
    connection: Connection, known: Chat, profile: ChatProfile, *, now: datetime
) -> Followed:
    """Read the chat's whole history again under what is set now.

    Laying it over the newest reading would not do: what is given back must come out again.
    """
    seen = revisions_of_chat(connection, known.guid)
    rulings = overrides.overrides_of(connection, known.guid)
    chat = _replayed(seen, rulings, profile, living=known.url)
    if chat is None:
        return Followed(chat=known)
    starts_at, ends_at = chat.reading.starts_at, chat.reading.ends_at
    if starts_at and ends_at and ends_at <= starts_at:
        raise InputError("The chat would end before it begins. Set both: starts_at and ends_at.")
    own = [each.post for each in seen if known.guid == each.post.guid]
    own = [each.post for each in seen if known.url and known.url == each.post.link] or own
    return restate((own or [seen[-1].post])[-1], chat.reading, known=known, now=now)


def _replayed(
    seen: Iterable[Revision],
    rulings: tuple[Override, ...],
    profile: ChatProfile,
    *,
    living: str | None,
) -> Chat | None:
    chat: Chat | None = None
    for revision in seen:
        if chat is not None and revision.post.link == living:
            # T28: made again, it speaks for the chat as the first post did.
            chat = replace(chat, url=living)
        followed = follow(
            revision.post,
            overrule(revision.reading, rulings, profile),
            known=chat,
            is_new_post=False,
            is_first_run=False,
            now=revision.seen_at,
        )
        chat = followed.chat
    return chat
