"""Approval, hold and edits on a real store: what is refused, and what is kept."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.builders import NOW, a_segment, a_subscriber, some_news
from tests.digests import PROFILE, PUBLICATION, THEMES
from tests.stores import add_news, add_people, contents

from otalk_digest.errors import CheckFailedError, InputError
from otalk_digest.model.audience import Facet, Has
from otalk_digest.model.edition import Drop, Edition
from otalk_digest.model.finding import Finding, Level, Part, Place
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline import approving, editing
from otalk_digest.pipeline.approving import Standing, State, What
from otalk_digest.pipeline.freezing import Press
from otalk_digest.store import news
from otalk_digest.store.database import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

PRESS: Final = Press(publication=PUBLICATION, profile=PROFILE, theme_folders=(THEMES,))
SEGMENTS: Final = (
    a_segment("students", rule=Has(Facet.TAG, "student")),
    a_segment("everyone"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two readers, and three notices that nobody was told."""
    opened = open_store(tmp_path / "digest.sqlite3")
    with opened.begin() as connection:
        add_people(connection, a_subscriber("ann@example.org"))
        add_people(connection, a_subscriber("bo@example.org", tags=frozenset({"student"})))
        add_news(
            connection,
            *(
                some_news(n, NewsKind.NOTICE, guid=f"g{n}", is_chat=False, topic=f"Tea rota {n}")
                for n in (1, 2, 3)
            ),
        )
    yield opened
    opened.close()


def proposed(store: Store) -> approving.Proposal:
    with store.rehearse() as connection:
        proposal = approving.propose(connection, PRESS, SEGMENTS, now=NOW)
    assert proposal is not None
    return proposal


def stands(store: Store, *, is_required: bool = True) -> Standing:
    with store.rehearse() as connection:
        proposal = approving.propose(connection, PRESS, SEGMENTS, now=NOW + timedelta(hours=3))
        return approving.standing(connection, 1, is_required=is_required, proposal=proposal)


def approve(
    store: Store, *, check: approving.Check | None = None, seen: str | None = None
) -> approving.Approval:
    return approving.approve(
        store, PRESS, SEGMENTS, 1, by="Edda", clock=lambda: NOW, check=check, seen=seen
    )


def test_a_proposal_counts_the_readers_and_keeps_nothing(store: Store) -> None:
    before = contents(store)

    with store.begin() as connection:
        proposal = approving.propose(connection, PRESS, SEGMENTS, now=NOW)

    assert proposal is not None
    assert proposal.counts == {"students": 1, "everyone": 1}
    assert contents(store) == before


def test_an_approval_holds_as_long_as_nothing_that_matters_changes(store: Store) -> None:
    assert stands(store).state is State.WAITING
    assert stands(store, is_required=False).state is State.NOTHING_ASKED

    approval = approve(store)

    assert approval.edition is not None
    found = stands(store)
    assert (found.state, found.decision) == (State.APPROVED, approval.decision)
    with store.read() as connection:
        assert approving.approved_variants(connection, 1) == approval.edition.variants
        assert approving.approved_variants(connection, 2) == ()


def test_an_edit_after_the_approval_is_a_change_that_can_be_shown(store: Store) -> None:
    approve(store)
    editing.hide(store, SEGMENTS, 1, 2, by="Ova", now=NOW)

    found = stands(store)

    assert found.state is State.CHANGED
    assert not found.may_leave
    gone = [
        line.text
        for part in found.parts
        if (part.segment, part.label) == ("everyone", "text")
        for line in part.lines
        if line.kind == "gone"
    ]
    assert "Tea rota 2" in "\n".join(gone)


def a_finding(rule: str, level: Level) -> Finding:
    place = Place(part=Part.HTML, excerpt="…")
    return Finding(rule=rule, level=level, place=place, why="It hurts.", mend="Mend it.")


def test_what_breaks_a_must_is_not_approved(store: Store) -> None:
    checked: list[Edition] = []

    def check(edition: Edition) -> Sequence[Finding]:
        checked.append(edition)
        return [a_finding("size", Level.SHOULD), a_finding("link-text", Level.MUST)]

    before = contents(store)

    with pytest.raises(CheckFailedError, match=r"it must keep \(link-text\)"):
        approve(store, check=check)

    assert CheckFailedError.exit_status == 5
    assert contents(store) == before
    assert [edition.number for edition in checked] == [1]
    assert checked[0].variants == proposed(store).edition.variants


