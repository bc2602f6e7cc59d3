"""What is deleted, what outlives it, and that past books balance all the same."""

import json
from datetime import datetime

import pytest
from sqlalchemy import Connection, insert, select, update
from tests.builders import DAY, NOW, a_subscriber
from tests.stores import (
    a_planned_edition,
    add_people,
    contents,
    find_person,
    hash_of,
    suppress,
    take_in,
)

from otalk_digest.audience.identity import identity_hasher
from otalk_digest.model.audience import Cadence, Consent, Proof, Reminder, Subscriber, Wishes
from otalk_digest.model.delivery import EventKind, Status
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.store import books, forgetting, signups
from otalk_digest.store import subscribers as people
from otalk_digest.store.consents import consent_history, with_proofs
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.dossier import dossier_of
from otalk_digest.store.events import apply_events, store_events
from otalk_digest.store.numbers import last_number
from otalk_digest.store.schema import deliveries, subscribers
from otalk_digest.store.statistics import statistics_of
from otalk_digest.store.told import events

ANN = a_subscriber(
    "Jösé.Quokka@example.org",
    name="Ann Wombat",
    zone="Asia/Kolkata",
    tags=frozenset({"student"}),
    wants=frozenset({"wrap-up"}),
    proof=Proof(method="on paper", wording="v3"),
)
BEN = a_subscriber("ben@example.org")
TRACES = ("quokka", "wombat", "x-quokka")


def told(connection: Connection, delivery_id: int | None, **fields: str) -> None:
    raw = json.dumps({"email": ANN.address, "sg_message_id": "x-quokka"})
    event = DeliveryEvent(
        delivery_key=f"{delivery_id}-key",
        name=fields.get("name", "bounce"),
        at=NOW,
        kind=EventKind.BOUNCED,
        reason="550 no quokka here",
        raw=raw,
        delivery_id=delivery_id,
    )
    store_events(connection, [event], now=NOW)
    apply_events(connection, now=NOW)


def sent(connection: Connection) -> None:
    """An edition to Ann, whose mail came back, and to Ben."""
    a_planned_edition(connection, [ANN, BEN])
    said = {"status": Status.ACCEPTED, "provider_message_id": "x-quokka"}
    connection.execute(update(deliveries).values(said))
    told(connection, 1)
    # One that names her, and that we cannot tell whose it is.
    told(connection, None, name="dropped")


def erased(connection: Connection, person: Subscriber) -> forgetting.Erased:
    return forgetting.erase(connection, person.address, hash_of(connection, person), now=NOW)


def added(connection: Connection, person: Subscriber) -> int:
    """Return the number that a newcomer gets."""
    add_people(connection, person)
    theirs = select(subscribers.c.id).where(subscribers.c.identity == person.identity)
    return int(connection.scalar(theirs) or 0)


def test_nothing_of_an_erased_reader_is_left_in_any_table(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)
        before = books.tally(connection, 1)

        done = erased(connection, ANN)

        assert done == forgetting.Erased(was_known=True, deliveries=1, events=2)
        assert books.tally(connection, 1) == before
        assert before.is_balanced
    left = repr(contents(store)).lower()
    assert [trace for trace in TRACES if trace in left.replace("x-quokka", "", 1)] == []
    # Ben's own.
    assert left.count("x-quokka") == 1
    assert "ben@example.org" in left


def test_the_file_does_not_hold_an_erased_reader_either(sqlite: Store) -> None:
    with sqlite.begin() as connection:
        sent(connection)
    with sqlite.begin() as connection:
        erased(connection, ANN)
    sqlite.close()

    held = b"".join(
        path.read_bytes()
        for path in sqlite.place.parent.glob("digest.sqlite3*")  # type: ignore[union-attr]  # a path
    )

    assert b"ben@example.org" in held
    assert b"Wombat" not in held
    assert b"Quokka" not in held


