"""Remind those who asked for it on the day of a chat: the job that cron starts a few times an hour.

Each reminder is an edition of its own, of which nothing leaves once its chat has begun. It needs
no approval, because it only repeats what was approved: see `_is_told`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from otalk_digest.audience.reminders import Due, due
from otalk_digest.delivery.provider import Provider
from otalk_digest.digest.compose import is_ahead
from otalk_digest.errors import CheckFailedError, OtalkDigestError, SettingsError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.chat import Chat, Flag
from otalk_digest.model.edition import Digest, Edition, EditionKind
from otalk_digest.model.news import KnownNews, NewsKind
from otalk_digest.pipeline.checking import check_with, why_unfit
from otalk_digest.pipeline.collecting import collect, pull, take_in
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

#: While nobody is due by what is known: a chat may have been moved to this very day. Shorter than
#: the hour before a chat, so that who wants to hear of it then is told in time.
_LOOK_AFTER: Final = timedelta(minutes=45)


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
            is_look_due = _is_look_due(connection, job)
        if is_look_due:
            # While the blog is down, by what is known.
            report.collected = patiently(
                report, lambda: collect(job.store, job.source, now=job.clock())
            )
        with job.store.read() as connection:
            is_anything = _is_anything(connection, job)
        if is_anything:
            with_provider(job, report, lambda provider: _walk(job, provider, report))
            balance(job, report)
    return report


def rehearse_reminders(job: Job) -> RunReport:
    """Do all of it but the sending, in a transaction that is rolled back."""
    report = RunReport(is_rehearsal=True)
    with job.store.lease():
        now = job.clock()
        # No lock is held while the blog answers.
        with job.store.read() as connection:
            require_readers(connection)
            fetched = (
                patiently(report, lambda: pull(connection, job.source, now=now))
                if _is_look_due(connection, job)
                else None
            )
        with job.store.rehearse() as connection:
            if fetched is not None:
                report.collected = patiently(
                    report, lambda: take_in(connection, job.source, fetched, now=now)
                )
            troubles = _freeze_all(connection, job, report)
    report.error = _as_one(troubles) or report.error
    return report


def _is_look_due(connection: Connection, job: Job) -> bool:
    """Whether to ask the blog first: what is due may have been called off this morning."""
    if _is_anything(connection, job):
        return True
    now = job.clock()
    if not circles.is_anyone_to_remind(connection, now=now):
        return False
    from otalk_digest.pipeline.pulling import looked_at  # noqa: PLC0415 - as in collecting

    looked = looked_at(connection, job.source)
    return looked is None or not timedelta() <= now - looked < _LOOK_AFTER


def _is_anything(connection: Connection, job: Job) -> bool:
    return bool(_left(connection) or any(_calls(connection, job)))


def _walk(job: Job, provider: Provider, report: RunReport) -> None:
    with job.store.begin() as connection:
        troubles = _freeze_all(connection, job, report)
    with job.store.read() as connection:
        left = _left(connection)
    try:
        go_on(job, provider, report, left)
    except CheckFailedError as error:
        troubles.append(error)
    if (trouble := _as_one(troubles)) is not None:
        raise trouble


def _as_one(troubles: Sequence[OtalkDigestError]) -> OtalkDigestError | None:
    """Return one error that names all of them, as bad as the first."""
    if not troubles:
        return None
    return type(troubles[0])(" ".join([str(each) for each in troubles]))


def _left(connection: Connection) -> Sequence[int]:
    return editions.unfinished(connection, EditionKind.REMINDER)


def _freeze_all(connection: Connection, job: Job, report: RunReport) -> list[OtalkDigestError]:
    """Freeze what is due, each for itself; return what kept some of them back."""
    troubles: list[OtalkDigestError] = []
    for call in list(_calls(connection, job)):
        topic = call.chat.reading.topic or call.chat.guid
        if job.is_approval_required and not _is_told(connection, call.chat, now=job.clock()):
            report.unapproved.append(topic)
            log_event("reminder_waits", chat=call.chat.guid)
            continue
        try:
            with connection.begin_nested():
                edition = _freeze(connection, job, call, report)
        except (CheckFailedError, SettingsError) as error:
            troubles.append(type(error)(f"No reminder of {topic}: {error}"))
            log_event("reminder_failed", chat=call.chat.guid)
            continue
        report.editions.append(edition)
        note_books(connection, report, edition.number)
    return troubles


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
    if (reason := why_unfit(found)) is not None:
        raise CheckFailedError(
            f"{reason}. Mend that in the theme or on the blog: the next remind tries again."
        )
    report.findings[edition.number] = found
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
