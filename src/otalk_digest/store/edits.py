"""What maintainers edit in the next edition. Rows are only added; the newest value counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from otalk_digest.model.edition import Edits
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import edits


class EditKind(StrEnum):
    """What was done."""

    #: The value is the note; without one, there is none any more.
    NOTE = "note"
    HIDE = "hide"
    SHOW = "show"
    #: The value is the new order, of all that was ever moved.
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One thing that was done to an edition by hand, by whom and when."""

    edition: int
    kind: EditKind
    #: UTC.
    at: datetime
    by: str
    news_id: int | None = None
    #: Of a note only: Markdown.
    note: str | None = None
    #: Of a move only: see `model.edition.Edits`.
    order: tuple[int, ...] = ()


def save_edit(connection: Connection, edit: Edit) -> None:
    """Keep an edit behind all others."""
    is_move = edit.kind is EditKind.MOVE
    connection.execute(
        insert(edits).values(
            edition=edit.edition,
            what=edit.kind,
            news_id=edit.news_id,
            value=to_json(edit.order) if is_move else edit.note,
            at=edit.at,
            by=edit.by,
        )
    )


def list_edits(connection: Connection, edition: int) -> Sequence[Edit]:
    """Return all that was done to an edition, oldest first."""
    query = select(edits).where(edits.c.edition == edition).order_by(edits.c.id)
    return [_edit(row) for row in connection.execute(query)]


def last_edit(connection: Connection, edition: int) -> Edit | None:
    """Return what was done to an edition last."""
    query = select(edits).where(edits.c.edition == edition).order_by(edits.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _edit(row)


def current_edits(connection: Connection, edition: int) -> Edits:
    """Return what holds for an edition after all that was done to it."""
    note: str | None = None
    hidden: set[int] = set()
    order: tuple[int, ...] = ()
    for edit in list_edits(connection, edition):
        match edit.kind:
            case EditKind.NOTE:
                note = edit.note
            case EditKind.HIDE if edit.news_id is not None:
                hidden.add(edit.news_id)
            case EditKind.SHOW if edit.news_id is not None:
                hidden.discard(edit.news_id)
            case EditKind.MOVE:
                order = edit.order
            case _:
                raise ValueError(f"an edit {edit.kind} without a piece of news")
    return Edits(note=note, hidden=frozenset(hidden), order=order)


def _edit(row: Row[Any]) -> Edit:
    kind = EditKind(row.what)
    return Edit(
        edition=row.edition,
        kind=kind,
        at=row.at,
        by=row.by,
        news_id=row.news_id,
        note=row.value if kind is EditKind.NOTE else None,
        order=from_json(row.value, tuple[int, ...]) if kind is EditKind.MOVE else (),
    )
