from dataclasses import replace
from typing import Any

from tests.builders import NOW

from otalk_digest.model.edition import UNEDITED, Edits
from otalk_digest.store.database import Store
from otalk_digest.store.edits import (
    Edit,
    EditKind,
    current_edits,
    last_edit,
    list_edits,
    save_edit,
)


def an_edit(kind: EditKind, **fields: Any) -> Edit:  # noqa: ANN401 - any field of an edit
    return Edit(edition=2, kind=kind, at=NOW, by=fields.pop("by", "Edda"), **fields)


DONE = (
    an_edit(EditKind.NOTE, note="One"),
    an_edit(EditKind.HIDE, news_id=5),
    an_edit(EditKind.HIDE, news_id=6),
    an_edit(EditKind.MOVE, news_id=7, order=(7, 8)),
    an_edit(EditKind.NOTE, note="Two\n\n* three", by="Ova"),
    an_edit(EditKind.SHOW, news_id=5),
    an_edit(EditKind.MOVE, news_id=8, order=(8, 7, 9)),
)


def test_an_edition_that_nobody_edited_is_as_it_was_composed(store: Store) -> None:
    with store.read() as connection:
        assert current_edits(connection, 2) == UNEDITED
        assert last_edit(connection, 2) is None


def test_the_newest_value_counts_and_all_that_was_done_is_kept(store: Store) -> None:
    with store.begin() as connection:
        for edit in DONE:
            save_edit(connection, edit)

    with store.read() as connection:
        assert current_edits(connection, 2) == Edits(
            note="Two\n\n* three", hidden=frozenset({6}), order=(8, 7, 9)
        )
        assert last_edit(connection, 2) == DONE[-1]
        assert list_edits(connection, 2) == list(DONE)


def test_an_edit_holds_for_its_edition_only(store: Store) -> None:
    with store.begin() as connection:
        for edit in DONE:
            save_edit(connection, edit)

    with store.read() as connection:
        assert current_edits(connection, 1) == UNEDITED
        assert current_edits(connection, 3) == UNEDITED


def test_a_note_that_was_taken_away_is_gone(store: Store) -> None:
    with store.begin() as connection:
        save_edit(connection, DONE[0])
        save_edit(connection, replace(DONE[0], note=None))

    with store.read() as connection:
        assert current_edits(connection, 2).note is None
