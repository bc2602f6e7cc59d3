"""Remind those who asked for it on the day of a chat: the job that cron starts a few times an hour.

Each reminder is an edition of its own, of which nothing leaves once its chat has begun. It needs
no approval, because it only repeats what was approved: see `_is_told`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.audience.reminders import Due, due
from otalk_digest.delivery.provider import Provider
from otalk_digest.digest.compose import is_ahead
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.chat import Chat, Flag
from otalk_digest.model.edition import Digest, Edition, EditionKind
from otalk_digest.model.news import KnownNews, NewsKind
from otalk_digest.pipeline.checking import check_with, require_fit
from otalk_digest.pipeline.collecting import collect
from otalk_digest.pipeline.correcting import what_is_wrong
from otalk_digest.pipeline.freezing import keep, render_edition
from otalk_digest.pipeline.readers import require_readers
from otalk_digest.pipeline.running import (
    Job,
    RunReport,
    balance,
    go_on,
    note_books,
    patiently,
    with_provider,
)
from otalk_digest.store import circles, editions, news, posts
from otalk_digest.store.database import secret_key
from otalk_digest.store.tellings import tellings_ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A chat of which some readers are to be reminded now."""

    chat: Chat
    circle: circles.Circle
    #: Segment → readers.
    counts: dict[str, int]


def remind(job: Job) -> RunReport:
    """Send what is due, and what is left of a reminder that was interrupted."""
    report = RunReport()
    with job.store.lease():
        job.store.check_daily()
        with job.store.read() as connection:
            require_readers(connection)
            is_anything = bool(_left(connection) or any(_calls(connection, job)))
        if is_anything:
            with_provider(job, report, lambda provider: _walk(job, provider, report))
            balance(job, report)
    return report


def rehearse_reminders(job: Job) -> RunReport:
    """Do all of it but the sending, by what is known, in a transaction that is rolled back."""
    report = RunReport(is_rehearsal=True)
    with job.store.lease(), job.store.rehearse() as connection:
        require_readers(connection)
        _freeze_all(connection, job, report)
    return report


def _walk(job: Job, provider: Provider, report: RunReport) -> None:
    # It may have been called off this morning; while the blog is down, by what is known.
    report.collected = patiently(report, lambda: collect(job.store, job.source, now=job.clock()))
    try:
        with job.store.begin() as connection:
            _freeze_all(connection, job, report)
    finally:
        with job.store.read() as connection:
            left = _left(connection)
        go_on(job, provider, report, left)


def _left(connection: Connection) -> Sequence[int]:
    return editions.unfinished(connection, EditionKind.REMINDER)


def _freeze_all(connection: Connection, job: Job, report: RunReport) -> None:
    for call in list(_calls(connection, job)):
        if job.is_approval_required and not _is_told(connection, call.chat, now=job.clock()):
            report.unapproved.append(call.chat.reading.topic or call.chat.guid)
            log_event("reminder_waits", chat=call.chat.guid)
            continue
        edition = _freeze(connection, job, call, report)
        report.editions.append(edition)
        note_books(connection, report, edition.number)


def _calls(connection: Connection, job: Job) -> Iterator[_Call]:
    """Yield each chat that begins before long, with those whose reminder of it is due."""
    now, home = job.clock(), job.press.profile.zone
    zones = circles.zones_to_remind(connection)
    for chat in posts.all_chats(connection):
        starts_at = chat.reading.starts_at
        # A date that is not sure is never presented as certain.
        if starts_at is None or not is_ahead(chat, now) or Flag.CHECK_DATE in chat.reading.flags:
            continue
        called = due(starts_at, zones, home=home, now=now)
        if called.is_nobody or posts.is_gone(connection, chat.guid):
            continue
        circle = _circle(chat, starts_at, called)
        counts = circles.count_readers(connection, job.segments, circle, now=now)
        if counts:
            yield _Call(chat=chat, circle=circle, counts=counts)


def _circle(chat: Chat, starts_at: datetime, called: Due) -> circles.Circle:
    return circles.to_remind(
        chat.guid,
        starts_at,
        zones=called.zones,
        is_home_due=called.is_home_due,
        is_hour_due=called.is_hour_due,
    )


def _is_told(connection: Connection, chat: Chat, *, now: datetime) -> bool:
    """Whether the chat as it is now was told in an edition that maintainers let leave."""
    said = [each for each in tellings_ahead(connection, now=now) if each.guid == chat.guid]
    return bool(said) and what_is_wrong(said[-1], chat, now=now) is None


def _freeze(connection: Connection, job: Job, call: _Call, report: RunReport) -> Edition:
    """Freeze one reminder with its plan. Raises TemplateError, CheckFailedError."""
    now = job.clock()
    digests = [
        (segment, _compose(connection, segment, call.chat, now=now))
        for segment in job.segments
        if call.counts.get(segment.name)
    ]
    edition = render_edition(connection, digests, job.press, now=now)
    if edition is None:
        raise ValueError("a reminder says something")
    keep(connection, edition, [digest for _, digest in digests])
    circles.plan_circle(connection, edition.number, job.segments, circle=call.circle, now=now)
    found = check_with(secret_key(connection), edition, job.post, expected=job.expected)
    report.findings[edition.number] = found
    if not report.is_rehearsal:
        require_fit(edition.number, found, is_frozen=False)
    log_event("edition_frozen", edition=edition.number, kind=str(edition.kind))
    return edition


def _compose(connection: Connection, segment: Segment, chat: Chat, *, now: datetime) -> Digest:
    """Say when and where, and no more: the rest was told, and stands on the blog."""
    newest = news.newest_news(connection, chat.guid)
    if newest is None:
        raise ValueError("a chat became known by a piece of news")
    reading = replace(chat.reading, introduction=None, questions=(), cpd=())
    told = replace(
        newest.news, kind=NewsKind.ANNOUNCEMENT, url=chat.url, reading=reading, changes=()
    )
    return Digest(
        segment=segment.name,
        now=now,
        headline=KnownNews(id=newest.id, news=told),
        is_any_ahead=True,
        kind=EditionKind.REMINDER,
        about=chat.guid,
    )
