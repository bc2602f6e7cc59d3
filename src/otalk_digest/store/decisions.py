"""What maintainers decided about an edition. Rows are only added; the newest one counts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, func, insert, select

from otalk_digest.model.edition import Variant
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import decisions

# Asked for every few readers, so it is built once.
_NEWEST = (
    select(decisions.c.what)
    .where(decisions.c.edition == bindparam("number"))
    .order_by(decisions.c.id.desc())
    .limit(1)
)


class What(StrEnum):
    """What was decided."""

    #: It may leave as it is now.
    APPROVED = "approved"
    #: It stays, until someone says otherwise.
    HELD = "held"
    #: It is held no longer.
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision, by whom and when."""

    edition: int
    what: What
    #: UTC.
    at: datetime
    by: str
    reason: str | None = None
    #: Of an approval: the hash of what was approved.
    material_hash: str | None = None
    #: Of an approval: segment → readers at that time.
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedContent:
    """What an approval was given for."""

    variants: tuple[Variant, ...]
    #: Name and definition of each segment, in the file's order.
    segments: tuple[tuple[str, str], ...]


def save_decision(
    connection: Connection, decision: Decision, content: ApprovedContent | None = None
) -> None:
    """Keep a decision behind all others; an approval comes with what it was given for."""
    connection.execute(
        insert(decisions).values(
            edition=decision.edition,
            what=decision.what,
            at=decision.at,
            by=decision.by,
            reason=decision.reason,
            material_hash=decision.material_hash,
            counts=to_json(decision.counts) if decision.counts else None,
            content=None if content is None else to_json(content),
        )
    )


def newest_decision(connection: Connection, edition: int) -> Decision | None:
    """Return the decision that counts for this edition."""
    return newest_decisions(connection, edition).get(edition)


def newest_decisions(connection: Connection, edition: int | None = None) -> dict[int, Decision]:
    """Return edition → the decision that counts for it."""
    newest = select(func.max(decisions.c.id)).group_by(decisions.c.edition)
    if edition is not None:
        newest = newest.where(decisions.c.edition == edition)
    columns = [column for column in decisions.c if column.name not in {"id", "content"}]
    return {
        row.edition: Decision(
            edition=row.edition,
            what=What(row.what),
            at=row.at,
            by=row.by,
            reason=row.reason,
            material_hash=row.material_hash,
            counts={} if row.counts is None else from_json(row.counts, dict[str, int]),
        )
        for row in connection.execute(select(*columns).where(decisions.c.id.in_(newest)))
    }


def is_held(connection: Connection, edition: int) -> bool:
    """Return whether nothing of this edition may leave."""
    return connection.scalar(_NEWEST, {"number": edition}) == What.HELD


def approved_content(connection: Connection, edition: int) -> ApprovedContent | None:
    """Return what was approved last for this edition, whatever was decided since."""
    query = (
        select(decisions.c.content)
        .where(decisions.c.edition == edition, decisions.c.content.is_not(None))
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    record = connection.scalar(query)
    return None if record is None else from_json(record, ApprovedContent)
