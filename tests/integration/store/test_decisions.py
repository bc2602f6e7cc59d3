from tests.builders import HOUR, NOW, a_variant

from otalk_digest.store.database import Store
from otalk_digest.store.decisions import (
    ApprovedContent,
    Decision,
    What,
    approved_content,
    is_held,
    newest_decision,
    newest_decisions,
    save_decision,
)

CONTENT = ApprovedContent(variants=(a_variant(), a_variant("b")), segments=(("b", "x"), ("a", "y")))


def a_decision(what: What, edition: int = 1, reason: str | None = None) -> Decision:
    return Decision(edition=edition, what=what, at=NOW, by="Edda", reason=reason)


def test_of_an_edition_that_nobody_decided_about_nothing_is_known(store: Store) -> None:
    with store.read() as connection:
        assert newest_decision(connection, 1) is None
        assert not is_held(connection, 1)
        assert approved_content(connection, 1) is None


def test_an_approval_comes_back_with_what_it_was_given_for(store: Store) -> None:
    decision = Decision(
        edition=3,
        what=What.APPROVED,
        at=NOW,
        by="Edda Fenn",
        material_hash="ab12",
        counts={"b": 2, "a": 0},
    )
    with store.begin() as connection:
        save_decision(connection, decision, CONTENT)

    with store.read() as connection:
        assert newest_decision(connection, 3) == decision
        assert approved_content(connection, 3) == CONTENT


def test_the_newest_decision_about_an_edition_counts_even_when_a_clock_went_back(
    store: Store,
) -> None:
    late = Decision(edition=1, what=What.RELEASED, at=NOW - HOUR, by="Ova")
    with store.begin() as connection:
        save_decision(connection, a_decision(What.APPROVED), CONTENT)
        save_decision(connection, a_decision(What.HELD, edition=2, reason="Ida is ill"))
        save_decision(connection, a_decision(What.HELD))
        assert is_held(connection, 1)
        save_decision(connection, late)

    with store.read() as connection:
        assert newest_decision(connection, 1) == late
        assert (is_held(connection, 1), is_held(connection, 2)) == (False, True)
        assert {number: each.by for number, each in newest_decisions(connection).items()} == {
            1: "Ova",
            2: "Edda",
        }
        # What was approved is still there to be compared with.
        assert approved_content(connection, 1) == CONTENT
