"""The life of one chat, version by version, for a maintainer who asks what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from otalk_digest.cli.printing import counted, moment, print_table
from otalk_digest.cli.records import chat_record, people
from otalk_digest.collect.history import LineCounts, as_text, count_lines, differences
from otalk_digest.model.chat import NUMBER_NAMES, Chat
from otalk_digest.model.news import Change
from otalk_digest.model.override import Override
from otalk_digest.store.revisions import Revision

_FIELDS = ("hosts", "support", "transcript_url")
_ANSWERS = ("is_cancelled", "is_postponed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a post against the one before it."""

    number: int
    revision: Revision
    lines: LineCounts
    #: None for the first version of a post.
    changes: tuple[Change, ...] | None


def compared(revisions: Sequence[Revision]) -> Iterator[Version]:
    """Yield each version with what it changed in its own post."""
    before: dict[str, Revision] = {}
    for number, revision in enumerate(revisions, 1):
        old = before.get(revision.post.guid)
        yield Version(
            number=number,
            revision=revision,
            lines=count_lines(old.post.text if old else "", revision.post.text),
            changes=differences(old.reading, revision.reading) if old else None,
        )
        before[revision.post.guid] = revision


def print_chat(chat: Chat, rulings: Sequence[Override]) -> None:
    """Print each field with the words that it was read from."""
    click.echo(chat.reading.topic)
    click.echo(f"  {chat.phase}, first seen {moment(chat.first_seen_at)}")
    click.echo(f"  guid: {chat.guid}")
    if chat.url:
        click.echo(f"  post: {chat.url}")
    if chat.reading.flags:
        click.echo(f"  look at: {people(chat.reading.flags)}")
    click.echo()
    print_table(("field", "value", "read from"), _rows(chat, rulings))


def print_version(version: Version, chat: Chat) -> None:
    """Print when a version was seen, and what it changed."""
    post, lines = version.revision.post, version.lines
    other = "" if post.guid == chat.guid else f" (another post: {post.guid})"
    click.echo(
        f"\nVersion {version.number}, seen {moment(version.revision.seen_at)}{other}: "
        f"{counted(lines.added, 'line')} added, {lines.removed} removed"
    )
    if version.changes is None:
        click.echo(f"  first seen as: {post.title}")
        return
    for change in version.changes:
        click.echo(f"  {told(change)}")
    if not version.changes:
        click.echo("  nothing that is read out of it changed")


def told(change: Change) -> str:
    """Return a change on one line."""
    return f"{change.field}: {change.old or '–'} → {change.new or '–'}"


def history_record(
    chat: Chat, rulings: Sequence[Override], versions: Sequence[Version]
) -> dict[str, object]:
    """Return what `chats show --json` prints."""
    return {
        **chat_record(chat),
        "first_seen_at": chat.first_seen_at,
        "evidence": [{"field": item.field, "text": item.text} for item in chat.reading.evidence],
        "overrides": [
            {
                "field": item.field,
                "value": item.value,
                "set_at": item.set_at,
                "set_by": item.set_by,
            }
            for item in rulings
        ],
        "revisions": [_version_record(version) for version in versions],
    }


def _version_record(version: Version) -> dict[str, object]:
    return {
        "number": version.number,
        "seen_at": version.revision.seen_at,
        "guid": version.revision.post.guid,
        "title": version.revision.post.title,
        "lines_added": version.lines.added,
        "lines_removed": version.lines.removed,
        "changes": [
            {"field": change.field, "old": change.old, "new": change.new}
            for change in version.changes or ()
        ],
    }


def _rows(chat: Chat, rulings: Sequence[Override]) -> Iterator[tuple[str, str, str]]:
    evidence = {item.field: item.text for item in chat.reading.evidence}
    set_by_hand = {item.field: item for item in rulings}
    for name, value, words in _values(chat):
        ruling = set_by_hand.get(name)
        read_from = evidence.pop(name, "") or words
        if ruling:
            yield name, value or "–", _ruled(ruling)
        elif value:
            yield name, value, read_from
    # The hour and the standing are read from words of their own.
    for name, words in evidence.items():
        yield name, "", words


def _ruled(ruling: Override) -> str:
    by = f" ({ruling.set_by})" if ruling.set_by else ""
    return f"a maintainer set it{by}, {moment(ruling.set_at)}"


def _values(chat: Chat) -> Iterator[tuple[str, str | None, str]]:
    """Yield field, value, and what it was read from where no evidence is kept."""
    reading = chat.reading
    yield "topic", reading.topic, reading.title if reading.topic in reading.title else ""
    yield "starts_at", moment(reading.starts_at), ""
    yield "ends_at", moment(reading.ends_at), ""
    for name in _FIELDS:
        yield name, as_text(getattr(reading, name)), ""
    for number, question in enumerate(reading.questions, 1):
        yield f"question {number}", question, ""
    for name in NUMBER_NAMES:
        figure = getattr(reading.numbers, name)
        yield name, str(figure.value) if figure else None, figure.printed if figure else ""
    for name in _ANSWERS:
        yield name, "yes" if getattr(reading, name) else None, ""
