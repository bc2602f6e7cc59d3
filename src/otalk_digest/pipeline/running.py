"""The cron job: everything, once. Start it any number of times, kill it anywhere."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import CheckFailedError, InputError, OtalkDigestError, TryAgainError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.delivery import Tally
from otalk_digest.model.edition import Edition
from otalk_digest.pipeline.checking import Findings, check_edition, check_with, require_fit
from otalk_digest.pipeline.collecting import Collected, Source, collect, pull, take_in
from otalk_digest.pipeline.delivering import Clock, Post, close_books, deliver, recover
from otalk_digest.pipeline.forgetting import Forgotten, Keeping, forget
from otalk_digest.pipeline.freezing import Press, compose_all, freeze, render_edition
from otalk_digest.pipeline.proposing import Proposal, Standing, State, standing, weigh
from otalk_digest.pipeline.readers import require_readers
from otalk_digest.pipeline.readiness import Condition, Evidence, conditions
from otalk_digest.pipeline.settling import Policy, settle_doubts
from otalk_digest.pipeline.suppressing import Synced, sync_suppressions
from otalk_digest.store import books, editions
from otalk_digest.store.database import Store, secret_key

if TYPE_CHECKING:
    from otalk_digest.check.expected import Expected

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a run needs, built by the command line."""

    store: Store
    source: Source
    press: Press
    post: Post
    #: What every message is checked against before it leaves.
    expected: "Expected"
    #: All segments, in the file's order.
    segments: tuple[Segment, ...]
    #: The ones to compose for.
    chosen: tuple[Segment, ...]
    make_provider: Callable[[], Provider]
    clock: Clock
    stop: threading.Event
    #: An edition leaves only when a maintainer has approved it.
    is_approval_required: bool = False
    policy: Policy = field(default_factory=Policy)
    keeping: Keeping = field(default_factory=Keeping)


@dataclass(slots=True)
class RunReport:
    """What a run did, in the order it did it."""

    #: Nothing was sent and nothing kept.
    is_rehearsal: bool = False
    collected: Collected | None = None
    edition: Edition | None = None
    #: Where the next edition stands; None when there is nothing to say.
    standing: Standing | None = None
    #: Frozen editions of which nothing leaves now.
    held: dict[int, Standing] = field(default_factory=dict)
    #: Edition → its books after this run, for each one that was worked on.
    tallies: dict[int, Tally] = field(default_factory=dict)
    #: Edition → (segment, status, reason, how many).
    reasons: dict[int, Sequence[tuple[str | None, str, str | None, int]]] = field(
        default_factory=dict
    )
    #: Edition → what the check says of it, for each one that was checked.
    findings: dict[int, Findings] = field(default_factory=dict)
    #: Whether the next edition is ready to leave, line by line.
    ready: tuple[Condition, ...] = ()
    in_doubt: int = 0
    #: Deliveries in doubt that the settings decided about.
    settled: int = 0
    #: What came of keeping the provider's suppression lists and ours in step.
    synced: Synced = field(default_factory=Synced)
    #: What was kept long enough.
    forgotten: Forgotten = field(default_factory=Forgotten)
    #: What kept the run from finishing; the rest was done.
    error: OtalkDigestError | None = None


def run(job: Job) -> RunReport:
    """Collect, freeze, plan and deliver. Raises OtalkDigestError when it cannot begin."""
    report = RunReport()
    with job.store.lease():
        job.store.check()
        # Before the plan, so that its numbers are right.
        report.forgotten = forget(job.store, job.keeping, now=job.clock())
        with job.store.read() as connection:
            require_readers(connection)
        _with_provider(job, report, lambda provider: _walk(job, provider, report))
        _balance(job, report)
    return report


def rehearse(job: Job) -> RunReport:
    """Do all of it but the sending, in a transaction that is rolled back."""
    report = RunReport(is_rehearsal=True)
    with job.store.lease():
        now = job.clock()
        # No lock is held while the blog answers.
        with job.store.read() as connection:
            require_readers(connection)
            fetched = _patiently(report, lambda: pull(connection, job.source, now=now))
        with job.store.rehearse() as connection:
            if fetched is not None:
                report.collected = _patiently(
                    report, lambda: take_in(connection, job.source, fetched, now=now)
                )
            # A rehearsal goes on, whatever a run would wait for.
            report.edition = _freeze_next(connection, job, report, is_rehearsal=True)
            if report.edition is not None:
                _note_books(connection, report, report.edition.number)
    return report


def resume(job: Job, number: int | None, *, is_rehearsal: bool) -> RunReport:
    """Go on with this edition, or with every one that is not finished.

    Raises InputError when there is no such edition.
    """
    report = RunReport(is_rehearsal=is_rehearsal)
    with job.store.lease():
        job.store.check()
        numbers = _waiting(job, number)
        if is_rehearsal:
            with job.store.read() as connection:
                for waiting in numbers:
                    _note_books(connection, report, waiting)
        else:
            _with_provider(job, report, lambda provider: _go_on(job, provider, report, numbers))
            _balance(job, report)
    return report


