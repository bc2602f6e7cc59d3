"""`reconcile --events`: what SendGrid's webhook would have told, read from files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from tests.builders import NOW, a_subscriber
from tests.sendgrid_server import GROUP, GROUP_LIST, KEY, SendGridServer
from tests.stores import a_planned_edition, planned

from otalk_digest.audience.links import delivery_key
from otalk_digest.cli.main import cli
from otalk_digest.store.database import open_store, secret_key
from otalk_digest.store.schema import deliveries
from otalk_digest.store.subscribers import count_suppressions

ANN, BEN, CAT = (a_subscriber(f"{name}@example.org") for name in ("ann", "ben", "cat"))


class Folder:
    """A folder whose first edition is in doubt for all three."""

    def __init__(self, path: Path, server: SendGridServer) -> None:
        self.path = path
        (path / "otalk-digest.toml").write_text(
            f'[delivery]\nprovider = "sendgrid"\n[delivery.sendgrid]\nhost = "{server.url}"\n'
            f"group = {GROUP}\n",
            encoding="utf-8",
        )
        self.store = open_store(path / "otalk-digest.sqlite3")
        with self.store.begin() as connection:
            a_planned_edition(connection, [ANN, BEN, CAT])
            connection.execute(update(deliveries).values(status="in_doubt"))
            self._key = secret_key(connection)

    def entry(self, number: int, event: str, **fields: object) -> Mapping[str, object]:
        key = delivery_key(number, self._key)
        return {"event": event, "timestamp": 1_795_000_000, "otd_delivery": key} | fields

    def does(self, *posts: object) -> Result:
        words = []
        for number, post in enumerate(posts):
            file = self.path / f"{number}.json"
            file.write_text(json.dumps(post), encoding="utf-8")
            words += ["--events", str(file)]
        config = str(self.path / "otalk-digest.toml")
        return CliRunner().invoke(
            cli,
            ["--config", config, "--now", NOW.isoformat(), "reconcile", *words],
            env={"OTALK_DIGEST_SENDGRID_API_KEY": KEY},
        )

    def statuses(self) -> list[str]:
        with self.store.read() as connection:
            return [status for _, status, _ in planned(connection).values()]

    def suppressions(self) -> dict[str, int]:
        with self.store.read() as connection:
            return count_suppressions(connection)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: SendGridServer) -> Iterator[Folder]:
    made = Folder(tmp_path, server)
    yield made
    made.store.close()


def test_events_settle_what_is_in_doubt_and_a_second_reading_changes_nothing(
    folder: Folder,
) -> None:
    post = [
        folder.entry(1, "processed"),
        folder.entry(2, "bounce", type="bounce", reason="550 unknown"),
        folder.entry(3, "deferred"),
    ]

    first, second = folder.does(post), folder.does(post, post)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 events read, 3 of them new." in first.stdout
    assert "6 events read, 0 of them new.\n0 deliveries" in second.stdout
    assert folder.statuses() == ["accepted", "bounced", "deferred"]
    assert folder.suppressions() == {"bounced": 1}


def test_an_event_under_a_key_that_we_did_not_make_changes_nothing(folder: Folder) -> None:
    forged = [
        folder.entry(1, "bounce", otd_delivery=key)
        for key in ("1-000000000000000000", "1", "", "-", "9" * 30 + "-x", "١-x")
    ]

    assert folder.does(forged).exit_code == 0
    assert folder.statuses() == ["in_doubt"] * 3
    assert folder.suppressions() == {}


def test_entries_that_are_no_events_are_counted_and_the_others_used(folder: Folder) -> None:
    ended = folder.does([7, folder.entry(1, "delivered")])

    assert "1 entry is no event" in ended.stderr
    assert folder.statuses() == ["delivered", "in_doubt", "in_doubt"]


def test_a_file_that_is_none_of_events_is_refused_before_anything_is_done(
    folder: Folder, server: SendGridServer
) -> None:
    ended = folder.does([folder.entry(1, "delivered")], {"an": "object"})

    assert ended.exit_code != 0
    assert folder.statuses() == ["in_doubt"] * 3
    assert server.requests == []


def test_without_events_the_suppression_lists_are_read(
    folder: Folder, server: SendGridServer
) -> None:
    server.lists[GROUP_LIST].append((CAT.address, 0))

    ended = folder.does()

    assert ended.exit_code == 0
    assert "1 more address is never mailed again" in ended.stdout
    assert folder.suppressions() == {"unsubscribed": 1}
