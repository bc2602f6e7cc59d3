"""One reader from the list to the last trace, with the commands that a maintainer has."""

import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.maintainer import Folder, a_folder, an_announcement, environment
from tests.stores import dump

ANNOUNCED = datetime(2026, 11, 3, 8, tzinfo=UTC)
LATER = "2026-12-20T09:00Z"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = a_folder(tmp_path_factory.mktemp("model"))
    made.publish(
        [an_announcement(1, "10th November 2026", "Kettles and stairs", published_at=ANNOUNCED)]
    )
    return made.path


@pytest.fixture
def folder(tmp_path: Path, model: Path) -> Folder:
    copied = shutil.copytree(model, tmp_path / "digest")
    return Folder(path=copied)


def shown(folder: Folder, address: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(folder.does("subscribers", "show", address, "--json").out)
    return record


def test_who_asks_is_shown_everything_and_erased_from_everywhere(folder: Folder) -> None:
    assert "5 readers = 5 accepted" in folder.does("run").out
    held = shown(folder, "ADA@example.org")
    books = folder.does("report", "--json").out

    erased = folder.does("subscribers", "erase", "Ada@Example.org", "--yes")

    assert [(each["edition"], each["status"]) for each in held["deliveries"]] == [(1, "accepted")]
    assert [each["consent"] for each in held["consents"]] == ["confirmed"]
    assert "Erased. 1 delivery no longer names anybody" in erased.out
    assert not [row for row in dump(folder.database) if "Ada" in row or "ada@" in row]
    assert folder.does("report", "--json").out == books
    again = folder.does("subscribers", "import", "readers.csv")
    assert "0 added, 5 updated, 1 kept out because they left" in again.out
    refused = folder.does("subscribers", "add", "ada@example.org", "--consent", "confirmed")
    assert refused.status == 2
    assert "has left or is never mailed, so nothing was changed" in refused.err
    assert "ada@" not in refused.err
    assert shown(folder, "ada@example.org")["subscriber"] is None


def test_one_reader_is_added_and_changed_by_hand(folder: Folder) -> None:
    added = folder.does(
        *("subscribers", "add", "Gil@example.org", "--name", "Gil", "--zone", "europe/paris"),
        *("--tag", "Student", "--wants", "wrap-up", "--cadence", "weekly"),
        *("--consent", "confirmed", "--method", "on paper", "--wording", "v3"),
    )
    folder.does("subscribers", "add", "gil@example.org", "--cadence", "each", "--country", "fr")

    assert added.out == "Added: confirmed, and in the next edition that fits.\n"
    found = shown(folder, "gil@example.org")
    profile = found["subscriber"]
    assert (profile["name"], profile["zone"], profile["country"]) == ("Gil", "Europe/Paris", "FR")
    assert (profile["cadence"], profile["tags"]) == ("each", ["student"])
    (consent,) = found["consents"]
    assert (consent["method"], consent["wording"]) == ("on paper", "v3")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gil",), "not an e-mail address"),
        (("gil@example.org", "--zone", "Mars"), "'Mars' is no time zone"),
        (("gil@example.org", "--country", "UKX"), "'UKX' is no country code"),
    ],
)
def test_what_no_list_may_say_nobody_may_add(
    folder: Folder, words: tuple[str, ...], message: str
) -> None:
    ended = folder.does("subscribers", "add", *words)

    assert ended.status == 2
    assert message in ended.err
    assert "gil@" not in ended.err


def test_of_many_readers_a_table_shows_the_first_and_says_where_all_are(folder: Folder) -> None:
    people = "".join(f"reader{number}@example.org\n" for number in range(995))
    (folder.path / "many.csv").write_text(f"email\n{people}", encoding="utf-8")
    all_shown = folder.does("subscribers", "list").out.splitlines()

    assert folder.does("subscribers", "import", "many.csv").status == 0
    table = folder.does("subscribers", "list", "--addresses").out.splitlines()

    # The headings are a line more.
    assert (len(all_shown), all_shown[-1]) == (8, "6 subscribers.")
    assert len(table) == 1_003
    assert table[1].startswith("ada@example.org ")
    assert table[1_000].startswith("reader993@example.org ")
    assert table[-2:] == [
        "1001 subscribers.",
        "The first 1000 are shown; all of them with --json.",
    ]
    assert len(folder.does("subscribers", "list", "--json").out.splitlines()) == 1_001