def _with_provider(job: Job, report: RunReport, work: Callable[[Provider], None]) -> None:
    """Do the work; what stops it is kept, so that the books are read all the same."""
    provider = job.make_provider()
    try:
        with job.store.begin() as connection:
            recovered = recover(connection, provider, now=job.clock())
        if recovered:
            log_event("attempts_recovered", attempts=recovered, provider=provider.name)
        # Before the plan, so that its numbers are right, and before each claim (R5).
        report.synced = sync_suppressions(job.store, provider, now=job.clock())
        report.settled = settle_doubts(job.store, job.policy, now=job.clock())
        work(provider)
    except OtalkDigestError as error:
        report.error = error
    finally:
        provider.close()


def _walk(job: Job, provider: Provider, report: RunReport) -> None:
    # While the blog is down, what is already collected still goes out.
    report.collected = _patiently(report, lambda: collect(job.store, job.source, now=job.clock()))
    try:
        with job.store.begin() as connection:
            report.edition = _freeze_next(connection, job, report, is_rehearsal=False)
            if report.edition is not None:
                _note_books(connection, report, report.edition.number)
    finally:
        # A theme that is broken now does not keep waiting what was frozen before.
        _go_on(job, provider, report, _waiting(job, None))


def _patiently(report: RunReport, work: Callable[[], T]) -> T | None:
    """Do the work; what asks for another try is kept, and the run goes on without it."""
    try:
        return work()
    except TryAgainError as error:
        report.error = error
        return None


def _go_on(job: Job, provider: Provider, report: RunReport, numbers: Sequence[int]) -> None:
    # In the books of this run even when the provider fails at once.
    with job.store.read() as connection:
        for number in numbers:
            _note_books(connection, report, number)
    unfit: CheckFailedError | None = None
    for number in numbers:
        try:
            _require_fit(job, report, number)
        except CheckFailedError as error:
            # Its readers stay planned; the other editions need not wait for it.
            unfit = unfit or error
            continue
        deliver(job.store, number, provider, job.post, stop=job.stop, clock=job.clock)
    if unfit is not None:
        raise unfit


def _require_fit(job: Job, report: RunReport, number: int) -> None:
    """Check a frozen edition before its first claim: the settings may have changed since."""
    if number in report.findings or not report.tallies[number].planned:
        return
    with job.store.read() as connection:
        edition = editions.load_edition(connection, number)
    if edition is not None:
        found = check_edition(job.store, edition, job.post, expected=job.expected)
        report.findings[number] = found
        require_fit(number, found, is_frozen=True)


def _waiting(job: Job, number: int | None) -> Sequence[int]:
    """Raises InputError when there is no such edition."""
    with job.store.read() as connection:
        if number is None:
            return editions.unfinished(connection)
        if editions.load_edition(connection, number) is None:
            raise InputError(f"There is no edition {number}. See: otalk-digest editions.")
        return (number,)


def _freeze_next(
    connection: Connection, job: Job, report: RunReport, *, is_rehearsal: bool
) -> Edition | None:
    """Freeze the next edition, unless it has to wait; then nothing of it is kept.

    Raises CheckFailedError, with nothing frozen, when it may not leave.
    """
    now = job.clock()
    number = editions.next_number(connection)
    digests = compose_all(connection, job.chosen, now=now)
    edition = render_edition(connection, digests, job.press, now=now)
    with connection.begin_nested() as trial:
        freeze(connection, edition, digests, segments=job.segments, now=now)
        # Weighed with its plan: how many readers there are is part of what was approved.
        proposal = None if edition is None else weigh(connection, edition, job.segments)
        found = standing(
            connection, number, is_required=job.is_approval_required, proposal=proposal
        )
        if edition is not None or found.state is State.HELD:
            report.standing = found
        if edition is None or proposal is None:
            return None
        report.findings[number] = check_with(
            secret_key(connection), edition, job.post, expected=job.expected
        )
        report.ready = _weigh_up(job, report, proposal, now=now)
        if not (is_rehearsal or found.may_leave):
            trial.rollback()
            log_event("edition_waits", edition=number, standing=str(found.state))
            return None
    if not is_rehearsal:
        require_fit(number, report.findings[number], is_frozen=False)
    segments = [variant.segment for variant in edition.variants]
    log_event("edition_frozen", edition=number, segments=segments)
    return edition


def _weigh_up(
    job: Job, report: RunReport, proposal: Proposal, *, now: datetime
) -> tuple[Condition, ...]:
    edition = proposal.edition
    found = report.findings[edition.number].values()
    return conditions(
        Evidence(
            edition=edition,
            findings=[finding for findings in found for finding in findings],
            readers=proposal.counts,
            now=now,
            zone=job.press.profile.zone,
        )
    )


def _balance(job: Job, report: RunReport) -> None:
    """Close what is complete and read the books once more, after whatever happened (R8)."""
    close_books(job.store, now=job.clock())
    with job.store.read() as connection:
        for number in tuple(report.tallies):
            _note_books(connection, report, number)
        report.in_doubt = books.count_in_doubt(connection)
    for number, tally in report.tallies.items():
        log_event("edition_balanced", edition=number, **asdict(tally))


def _note_books(connection: Connection, report: RunReport, number: int) -> None:
    report.tallies[number] = books.tally(connection, number)
    report.reasons[number] = books.count_by_reason(connection, number)
    found = standing(connection, number, is_required=False)
    if found.state is State.HELD:
        report.held[number] = found
    else:
        report.held.pop(number, None)
