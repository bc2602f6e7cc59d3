"""Freeze the next edition of a run, unless it has to wait; then nothing of it is kept."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from otalk_digest.logs import log_event
from otalk_digest.model.edition import Edition, EditionKind
from otalk_digest.pipeline.checking import check_with, require_fit
from otalk_digest.pipeline.freezing import compose_all, freeze, render_edition
from otalk_digest.pipeline.proposing import State, standing, weigh
from otalk_digest.pipeline.readiness import weigh_up
from otalk_digest.store import editions
from otalk_digest.store.database import secret_key

if TYPE_CHECKING:
    from otalk_digest.pipeline.running import Job, RunReport


def freeze_next(connection: Connection, job: "Job", report: "RunReport") -> Edition | None:
    """Freeze the next edition, or return None; a rehearsal goes on, whatever a run would wait for.

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
        if edition.kind is EditionKind.CORRECTION and not any(proposal.counts.values()):
            # Of the chosen segments only: whoever holds it is in another one.
            trial.rollback()
            return None
        report.findings[number] = check_with(
            secret_key(connection), edition, job.post, expected=job.expected
        )
        report.ready = weigh_up(
            proposal, report.findings[number], zone=job.press.profile.zone, now=now
        )
        if not (report.is_rehearsal or found.may_leave):
            trial.rollback()
            log_event("edition_waits", edition=number, standing=str(found.state))
            return None
    if not report.is_rehearsal:
        require_fit(number, report.findings[number], is_frozen=False)
    segments = [variant.segment for variant in edition.variants]
    log_event("edition_frozen", edition=number, kind=str(edition.kind), segments=segments)
    return edition
