from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, select
from tests.builders import DAY, NOW, a_segment, a_subscriber, tagged
from tests.stores import add_people, find_person, suppress

from otalk_digest.model.audience import Consent, Facet, Has, Subscriber
from otalk_digest.model.news import NewsKind
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import Store
from otalk_digest.store.readers import suppress_reader
from otalk_digest.store.schema import consents, subscribers, suppressions

ANN = a_subscriber(
    "Ann@example.org",
    name="Ann",
    zone="Asia/Kolkata",
    country="IN",
    language="en",
    tags=frozenset({"student", "phd"}),
    wants=frozenset({NewsKind.WRAP_UP}),
    joined_at=NOW - DAY,
)


def found(connection: Connection, identity: str = "ann@example.org") -> Subscriber:
    person = find_person(connection, identity)
    assert person is not None
    return person


def consent_history(connection: Connection) -> Sequence[str]:
    return connection.scalars(select(consents.c.consent).order_by(consents.c.id)).all()


def test_a_subscriber_comes_back_as_they_were_kept(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN)

        assert found(connection) == ANN
        assert list(people.iterate_subscribers(connection)) == [ANN]
        assert find_person(connection, "bea@example.org") is None


def test_one_identity_is_one_subscriber_and_the_newest_spelling_counts(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN, a_subscriber("ANN@example.org", tags=frozenset({"old"})))

        assert len(list(people.iterate_subscribers(connection))) == 1
        assert found(connection).address == "ANN@example.org"
        assert found(connection).tags == {"old"}
        assert found(connection).joined_at == NOW - DAY


def test_all_subscribers_are_listed_in_the_order_in_which_they_joined(store: Store) -> None:
    many = [a_subscriber(f"reader{number}@example.org", joined_at=NOW) for number in range(1_005)]
    with store.begin() as connection:
        add_people(connection, *many)

        assert list(people.iterate_subscribers(connection)) == many


@pytest.mark.parametrize(
    ("before", "imported", "after"),
    [
        (Consent.PENDING, Consent.PENDING, Consent.PENDING),
        (Consent.PENDING, Consent.CONFIRMED, Consent.CONFIRMED),
        (Consent.PENDING, Consent.WITHDRAWN, Consent.WITHDRAWN),
        # A list that does not say is no reason to ask again.
        (Consent.CONFIRMED, Consent.PENDING, Consent.CONFIRMED),
        (Consent.CONFIRMED, Consent.CONFIRMED, Consent.CONFIRMED),
        # Who left elsewhere has left.
        (Consent.CONFIRMED, Consent.WITHDRAWN, Consent.WITHDRAWN),
        # An import never brings anybody back.
        (Consent.WITHDRAWN, Consent.PENDING, Consent.WITHDRAWN),
        (Consent.WITHDRAWN, Consent.CONFIRMED, Consent.WITHDRAWN),
        (Consent.WITHDRAWN, Consent.WITHDRAWN, Consent.WITHDRAWN),
    ],
)
def test_an_import_can_confirm_and_withdraw_but_never_revive(
    store: Store, before: Consent, imported: Consent, after: Consent
) -> None:
    with store.begin() as connection:
        add_people(connection, a_subscriber(consent=before), a_subscriber(consent=imported))

        assert found(connection).consent is after
        # Proof of consent (UK GDPR art. 7(1)): each change, and nothing but changes.
        assert consent_history(connection) == [before, *([after] if after != before else [])]


def test_a_suppressed_reader_has_withdrawn_and_stays_so(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN)
        suppress(connection, ANN, "bounced")
        add_people(connection, ANN)

        assert found(connection).consent is Consent.WITHDRAWN
        assert people.count_suppressions(connection) == {"bounced": 1}
        assert consent_history(connection) == [Consent.CONFIRMED, Consent.WITHDRAWN]


def test_the_first_reason_for_a_suppression_is_kept(store: Store) -> None:
    with store.begin() as connection:
        suppress(connection, ANN, "complained")
        suppress(connection, ANN, "unsubscribed")

        assert people.count_suppressions(connection) == {"complained": 1}


def test_of_a_suppressed_address_only_a_hash_is_kept(store: Store) -> None:
    with store.begin() as connection:
        suppress(connection, ANN)

        rows = [*connection.execute(select(suppressions)), *connection.execute(select(consents))]

    assert rows
    assert "ann" not in repr(rows).lower()


def test_readers_are_counted_by_consent_and_by_segment(store: Store) -> None:
    with store.begin() as connection:
        add_people(
            connection,
            ANN,
            a_subscriber("bea@example.org"),
            a_subscriber("cy@example.org", consent=Consent.PENDING),
        )

        assert people.count_by_consent(connection) == {"confirmed": 2, "pending": 1}
        only_students = [tagged("student")]
        assert people.count_by_segment(connection, only_students) == {"student": 1, None: 1}
        in_india = a_segment("india", rule=Has(Facet.COUNTRY, "IN"))
        assert people.count_by_segment(connection, [in_india, *only_students]) == {
            "india": 1,
            None: 1,
        }
        assert people.count_by_segment(connection, []) == {None: 2}


def test_zones_in_use_are_those_that_somebody_set(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN, a_subscriber("bea@example.org"))

        assert people.zones_in_use(connection) == {"Asia/Kolkata"}


def test_who_leaves_ten_times_has_left_once(store: Store) -> None:
    """RFC 8058 §3.1: mail programs repeat; the proof of what somebody wished must not."""
    with store.begin() as connection:
        add_people(connection, ANN)
        number = connection.scalar(select(subscribers.c.id)) or 0

        for _ in range(10):
            suppress_reader(connection, number, "unsubscribed", now=NOW)

        assert consent_history(connection) == [Consent.CONFIRMED, Consent.WITHDRAWN]
