"""The cron job: everything, once. Start it any number of times, kill it anywhere."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Connection

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import CheckFailedError, InputError, OtalkDigestError, TryAgainError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.delivery import Tally
from otalk_digest.model.edition import Edition, EditionKind
from otalk_digest.pipeline.checking import Findings, check_edition, require_fit
from otalk_digest.pipeline.collecting import Collected, Source, collect, pull, take_in
from otalk_digest.pipeline.delivering import Clock, Post, close_books
from otalk_digest.pipeline.expiring import expire
from otalk_digest.pipeline.fencing import CalledBack, pick_up
from otalk_digest.pipeline.forgetting import Forgotten, Keeping, forget
from otalk_digest.pipeline.freezing import Press
from otalk_digest.pipeline.handing_over import Queue, hand_over, send_off
from otalk_digest.pipeline.issuing import freeze_next
from otalk_digest.pipeline.proposing import Standing, State, standing
from otalk_digest.pipeline.readers import require_readers
from otalk_digest.pipeline.readiness import Condition
from otalk_digest.pipeline.settling import Policy, settle_doubts
from otalk_digest.pipeline.suppressing import Synced, sync_suppressions
from otalk_digest.store import books, editions
from otalk_digest.store.database import Store

if TYPE_CHECKING:
    from otalk_digest.check.expected import Expected

T = TypeVar("T")

#: In one run; a mistake of ours that made more of them must not mail anybody for ever.
_MOST_CORRECTIONS: Final = 20


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
    #: Where workers take over; None when the run delivers by itself.
    queue: Queue | None = None


@dataclass(slots=True)
class RunReport:
    """What a run did, in the order it did it."""

    #: Nothing was sent and nothing kept.
    is_rehearsal: bool = False
    collected: Collected | None = None
    #: Frozen by it, in their order: corrections, then the digest.
    editions: list[Edition] = field(default_factory=list)
    #: Where the next edition stands; None when there is nothing to say.
    standing: Standing | None = None
    #: Frozen editions of which nothing leaves now.
    held: dict[int, Standing] = field(default_factory=dict)
    #: Editions that were worked on.
    numbers: set[int] = field(default_factory=set)
    #: Edition → its books after this run, for each one that was worked on.
    tallies: dict[int, Tally] = field(default_factory=dict)
    #: Edition → (segment, status, reason, how many).
    reasons: dict[int, Sequence[tuple[str | None, str, str | None, int]]] = field(
        default_factory=dict
    )
    #: Edition → into how many jobs it was cut for the workers, who go on with it.
    handed_over: dict[int, int] = field(default_factory=dict)
    #: Edition → what the check says of it, for each one that was checked.
    findings: dict[int, Findings] = field(default_factory=dict)
    #: Whether the next edition is ready to leave, line by line.
    ready: tuple[Condition, ...] = ()
    #: Chats of which nobody is reminded until a maintainer has approved what is told of them.
    unapproved: list[str] = field(default_factory=list)
    in_doubt: int = 0
    #: What was in doubt behind a fence.
    called_back: CalledBack = field(default_factory=CalledBack)
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
        job.store.check_daily()
        # Before the plan, so that its numbers are right.
        report.forgotten = forget(job.store, job.keeping, now=job.clock())
        with job.store.read() as connection:
            require_readers(connection)
        with_provider(job, report, lambda provider: _walk(job, provider, report))
        balance(job, report)
    return report


def rehearse(job: Job) -> RunReport:
    """Do all of it but the sending, in a transaction that is rolled back."""
    report = RunReport(is_rehearsal=True)
    with job.store.lease():
        now = job.clock()
        # No lock is held while the blog answers.
        with job.store.read() as connection:
            require_readers(connection)
            fetched = patiently(report, lambda: pull(connection, job.source, now=now))
        with job.store.rehearse() as connection:
            if fetched is not None:
                report.collected = patiently(
                    report, lambda: take_in(connection, job.source, fetched, now=now)
                )
            # A rehearsal goes on, whatever a run would wait for.
            while _freeze_one(connection, job, report):
                pass
    return report


def resume(job: Job, number: int | None, *, is_rehearsal: bool) -> RunReport:
    """Go on with this edition, or with every one that is not finished.

    Raises InputError when there is no such edition.
    """
    report = RunReport(is_rehearsal=is_rehearsal)
    with job.store.lease():
        job.store.check_daily()
        numbers = _waiting(job, number)
        if is_rehearsal:
            with job.store.read() as connection:
                for waiting in numbers:
                    note_books(connection, report, waiting)
        else:
            # Asked once more: what is called back is waiting only now.
            with_provider(job, report, lambda p: go_on(job, p, report, _waiting(job, number)))
            balance(job, report)
    return report


def with_provider(job: Job, report: RunReport, work: Callable[[Provider], None]) -> None:
    """Do the work; what stops it is kept, so that the books are read all the same."""
    provider = job.make_provider()
    try:
        if job.queue is not None:
            with job.store.begin() as connection:
                job.queue.prepare(connection)
        pick_up(job, provider, report.called_back)
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
    report.collected = patiently(report, lambda: collect(job.store, job.source, now=job.clock()))
    try:
        # Each for itself: a digest that may not leave does not keep a correction waiting.
        for _ in range(_MOST_CORRECTIONS):
            with job.store.begin() as connection:
                if not _freeze_one(connection, job, report, provider=provider):
                    break
    finally:
        # A theme that is broken now does not keep waiting what was frozen before.
        go_on(job, provider, report, _waiting(job, None))


def _freeze_one(
    connection: Connection, job: Job, report: RunReport, *, provider: Provider | None = None
) -> bool:
    """Freeze a correction that is due, or else the digest; return whether another may follow."""
    edition = freeze_next(connection, job, report)
    if edition is None:
        return False
    report.editions.append(edition)
    if provider is None:
        note_books(connection, report, edition.number)
    else:
        note_standing(connection, report, edition.number)
        hand_over(connection, job, provider, report=report, number=edition.number)
    return edition.kind is EditionKind.CORRECTION


def patiently(report: RunReport, work: Callable[[], T]) -> T | None:
    """Do the work; what asks for another try is kept, and the run goes on without it."""
    try:
        return work()
    except TryAgainError as error:
        report.error = error
        return None


def go_on(job: Job, provider: Provider, report: RunReport, numbers: Sequence[int]) -> None:
    """Deliver what is still planned of these editions.

    Raises CheckFailedError at the end when one of them may not leave, and what `deliver` does.
    """
    expire(job.store, numbers, now=job.clock())
    # In the books of this run even when the provider fails at once. They are read at its end
    # only: to count a million readers
    # takes seconds, in which the first of them could be served.
    with job.store.read() as connection:
        for number in numbers:
            note_standing(connection, report, number)
    unfit: CheckFailedError | None = None
    for number in numbers:
        try:
            _require_fit(job, report, number)
        except CheckFailedError as error:
            # Its readers stay planned; the other editions need not wait for it.
            unfit = unfit or error
            continue
        send_off(job, provider, report, number)
    if unfit is not None:
        raise unfit


def _require_fit(job: Job, report: RunReport, number: int) -> None:
    """Check a frozen edition before its first claim: the settings may have changed since."""
    if number in report.findings:
        return
    with job.store.read() as connection:
        if not books.is_anyone_planned(connection, number):
            return
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


def balance(job: Job, report: RunReport) -> None:
    """Close what is complete and read the books once more, after whatever happened (R8)."""
    close_books(job.store, now=job.clock())
    with job.store.read() as connection:
        for number in sorted(report.numbers):
            note_books(connection, report, number)
        report.in_doubt = books.count_in_doubt(connection)
    for number, tally in report.tallies.items():
        log_event("edition_balanced", edition=number, **asdict(tally))


def note_books(connection: Connection, report: RunReport, number: int) -> None:
    """Read the books of an edition into the report."""
    report.tallies[number] = books.tally(connection, number)
    report.reasons[number] = books.count_by_reason(connection, number)
    note_standing(connection, report, number)


def note_standing(connection: Connection, report: RunReport, number: int) -> None:
    """Note that an edition is worked on, and whether it is held."""
    report.numbers.add(number)
    found = standing(connection, number, is_required=False)
    if found.state is State.HELD:
        report.held[number] = found
    else:
        report.held.pop(number, None)