def test_an_erased_reader_is_kept_out_and_their_consent_stays_proven(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)
        suppress(connection, ANN, "complained")
        erased(connection, ANN)
        # Again, in another spelling: nothing more is written.
        again = erased(connection, a_subscriber("JÖSÉ.QUOKKA@example.org"))

        assert again == forgetting.Erased(was_known=False, deliveries=0, events=0)
        taken = take_in(connection, [ANN], now=NOW)
        assert (taken.added, taken.kept_out) == (0, 1)
        assert people.count_suppressions(connection) == {"erased": 1}
        proofs = consent_history(connection, hash_of(connection, ANN))
        assert [(proof.consent, proof.source, proof.wording) for proof in proofs] == [
            (Consent.CONFIRMED, "sign-up form", "v3"),
            (Consent.WITHDRAWN, "complained", None),
            (Consent.WITHDRAWN, "erased", None),
        ]


def test_the_number_of_a_deleted_reader_is_never_given_again(store: Store) -> None:
    """Old unsubscribe and preference links are made of it: they must not reach a stranger."""
    with store.begin() as connection:
        add_people(connection, BEN, ANN)
        erased(connection, ANN)
        erased(connection, BEN)

        assert added(connection, a_subscriber("cy@example.org")) == 3
        erased(connection, a_subscriber("cy@example.org"))
        assert last_number(connection) == 3
        many = [a_subscriber(f"reader{number}@example.org") for number in range(3)]
        add_people(connection, *many)
        assert connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)).all() == [
            *(4, 5, 6)
        ]
        assert next(people.iterate_subscribers(connection)).address == "reader0@example.org"


@pytest.mark.parametrize(
    ("joined", "asked", "is_forgotten"),
    [
        (NOW - 40 * DAY, NOW - 40 * DAY, True),
        # On last year's list, and asked only the other day.
        (NOW - 400 * DAY, NOW - 3 * DAY, False),
        (NOW - 3 * DAY, NOW - 3 * DAY, False),
    ],
)
def test_who_does_not_confirm_is_forgotten_after_a_while(
    store: Store, joined: datetime, asked: datetime, *, is_forgotten: bool
) -> None:
    pending = a_subscriber("pen@example.org", consent=Consent.PENDING, joined_at=joined)
    with store.begin() as connection:
        a_planned_edition(connection, [BEN])
        take_in(connection, [pending], now=asked)
        connection.execute(
            insert(deliveries).values(
                edition=1, subscriber_id=2, status="skipped", reason="unconfirmed", updated_at=NOW
            )
        )

        count = forgetting.forget_unconfirmed(connection, before=NOW - 30 * DAY)

        assert count == is_forgotten
        assert (find_person(connection, "pen@example.org") is None) == is_forgotten
        # Not even a hash: they never agreed to anything, and may ask again.
        asked_hash = hash_of(connection, pending)
        assert bool(consent_history(connection, asked_hash)) != is_forgotten
        assert not people.is_suppressed(connection, asked_hash)
        assert find_person(connection, BEN.identity) is not None
        assert books.count_by_status(connection, 1) == {"planned": 1, "skipped": 1}


def test_who_left_long_ago_is_forgotten_but_for_what_keeps_them_out(store: Store) -> None:
    gone = [
        a_subscriber(f"{name}@example.org", consent=Consent.WITHDRAWN, joined_at=NOW - 900 * DAY)
        for name in ("left", "bounced")
    ]
    with store.begin() as connection:
        for person in gone:
            take_in(connection, [person], now=NOW - 400 * DAY)
        people.suppress(connection, hash_of(connection, gone[1]), "bounced", now=NOW - 400 * DAY)
        add_people(connection, BEN, a_subscriber("new@example.org", consent=Consent.WITHDRAWN))

        assert forgetting.forget_left(connection, before=NOW - 365 * DAY, now=NOW) == 2

        assert [person.address for person in people.iterate_subscribers(connection)] == [
            *("ben@example.org", "new@example.org")
        ]
        assert people.count_suppressions(connection) == {"bounced": 1, "unsubscribed": 1}
        rows = [person._replace(consent=Consent.CONFIRMED) for person in gone]
        assert take_in(connection, rows).kept_out == 2


def test_who_left_long_ago_and_asks_again_is_kept_while_their_link_works(store: Store) -> None:
    gone = a_subscriber("left@example.org", consent=Consent.WITHDRAWN, joined_at=NOW - 900 * DAY)
    with store.begin() as connection:
        take_in(connection, [gone], now=NOW - 400 * DAY)
        number = connection.scalars(select(subscribers.c.id)).one()
        signups.save_sign_up(
            connection,
            number,
            Wishes(),
            wording="Yes.",
            source="sign-up form",
            now=NOW - DAY,
            expires_at=NOW + 6 * DAY,
        )

        def forgotten(now: datetime) -> int:
            return forgetting.forget_left(connection, before=now - 365 * DAY, now=now)

        assert forgotten(NOW) == 0
        assert forgotten(NOW + 6 * DAY) == 1


