"""Hand an edition over to the workers, in the transaction that plans it."""

from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import Connection

from otalk_digest.delivery.provider import Provider
from otalk_digest.logs import log_event
from otalk_digest.memory import share_one_heap
from otalk_digest.pipeline.fencing import deliver_fenced
from otalk_digest.store import decisions, editions

if TYPE_CHECKING:
    from otalk_digest.pipeline.running import Job, RunReport

#: Enough for what a provider sends side by side.
_BATCHES: Final = 4


class Queue(Protocol):
    """Where workers find what to do. It may be lost: the books hold all that it holds."""

    def prepare(self, connection: Connection) -> None:
        """Make its tables where there are none."""

    def fill(self, connection: Connection, edition: int, *, size: int) -> int:
        """Replace what waits of an edition by what is planned, in jobs of so many readers.

        Returns how many jobs. All of it happens in the caller's transaction.
        """


def job_size(provider: Provider) -> int:
    """Return how many readers make one job: few enough for many machines to share a list."""
    return _BATCHES * provider.batch_size


def hand_over(
    connection: Connection, job: "Job", provider: Provider, *, report: "RunReport", number: int
) -> None:
    """Let the workers have an edition, where there are any and nobody holds it."""
    if job.queue is None or number in report.held:
        return
    report.handed_over[number] = job.queue.fill(connection, number, size=job_size(provider))
    log_event("edition_handed_over", edition=number, jobs=report.handed_over[number])


def send_off(job: "Job", provider: Provider, report: "RunReport", number: int) -> None:
    """Deliver an edition, or let the workers; raises what `deliver` raises."""
    if job.queue is None:
        share_one_heap()
        deliver_fenced(job, number, provider, report.called_back, patience=job.policy.patience)
    elif number not in report.handed_over:
        with job.store.begin() as connection:
            hand_over(connection, job, provider, report=report, number=number)


def refill(connection: Connection, queue: Queue, provider: Provider) -> None:
    """Put everything that is planned into the queue again; nothing of what is held."""
    for number in editions.unfinished(connection):
        if not decisions.is_held(connection, number):
            queue.fill(connection, number, size=job_size(provider))