def test_what_only_breaks_a_should_is_approved(store: Store) -> None:
    approve(store, check=lambda _: [a_finding("size", Level.SHOULD)])

    assert stands(store).state is State.APPROVED


def test_what_is_not_what_was_looked_at_is_not_approved(store: Store) -> None:
    seen = proposed(store).material_hash
    editing.hide(store, SEGMENTS, 1, 2, by="Ova", now=NOW)

    with pytest.raises(InputError, match="is not what you looked at any more"):
        approve(store, seen=seen)

    assert stands(store).state is State.WAITING
    approve(store, seen=proposed(store).material_hash)
    assert stands(store).state is State.APPROVED


def test_a_hold_can_be_lifted_while_there_is_nothing_to_say(store: Store) -> None:
    for number in (1, 2, 3):
        editing.hide(store, SEGMENTS, 1, number, by="Ova", now=NOW)
    approving.hold(store, 1, by="Ova", reason=None, clock=lambda: NOW)
    assert stands(store, is_required=False).state is State.HELD

    approval = approve(store)

    assert (approval.edition, approval.decision.what) == (None, What.RELEASED)
    assert stands(store).state is State.WAITING
    with pytest.raises(InputError, match="There is nothing to approve"):
        approve(store)


# --- edits -------------------------------------------------------------------------------------


def row(store: Store) -> list[tuple[int, tuple[str, ...]]]:
    with store.read() as connection:
        found = editing.items(connection, SEGMENTS, now=NOW)
    return [(item.news_id, item.segments) for item in found]


def test_items_of_all_segments_stand_in_one_row_and_move_in_it(store: Store) -> None:
    with store.begin() as connection:
        # Told before in the one segment, so that it is new to the other only.
        news.mark_dropped(connection, "everyone", [Drop(news_id=2, reason="told before")])
    both, students = ("students", "everyone"), ("students",)
    assert row(store) == [(1, both), (2, students), (3, both)]

    editing.move(store, SEGMENTS, 1, 3, direction="up", by="Ova", now=NOW)
    editing.move(store, SEGMENTS, 1, 3, direction="up", by="Ova", now=NOW)

    assert row(store) == [(3, both), (1, both), (2, students)]
    orders = {variant.segment: variant.news_ids for variant in proposed(store).edition.variants}
    assert orders == {"students": (3, 1, 2), "everyone": (3, 1)}
    with store.read() as connection:
        last = editing.last_edit(connection, 1)
    assert last is not None
    assert (last.kind, last.by, last.at) == (editing.EditKind.MOVE, "Ova", NOW)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("  Tea\r\nand\rcake \n", "Tea\nand\ncake"),
        ("a\x00b\x1b[31mc\x85", "ab[31mc"),
        ("1\tx", "1   x"),
        # A family, a right-to-left name and a hard line break stay what they are.
        ("👩‍👧 \u200fשלום  \nx", "👩‍👧 \u200fשלום  \nx"),
        (" \n ", None),
        (None, None),
    ],
)
def test_a_note_is_kept_as_it_was_typed(store: Store, text: str | None, note: str | None) -> None:
    editing.set_note(store, 1, "Before", by="Edda", now=NOW)

    editing.set_note(store, 1, text, by="Edda", now=NOW)

    with store.read() as connection:
        assert editing.current_edits(connection, 1).note == note


@pytest.mark.parametrize("number", [0, 2])
def test_only_the_next_edition_can_be_edited(store: Store, number: int) -> None:
    edits: tuple[Callable[[], None], ...] = (
        lambda: editing.set_note(store, number, "Hello", by="Edda", now=NOW),
        lambda: editing.hide(store, SEGMENTS, number, 1, by="Edda", now=NOW),
        lambda: editing.show(store, number, 1, by="Edda", now=NOW),
        lambda: editing.move(store, SEGMENTS, number, 1, direction="down", by="Edda", now=NOW),
    )
    for edit in edits:
        with pytest.raises(InputError, match="only the next one can, which is 1"):
            edit()
