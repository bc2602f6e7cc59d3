"""What is kept of an edition that nothing is left to send of is what counting would find."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, update
from tests.builders import NOW, a_subscriber, some_news
from tests.stores import a_planned_edition, add_news, examples_for, frozen_edition

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import EventKind, Outcome, OutcomeKind, Status
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.pipeline.delivering import close_books
from otalk_digest.store import books, claims, counts, ledger, settlements
from otalk_digest.store.database import Store
from otalk_digest.store.events import apply_events, store_events
from otalk_digest.store.schema import deliveries

PEOPLE = [
    *(a_subscriber(f"reader{number}@example.org") for number in range(5)),
    a_subscriber("pending@example.org", consent=Consent.PENDING),
]
EDITIONS = (1, 2)


def _close(connection: Connection) -> None:
    """What `close_books` does with what is open, in the transaction of an example."""
    for number in EDITIONS:
        tally = books.tally(connection, number)
        if not (tally.planned or tally.sending or counts.lines(connection, number)):
            counts.keep(connection, number)


def _send(connection: Connection, kinds: list[OutcomeKind]) -> None:
    for number in EDITIONS:
        where = claims.Place(edition=number, segment="everyone", content_hash="c")
        claim = claims.claim(connection, where, provider="files", limit=3, now=NOW)
        if claim is not None:
            outcomes = [
                Outcome(delivery_id=reader.delivery_id, kind=kind, diagnostic=f"said {kind}")
                for reader, kind in zip(claim.readers, kinds, strict=False)
            ]
            ledger.record_outcomes(
                connection, claim.attempt_id, outcomes, recipients=len(claim.readers), now=NOW
            )


def _tell(connection: Connection, found: tuple[int, EventKind, int]) -> None:
    delivery_id, kind, minute = found
    told = DeliveryEvent(
        delivery_key=f"{delivery_id}-key",
        name=kind,
        at=NOW + timedelta(minutes=minute),
        kind=kind,
        reason=f"{kind} in minute {minute % 2}",
        raw="{}",
        delivery_id=delivery_id,
    )
    store_events(connection, [told], now=NOW)
    apply_events(connection, now=NOW)


def _settle(connection: Connection, found: tuple[int | None, bool]) -> None:
    edition, resend = found
    settlements.settle(connection, edition, resend=resend, by="Ann", now=NOW)


STEPS: st.SearchStrategy[tuple[Callable[..., None], Any]] = st.one_of(
    st.tuples(st.just(_send), st.lists(st.sampled_from(OutcomeKind), min_size=3, max_size=3)),
    st.tuples(
        st.just(_tell),
        st.tuples(st.integers(1, 12), st.sampled_from(EventKind), st.integers(0, 3)),
    ),
    st.tuples(st.just(_settle), st.tuples(st.sampled_from([None, *EDITIONS]), st.booleans())),
    st.tuples(st.just(lambda connection, _: _close(connection)), st.none()),
)


def test_whatever_happens_what_is_kept_is_what_counting_finds(scratch: Store) -> None:
    @examples_for(scratch, on_a_file=60)
    @given(steps=st.lists(STEPS, max_size=25), all_sent=st.booleans())
    def holds(*, steps: list[tuple[Callable[..., None], Any]], all_sent: bool) -> None:
        with scratch.rehearse() as connection:
            a_planned_edition(connection, PEOPLE)
            add_news(connection, some_news(2))
            frozen_edition(connection, number=2, told={"everyone": [2]})
            if all_sent:
                is_planned = deliveries.c.status == Status.PLANNED
                connection.execute(update(deliveries).where(is_planned).values(status="accepted"))
                _close(connection)
            for step, found in steps:
                step(connection, found)
                for number in EDITIONS:
                    kept = counts.lines(connection, number)
                    counted = counts.count_lines(connection, number)
                    assert not kept or kept == counted
                    assert books.tally(connection, number).is_balanced
                    assert sum(books.count_by_status(connection, number).values()) == len(PEOPLE)

    holds()


def test_an_edition_that_is_done_with_is_not_counted_again(sqlite: Store) -> None:
    asked: list[str] = []
    with sqlite.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        connection.execute(update(deliveries).values(status=Status.ACCEPTED))
    close_books(sqlite, now=NOW)
    with sqlite.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(str(told[2])))

        assert books.tally(connection, 1).accepted == len(PEOPLE)
        assert books.count_by_reason(connection, 1) == [
            ("everyone", "accepted", None, 5),
            ("everyone", "accepted", "unconfirmed", 1),
        ]
        assert books.tallies(connection)[1].is_complete

    assert asked
    assert not any("FROM deliveries" in statement for statement in asked)


def test_whoever_moves_deliveries_knows_that_counts_are_kept() -> None:
    """Who is new here says so to `store.counts`, or moves only what is planned or sending."""
    folder = Path(counts.__file__).parents[1]
    moving = re.compile(r"\b(update|delete|insert)\(deliveries\)|(UPDATE|INTO|FROM) deliveries\b")
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if moving.search(path.read_text(encoding="utf-8")) and "migrations" not in path.parts
    }
    known = (
        *("claims", "events", "fences", "forgetting", "ledger", "letters", "outcomes", "plan"),
        "settlements",
    )
    assert found == {f"store/{name}.py" for name in known}
