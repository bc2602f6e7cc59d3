"""Small editions: for whom they are, and why others are left out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update
from tests.builders import DAY, GUID, NOW, TUESDAY, a_chat, a_reading, a_subscriber, an_edition
from tests.stores import EVERYONE, add_people, planned

from otalk_digest.model.audience import Consent, Reminder, Subscriber
from otalk_digest.model.chat import Phase
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.edition import EditionKind
from otalk_digest.store import circles, posts
from otalk_digest.store.books import tally
from otalk_digest.store.circles import Circle
from otalk_digest.store.database import Store
from otalk_digest.store.editions import save_edition, unfinished
from otalk_digest.store.ledger import skip_planned
from otalk_digest.store.schema import deliveries, subscribers
from otalk_digest.store.tellings import Telling, holders, save_tellings, tellings_ahead

ANN, BEA, CAL, DEE = (f"{name}@example.org" for name in ("ann", "bea", "cal", "dee"))
#: The place of an edition for everyone.
HERE: Final = "everyone"


def some_readers() -> list[Subscriber]:
    return [a_subscriber(address) for address in (ANN, BEA, CAL, DEE)]


def sent(
    connection: Connection,
    number: int,
    circle: Circle,
    *,
    kind: EditionKind = EditionKind.CORRECTION,
    starts_at: datetime = TUESDAY,
) -> dict[str, str]:
    """Freeze and plan an edition that tells of the chat; return address → why, or status."""
    edition = replace(an_edition(number), kind=kind, about=GUID)
    save_edition(connection, edition, variant_hashes={HERE: "hash"})
    reading = a_reading(starts_at=starts_at)
    told = Telling(edition=number, segment=HERE, guid=GUID, phase=Phase.ANNOUNCED, reading=reading)
    save_tellings(connection, [told])
    circles.plan_circle(connection, number, EVERYONE, circle=circle, now=NOW)
    return {
        name: reason or status for name, (_, status, reason) in planned(connection, number).items()
    }


def stands(connection: Connection, number: int, address: str, status: Status) -> None:
    who = select(subscribers.c.id).where(subscribers.c.address == address).scalar_subquery()
    mine = (deliveries.c.edition == number) & (deliveries.c.subscriber_id == who)
    connection.execute(update(deliveries).where(mine).values(status=status))


def found(connection: Connection, circle: Circle) -> set[str]:
    return set(connection.scalars(select(subscribers.c.address).where(circle)))


def test_who_holds_a_version_was_told_it_last_and_has_or_may_have_it(store: Store) -> None:
    everyone = subscribers.c.address.is_not(None)
    with store.rehearse() as connection:
        add_people(connection, *some_readers())
        sent(connection, 1, everyone)
        stands(connection, 1, ANN, Status.DELIVERED)
        stands(connection, 1, BEA, Status.REJECTED)
        stands(connection, 1, CAL, Status.IN_DOUBT)
        assert found(connection, holders(GUID, [(1, HERE)])) == {ANN, CAL, DEE}

        told = sent(connection, 2, subscribers.c.address.in_([ANN, CAL]), starts_at=TUESDAY + DAY)
        stands(connection, 2, CAL, Status.SKIPPED)

        assert told == {ANN: Status.PLANNED, CAL: Status.PLANNED}
        assert found(connection, holders(GUID, [(1, HERE)])) == {CAL, DEE}
        assert found(connection, holders(GUID, [(2, HERE)])) == {ANN}
        assert found(connection, holders(GUID, [(1, HERE), (2, HERE)])) == {ANN, CAL, DEE}
        assert found(connection, holders("another", [(1, HERE)])) == set()


def test_whoever_cannot_be_written_to_is_left_out_with_a_reason(store: Store) -> None:
    with store.rehearse() as connection:
        people = [
            a_subscriber(ANN),
            a_subscriber(BEA, consent=Consent.PENDING),
            a_subscriber(CAL, consent=Consent.WITHDRAWN),
            a_subscriber(DEE, paused_until=NOW + DAY),
        ]
        add_people(connection, *people)
        everyone = subscribers.c.address.is_not(None)

        assert circles.count_readers(connection, EVERYONE, everyone, now=NOW) == {HERE: 1}
        assert circles.count_readers(connection, EVERYONE, everyone, now=NOW + DAY) == {HERE: 2}
        assert sent(connection, 1, everyone) == {
            ANN: Status.PLANNED,
            BEA: SkipReason.UNCONFIRMED,
            CAL: SkipReason.WITHDRAWN,
            DEE: SkipReason.PAUSED,
        }
        assert tally(connection, 1).is_balanced
        assert unfinished(connection, EditionKind.REMINDER) == []
        assert unfinished(connection, EditionKind.CORRECTION) == [1]

        assert skip_planned(connection, 1, SkipReason.TOO_LATE, now=NOW) == 1

        assert tally(connection, 1).is_complete


def test_a_reminder_is_due_where_it_is_time_and_once_for_each_chat(store: Store) -> None:
    def is_due(
        connection: Connection, guid: str = GUID, *, starts_at: datetime = TUESDAY, **due: bool
    ) -> set[str]:
        values = {"is_home_due": False, "is_hour_due": False, **due}
        zones = frozenset({"Asia/Kolkata"})
        return found(connection, circles.to_remind(guid, starts_at, zones=zones, **values))

    with store.rehearse() as connection:
        people = [
            a_subscriber(ANN, zone="Asia/Kolkata", reminder=Reminder.MORNING),
            a_subscriber(BEA, zone=None, reminder=Reminder.MORNING),
            a_subscriber(CAL, zone="Asia/Kolkata", reminder=Reminder.HOUR),
            a_subscriber(DEE, zone="Asia/Kolkata"),
        ]
        add_people(connection, *people)
        assert circles.zones_to_remind(connection) == {"Asia/Kolkata"}
        assert is_due(connection) == {ANN}
        assert is_due(connection, is_home_due=True) == {ANN, BEA}
        assert is_due(connection, is_hour_due=True) == {ANN, CAL}

        everyone = subscribers.c.address.in_([ANN, CAL])
        sent(connection, 1, everyone, kind=EditionKind.REMINDER)
        stands(connection, 1, CAL, Status.SKIPPED)

        assert is_due(connection, is_hour_due=True) == {CAL}
        assert is_due(connection, "another", is_hour_due=True) == {ANN, CAL}
        # Put off for an hour it is the same chat of that day; moved, it has another day.
        assert is_due(connection, starts_at=TUESDAY + timedelta(hours=1)) == set()
        assert is_due(connection, starts_at=TUESDAY + 7 * DAY) == {ANN}


def test_what_was_said_of_a_chat_is_looked_at_while_it_is_or_was_said_to_be_ahead(
    store: Store,
) -> None:
    nobody = subscribers.c.address.is_(None)
    with store.rehearse() as connection:
        sent(connection, 1, nobody, starts_at=NOW - DAY)
        sent(connection, 2, nobody, starts_at=NOW + DAY)

        def ahead(chat_at: datetime | None, phase: Phase = Phase.ANNOUNCED) -> list[int]:
            chat = a_chat(starts_at=chat_at, phase=phase)
            posts.save_chats(connection, [(GUID, chat)], now=NOW)
            return [each.edition for each in tellings_ahead(connection, now=NOW)]

        assert ahead(TUESDAY) == [1, 2]
        assert ahead(NOW - timedelta(hours=1)) == [2]
        assert ahead(None) == [2]
        assert ahead(TUESDAY, Phase.WRAPPED_UP) == []