def test_a_dry_run_says_what_would_be_and_keeps_nothing(folder: Folder) -> None:
    (folder.path / "more.csv").write_text(
        "Kontakt;Name;Größe\nfay@example.org;Fay;7\nbo@example.org;;\nbroken;;\n", encoding="cp1252"
    )
    before = dump(folder.database)

    ended = folder.does(
        *("subscribers", "import", "more.csv", "--column", "email=Kontakt", "--dry-run")
    )

    assert ended.status == 3
    assert ended.out == (
        "Read as a list in Windows' western code page, parted by semicolons.\n"
        "  read: email (Kontakt), name\n"
        "  not read: Größe\n"
        "Dry run, nothing was kept: 1 would be added, 1 updated, 0 kept out because they left, "
        "1 row refused.\n"
        "2 rows do not say that their owner agreed: who has not confirmed before gets nothing "
        "until they do, and is forgotten after 30 days.\n"
    )
    assert dump(folder.database) == before
    assert not (folder.path / "more.rejects.csv").exists()


def test_a_run_forgets_who_never_confirmed_and_past_books_balance(folder: Folder) -> None:
    folder.does("run")
    books = folder.does("deliveries", "--edition", "1", "--json").out

    ended = folder.does("run", now=LATER)

    assert (
        "Forgotten, as the settings say: 1 who never confirmed, 0 who left long ago, "
        "0 old events." in ended.out
    )
    after = folder.does("deliveries", "--edition", "1", "--json").out
    assert [json.loads(line)["status"] for line in after.splitlines()] == [
        json.loads(line)["status"] for line in books.splitlines()
    ]
    assert "unconfirmed" in books
    assert not [row for row in dump(folder.database) if "finn@" in row]
    assert "Forgotten" not in folder.does("run", now=LATER).out


def test_everything_survives_the_way_through_a_file(folder: Folder, tmp_path: Path) -> None:
    folder.does("subscribers", "add", "bo@example.org", "--cadence", "monthly", "--tag", "=a")
    folder.does("subscribers", "export", "--out", "all.csv")
    other = Folder(path=tmp_path / "other")
    (other.path / "subscribers").mkdir(parents=True)
    for name in ("otalk-digest.toml", "subscribers/segments.toml", "all.csv"):
        (other.path / name).write_bytes((folder.path / name).read_bytes())

    ended = other.does("subscribers", "import", "all.csv", now=LATER)

    assert "Read as otalk-digest's export" in ended.out
    assert "6 added, 0 updated, 0 kept out because they left, 0 rows refused." in ended.out
    exported = (folder.path / "all.csv").read_text(encoding="utf-8")
    again = other.does("subscribers", "export").out
    # Of who did not agree, the moment of the import is what is known.
    without_pending = [line for line in exported.splitlines() if "pending" not in line]
    assert [line for line in again.splitlines() if "pending" not in line] == without_pending


def test_an_import_that_is_killed_leaves_nothing_or_everything(folder: Folder) -> None:
    """C16: it is one transaction, and started again it is whole."""
    rows = "".join(f"reader{number}@example.org,confirmed\n" for number in range(30_000))
    (folder.path / "many.csv").write_text(f"email,consent\n{rows}", encoding="utf-8")
    command = [sys.executable, "-m", "otalk_digest", "subscribers", "import", "many.csv"]
    counts = set()
    for wait_s in (0.5, 1.0):
        with subprocess.Popen(
            command, cwd=folder.path, env=environment(), stdout=subprocess.DEVNULL
        ) as running:
            time.sleep(wait_s)
            running.kill()
        counts.add(
            json.loads(folder.does("subscribers", "stats", "--json").out)["consent"]["confirmed"]
        )

    assert counts <= {5, 30_005}
    assert folder.does("subscribers", "import", "many.csv").status == 0
    stats = json.loads(folder.does("subscribers", "stats", "--json").out)
    assert stats["consent"] == {"confirmed": 30_005, "pending": 1}
