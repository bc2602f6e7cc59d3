"""SendGrid's suppression lists and ours, in step before each plan."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.builders import DAY, NOW, a_subscriber
from tests.messages import SENDER, a_variant
from tests.sendgrid_server import (
    GLOBAL_LIST,
    GROUP,
    GROUP_LIST,
    KEY,
    LISTS,
    NO_SCOPE,
    Fault,
    SendGridServer,
)
from tests.stores import add_people, hash_of, suppress

from otalk_digest.delivery.providers.files import FilesProvider
from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.model.audience import Consent, Subscriber
from otalk_digest.model.edition import LetterKind
from otalk_digest.pipeline.delivering import Post
from otalk_digest.pipeline.letters import Letter, deliver_letters, write_to
from otalk_digest.pipeline.suppressing import Synced, sync_suppressions, take_back
from otalk_digest.store import readers
from otalk_digest.store.consents import DOUBLE_OPT_IN, record_consent
from otalk_digest.store.database import Store, open_store
from otalk_digest.store.schema import subscribers
from otalk_digest.store.subscribers import count_suppressions, is_suppressed

ANN, BEN, CAT = (a_subscriber(f"{name}@example.org") for name in ("ann", "ben", "cat"))
LONG_AGO = 1_500_000_000
REASONS = ("bounced", "complained", "invalid", "unsubscribed", "unsubscribed")
BOUNCES = "suppression/bounces"


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "digest.sqlite3")
    with opened.begin() as connection:
        add_people(connection, ANN, BEN, CAT)
    yield opened
    opened.close()


def a_provider(
    server: SendGridServer, *, group: int | None = GROUP, has_lists: bool = True
) -> SendGridProvider:
    config = SendGridConfig(api_key=KEY, host=server.url, group=group, has_lists=has_lists)
    return SendGridProvider(config)


def counts(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return count_suppressions(connection)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *zip(
            LISTS, ("bounced", "complained", "invalid", "unsubscribed", "unsubscribed"), strict=True
        )
    ],
)
def test_whoever_is_on_a_list_is_never_mailed_again_and_it_says_why(
    store: Store, server: SendGridServer, name: str, reason: str
) -> None:
    server.lists[name].append(("BEN@Example.ORG", LONG_AGO))

    found = sync_suppressions(store, a_provider(server), now=NOW)

    assert found == Synced(suppressed=1)
    assert counts(store) == {reason: 1}
    with store.read() as connection:
        assert is_suppressed(connection, hash_of(connection, BEN))
        assert not is_suppressed(connection, hash_of(connection, ANN))


def test_a_second_time_nothing_is_new_and_only_what_is_recent_is_asked_for(
    store: Store, server: SendGridServer
) -> None:
    server.lists[BOUNCES].append((BEN.address, LONG_AGO))
    provider = a_provider(server)
    sync_suppressions(store, provider, now=NOW)
    before = len(server.requests)

    found = sync_suppressions(store, provider, now=NOW + DAY)

    assert found == Synced()
    asked = [r.path for r in server.requests[before:] if r.method == "GET"]
    start = int((NOW - DAY).timestamp())
    assert sum(f"start_time={start}" in path for path in asked) == len(LISTS) - 1


def test_what_came_to_a_list_since_is_found(store: Store, server: SendGridServer) -> None:
    provider = a_provider(server)
    sync_suppressions(store, provider, now=NOW)
    late = int((NOW - timedelta(hours=2)).timestamp())
    server.lists[BOUNCES].append((CAT.address, late))

    assert sync_suppressions(store, provider, now=NOW + DAY).suppressed == 1


def test_a_long_list_is_read_to_its_end_though_entries_go_between_its_pages(
    store: Store, server: SendGridServer
) -> None:
    entries = [(f"reader{n}@elsewhere.example", LONG_AGO) for n in range(1_180)]
    server.lists[BOUNCES] = list(entries)

    def some_go(name: str) -> None:
        if name == BOUNCES:
            del server.lists[BOUNCES][:50]

    server.on_page = some_go

    assert sync_suppressions(store, a_provider(server), now=NOW).suppressed == 1_180


def test_an_entry_that_is_no_address_harms_nobody(store: Store, server: SendGridServer) -> None:
    server.lists["suppression/invalid_emails"] += [("no address", 1), (ANN.address, 2)]

    assert sync_suppressions(store, a_provider(server), now=NOW).suppressed == 2


@pytest.mark.parametrize(
    "fault",
    [
        NO_SCOPE,
        Fault(status=500),
        Fault(status=404),
        Fault(status=200, body=b"<html>"),
        Fault(status=200, body=b'[{"created": 1}]'),
    ],
)
def test_a_list_that_cannot_be_read_is_named_and_the_others_are_read(
    store: Store, server: SendGridServer, fault: Fault
) -> None:
    server.list_faults[BOUNCES] = fault
    server.lists[GROUP_LIST].append((ANN.address, LONG_AGO))
    provider = a_provider(server)

    found = sync_suppressions(store, provider, now=NOW)

    assert found.suppressed == 1
    assert len(found.faults) == 1
    assert "@" not in found.faults[0]
    # It is read from where it was left, not from now on.
    server.list_faults.clear()
    server.lists[BOUNCES].append((BEN.address, LONG_AGO))
    assert sync_suppressions(store, provider, now=NOW + DAY) == Synced(suppressed=1)


def test_a_service_that_cannot_be_reached_is_asked_once(store: Store) -> None:
    with SendGridServer() as gone:
        provider = a_provider(gone)

    found = sync_suppressions(store, provider, now=NOW)

    assert len(found.faults) == 1
    assert "refused" in found.faults[0]


@pytest.mark.parametrize(("group", "name"), [(GROUP, GROUP_LIST), (None, GLOBAL_LIST)])
def test_who_left_us_is_put_on_the_groups_list_or_the_global_one_once(
    store: Store, server: SendGridServer, group: int | None, name: str
) -> None:
    with store.begin() as connection:
        suppress(connection, ANN)
        suppress(connection, BEN, "bounced")
    provider = a_provider(server, group=group)

    sync_suppressions(store, provider, now=NOW + DAY)
    sync_suppressions(store, provider, now=NOW + 2 * DAY)

    assert [address for address, _ in server.lists[name]] == [ANN.address]
    assert [r.body for r in server.requests if r.method == "POST"] == [[ANN.address]]


def test_what_could_not_be_told_is_told_the_next_time(store: Store, server: SendGridServer) -> None:
    with store.begin() as connection:
        suppress(connection, ANN)
    provider = a_provider(server, group=None)
    server.list_faults[GLOBAL_LIST] = Fault(status=500)
    assert sync_suppressions(store, provider, now=NOW).faults
    server.list_faults.clear()

    sync_suppressions(store, provider, now=NOW + DAY)

    assert [address for address, _ in server.lists[GLOBAL_LIST]] == [ANN.address]


def test_without_lists_nothing_is_asked(
    store: Store, server: SendGridServer, tmp_path: Path
) -> None:
    for provider in (a_provider(server, has_lists=False), FilesProvider(tmp_path / "out")):
        assert sync_suppressions(store, provider, now=NOW) == Synced()
    assert server.requests == []


def came_back(store: Store, who: Subscriber) -> None:
    """They left, and confirmed again by the mail that they asked for."""
    with store.begin() as connection:
        who_hash = hash_of(connection, who)
        suppress(connection, who)
        readers.lift_suppression(connection, who_hash)
        record_consent(
            connection,
            who_hash,
            Consent.CONFIRMED,
            at=NOW - DAY,
            source="the form",
            method=DOUBLE_OPT_IN,
        )


def test_whoever_comes_back_is_mailed_again_by_the_provider_too(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    for name in LISTS:
        server.lists[name].append((BEN.address, LONG_AGO))
    server.lists["suppression/spam_reports"].clear()
    server.lists[GROUP_LIST].append((ANN.address, LONG_AGO))

    found = sync_suppressions(store, a_provider(server), now=NOW)

    # Ben is off every list; Ann is kept where she put herself.
    assert [a for name in LISTS for a, _ in server.lists[name]] == [ANN.address]
    assert found == Synced(suppressed=1)
    # Ben leaves at SendGrid's own page: that is heard, and not taken for the old entry.
    server.lists[GROUP_LIST].append((BEN.address, LONG_AGO))
    later = sync_suppressions(store, a_provider(server), now=NOW + DAY)
    assert later == Synced(suppressed=1)
    assert counts(store) == {"unsubscribed": 2}


def test_who_complained_stays_on_the_list_of_complaints(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    server.lists["suppression/spam_reports"].append((BEN.address, LONG_AGO))

    take_back(store, a_provider(server), now=NOW)

    assert server.lists["suppression/spam_reports"] == [(BEN.address, LONG_AGO)]


def test_who_came_back_is_not_suppressed_anew_while_sendgrid_cannot_be_told(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    server.lists[GROUP_LIST].append((BEN.address, LONG_AGO))
    server.list_faults[BOUNCES] = NO_SCOPE

    found = sync_suppressions(store, a_provider(server), now=NOW)

    assert counts(store) == {}
    assert len(found.faults) == 1
    assert "@" not in found.faults[0]


def test_who_came_back_is_not_suppressed_anew_while_sendgrid_takes_its_time(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    server.lists[GROUP_LIST].append((BEN.address, LONG_AGO))
    server.is_slow_to_forget = True

    assert sync_suppressions(store, a_provider(server), now=NOW) == Synced()
    assert counts(store) == {}


def welcome(store: Store, who: Subscriber) -> None:
    """The letter that the pages plan when somebody confirms."""
    letter = Letter(
        kind=LetterKind.WELCOME, variant=a_variant(segment="welcome"), content_hash="words"
    )
    is_theirs = subscribers.c.address == who.address
    with store.begin() as connection:
        confirmed = update(subscribers).where(is_theirs).values(consent=Consent.CONFIRMED)
        number = connection.scalars(confirmed.returning(subscribers.c.id)).one()
        write_to(connection, number, letter, now=NOW)


def send_letters(store: Store, server: SendGridServer) -> int:
    return deliver_letters(
        store,
        Post(sender=SENDER, base_url="https://digest.otalk.example"),
        lambda: a_provider(server),
        stop=threading.Event(),
        clock=lambda: NOW,
    )


def test_a_letter_leaves_when_whoever_came_back_is_off_the_providers_lists(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    welcome(store, BEN)
    for name in (GROUP_LIST, BOUNCES):
        server.lists[name].append((BEN.address, LONG_AGO))
    listed_when_it_left: list[list[str]] = []

    def look(moment: str) -> None:
        if moment == "before POST mail/send":
            listed_when_it_left.append([a for name in LISTS for a, _ in server.lists[name]])

    server.at = look

    assert send_letters(store, server) == 1

    # SendGrid drops what goes to an address on one of its lists, and says that it took it.
    assert listed_when_it_left == [[]]
    assert [request.addresses for request in server.sends] == [[BEN.address]]


def test_letters_leave_though_the_providers_lists_cannot_be_written(
    store: Store, server: SendGridServer
) -> None:
    came_back(store, BEN)
    welcome(store, ANN)
    server.lists[GROUP_LIST].append((BEN.address, LONG_AGO))
    server.list_faults[BOUNCES] = NO_SCOPE

    assert send_letters(store, server) == 1

    assert [request.addresses for request in server.sends] == [[ANN.address]]