def test_old_events_go_and_what_they_meant_stays(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)
        stands = select(deliveries.c.status, deliveries.c.reason).order_by(deliveries.c.id)
        before = connection.execute(stands).all()

        assert forgetting.forget_events(connection, before=NOW) == 0
        assert forgetting.forget_events(connection, before=NOW + DAY) == 2

        assert connection.execute(stands).all() == before
        assert before[0].status == "bounced"


def test_an_event_that_comes_after_its_reader_was_erased_is_blanked(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)
        erased(connection, ANN)
        told(connection, 1, name="spamreport")

        forgetting.forget_events(connection, before=NOW - DAY)

        assert set(connection.scalars(select(events.c.raw))) == {"{}"}


def test_a_dossier_holds_everything_and_nothing_of_others(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)
        suppress(connection, ANN, "bounced")

        found = dossier_of(
            connection,
            ANN.address,
            identity=ANN.identity,
            identity_hash=hash_of(connection, ANN),
        )

    assert found.subscriber is not None
    assert found.subscriber.name == "Ann Wombat"
    assert [(each.consent, each.method) for each in found.consents] == [
        (Consent.CONFIRMED, "on paper"),
        (Consent.WITHDRAWN, None),
    ]
    assert found.suppressed == ("bounced", NOW)
    assert [(each.edition, each.subject, each.status) for each in found.deliveries] == [
        (1, "Kettles and stairs", "bounced")
    ]
    assert [each.name for each in found.events] == ["bounce", "dropped"]
    assert not found.is_empty


def test_of_a_stranger_nothing_is_held(store: Store) -> None:
    with store.begin() as connection:
        sent(connection)

        found = dossier_of(
            connection, "z@example.org", identity="z@example.org", identity_hash="none"
        )

    assert found.is_empty
    assert not found.deliveries


def test_statistics_count_everybody_and_name_nobody(store: Store) -> None:
    with store.begin() as connection:
        add_people(
            connection,
            ANN._replace(joined_at=NOW - 40 * DAY),
            BEN._replace(country="GB", joined_at=NOW),
            a_subscriber("cy@example.org", country="GB", joined_at=NOW),
            a_subscriber("dee@example.org", consent=Consent.PENDING, joined_at=NOW),
        )

        found = statistics_of(connection)

    assert found.by_consent == {"confirmed": 3, "pending": 1}
    assert found.by_facet["country"] == {"GB": 2, None: 1}
    assert found.by_facet["zone"] == {None: 2, "Asia/Kolkata": 1}
    assert found.by_facet["cadence"] == {"each": 3}
    assert list(found.joined.items()) == [("2026-10", 1), ("2026-11", 3)]
    assert found.suppressed == {}


def test_an_export_is_given_the_newest_proof(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN._replace(consent=Consent.PENDING), ANN, BEN)

        hashed = identity_hasher(secret_key(connection))
        found = list(with_proofs(connection, people.iterate_subscribers(connection), hashed))

    assert [person.proof for person in found] == [Proof(NOW, "on paper", "v3"), Proof(NOW)]


def test_a_list_takes_back_nothing_that_it_does_not_mention(store: Store) -> None:
    chosen = ANN._replace(cadence=Cadence.WEEKLY, reminder=Reminder.HOUR, paused_until=NOW + DAY)
    with store.begin() as connection:
        add_people(connection, chosen)
        add_people(connection, a_subscriber(ANN.address), a_subscriber(ANN.address, country="IN"))
        add_people(connection, a_subscriber(ANN.address, tags=frozenset({"phd"})))

        found = find_person(connection, ANN.identity)

    assert found is not None
    assert (found.name, found.zone, found.country) == ("Ann Wombat", "Asia/Kolkata", "IN")
    assert (found.cadence, found.reminder) == (Cadence.WEEKLY, Reminder.HOUR)
    assert found.paused_until == NOW + DAY
    assert (set(found.tags), set(found.wants)) == ({"phd"}, {"wrap-up"})
