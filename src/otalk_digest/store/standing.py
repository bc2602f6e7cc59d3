"""Where deliveries stand, in the words of the indexes that find them.

Each index holds only some deliveries, and a database uses it only where it reads, spelled out,
that no others are asked for.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, literal_column, select

from otalk_digest.model.delivery import Status
from otalk_digest.store.schema import attempts, deliveries

_D = deliveries.c


def _spelled_out(status: Status) -> ColumnElement[str]:
    return literal_column(f"'{status}'")


IS_PLANNED: Final = _D.status == _spelled_out(Status.PLANNED)
IS_SENDING: Final = _D.status == _spelled_out(Status.SENDING)
#: For a while at least: events and decisions may move it on.
HAS_ENDED: Final = _D.status.not_in([_spelled_out(Status.PLANNED), _spelled_out(Status.SENDING)])


def stands_at(edition: ColumnElement[int] | int, status: Status) -> ColumnElement[bool]:
    """Return the condition for deliveries of an edition."""
    if status is Status.SENDING:
        # By their attempts, a few: by edition there is nothing to find them among a million.
        of_edition = select(attempts.c.id).where(attempts.c.edition == edition)
        return and_(IS_SENDING, _D.attempt_id.in_(of_edition))
    if status is Status.PLANNED:
        return and_(_D.edition == edition, IS_PLANNED)
    return and_(_D.edition == edition, _D.status == status, HAS_ENDED)
