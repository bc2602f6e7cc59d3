"""`approve` and `hold`: nothing leaves that a maintainer has not seen, or wants to stay."""

import json
import os
import pwd
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from tests.feeds import SourcePost, rss2
from tests.http_server import answer, running_site
from tests.maintainer import Ended, Folder, a_folder, an_announcement
from tests.smtp_server import ScriptedServer
from tests.stores import dump
from tests.weekly_job import (
    ANNOUNCED,
    Job,
    a_job,
    addresses_of,
    by_smtp,
    many_readers,
    repeated,
)

LATER = "2026-11-05T09:00Z"
WAITING = "waiting for approval of edition 1: otalk-digest preview, then otalk-digest approve 1"
MANY = many_readers(170)


def kettles(*, host: str = "@wren_otter", after: str = "") -> SourcePost:
    at = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    return an_announcement(
        41, "10th November 2026", "Kettles on wheels.", published_at=at, host=host, after=after
    )


def require_approval(folder: Path) -> None:
    settings = folder / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[digest]", '[digest]\napproval = "required"'), "utf-8")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One chat is ahead, and editions wait for an approval."""
    folder = a_folder(tmp_path_factory.mktemp("approval") / "collected")
    require_approval(folder.path)
    folder.publish([kettles()])
    assert folder.does("collect").status == 0
    return folder.path


@pytest.fixture(scope="module")
def approved_once(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(path=Path(copytree(collected, tmp_path_factory.mktemp("approval") / "once")))
    assert folder.does("approve", "1", "--by", "Edda Fenn").status == 0
    return folder.path


@pytest.fixture
def folder(collected: Path, tmp_path: Path) -> Folder:
    return Folder(path=Path(copytree(collected, tmp_path / "mine")))


@pytest.fixture
def approved(approved_once: Path, tmp_path: Path) -> Folder:
    return Folder(path=Path(copytree(approved_once, tmp_path / "approved")))


def mailed(folder: Folder) -> list[str]:
    """To whom mails were written."""
    files = sorted((folder.path / "outbox").glob("*/*.eml"))
    return [message_from_bytes(file.read_bytes())["To"] for file in files]


def books(folder: Folder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in folder.does("editions", "--json").out.splitlines()]


def last_lines(ended: Ended, number: int) -> list[str]:
    assert (ended.status, ended.err) == (0, "")
    return ended.out.splitlines()[-number:]


def subscribe(folder: Folder, number: int) -> None:
    rows = "".join(f"new{each}@example.org,,,confirmed\n" for each in range(number))
    (folder.path / "more.csv").write_text(f"email,name,tags,consent\n{rows}", encoding="utf-8")
    assert folder.does("subscribers", "import", "more.csv").status == 0


# --- approval ----------------------------------------------------------------------------------


def test_an_edition_that_nobody_approved_waits_and_nothing_of_it_is_kept(folder: Folder) -> None:
    before = books(folder)

    first, second = folder.does("run"), folder.does("run", now=LATER)

    assert last_lines(first, 1) == last_lines(second, 1) == [WAITING]
    assert books(folder) == before == []
    assert mailed(folder) == []


def test_an_edition_leaves_once_it_is_approved_and_who_did_it_and_when_is_kept(
    folder: Folder,
) -> None:
    ended = folder.does("approve", "1", "--by", "Edda Fenn")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "Edition 1 is approved by Edda Fenn, 2026-11-04 09:00Z:",
        "  students: Kettles on wheels. (Tue 10 Nov) (2 readers)",
        "  everyone: Kettles on wheels. (Tue 10 Nov) (3 readers)",
        "It leaves with the next: otalk-digest run.",
    ]
    assert mailed(folder) == []
    assert folder.does("run", now=LATER).status == 0
    assert len(mailed(folder)) == 5
    (edition,) = books(folder)
    assert (edition["decided"], edition["decided_by"]) == ("approved", "Edda Fenn")
    assert edition["decided_at"] == "2026-11-04T09:00:00+00:00"
    assert "approved by Edda Fenn, 2026-11-04 09:00Z" in folder.does("editions").out


def test_without_a_name_the_login_name_is_kept(folder: Folder) -> None:
    ended = folder.does("approve", "1")

    assert f"approved by {pwd.getpwuid(os.getuid()).pw_name}, 2026" in ended.out


def test_what_readers_would_see_changes_and_it_waits_again_and_says_what_has_changed(
    approved: Folder,
) -> None:
    more = '<p>Read <a href="https://tea.example/kettles">about kettles</a> before.</p>'
    approved.publish([kettles(host="@mole_hill", after=more)])

    waiting = approved.does("run", now=LATER)

    lines = waiting.out.splitlines()
    assert (waiting.status, waiting.err) == (0, "")
    place = lines.index(WAITING)
    told = "It has changed since it was approved by Edda Fenn, 2026-11-04 09:00Z:"
    assert lines[place + 1] == told
    assert [line for line in lines[place + 2 :] if line.startswith("  everyone: text: ")]
    assert mailed(approved) == []
    assert "It has changed since it was approved" in approved.does("plan", now=LATER).out

    assert approved.does("approve", "1", "--by", "Ova", now=LATER).status == 0
    assert approved.does("run", now=LATER).status == 0
    assert len(mailed(approved)) == 5
    assert [edition["decided_by"] for edition in books(approved)] == ["Ova"]


def test_a_new_subject_is_told_before_and_after(approved: Folder) -> None:
    words = ("chats", "set", "1", "topic=Kettles that float")
    assert approved.does(*words, now=LATER).status == 0

    lines = approved.does("run", now=LATER).out.splitlines()

    assert "  everyone: the subject was: Kettles on wheels. (Tue 10 Nov)" in lines
    assert "  everyone: the subject is: Kettles that float (Tue 10 Nov)" in lines


@pytest.mark.parametrize(("newcomers", "is_sent"), [(3, True), (10, True), (11, False)])
def test_a_few_new_readers_ask_nobody_again_and_many_do(
    approved: Folder, newcomers: int, *, is_sent: bool
) -> None:
    subscribe(approved, newcomers)

    ended = approved.does("run", now=LATER)

    assert ended.status == 0
    assert len(mailed(approved)) == (5 + newcomers if is_sent else 0)
    said = f"  everyone: {3 + newcomers} readers, approved for 3"
    assert (said in ended.out.splitlines()) is not is_sent


def test_another_rule_for_a_segment_asks_again(approved: Folder) -> None:
    segments = approved.path / "subscribers" / "segments.toml"
    text = segments.read_text(encoding="utf-8")
    segments.write_text(text.replace('tag = "student"', 'tag = "stud*"'), encoding="utf-8")

    ended = approved.does("run", now=LATER)

    assert last_lines(ended, 1) == ["  students: the segment is defined otherwise"]
    assert mailed(approved) == []


def test_time_that_passes_asks_nobody_again(approved: Folder) -> None:
    assert approved.does("run", now="2026-11-09T23:00Z").status == 0

    assert len(mailed(approved)) == 5


def test_what_is_frozen_goes_on_when_the_blog_changes(tmp_path: Path) -> None:
    """An approval is for what is frozen; news that came since waits for the next edition."""
    with running_site() as site, mail_server({"MAIL": "451 busy"}, {}) as server:
        feed = site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port))
        require_approval(job.folder)
        assert job.does("collect").status == 0
        assert job.does("approve", "1").status == 0
        assert job.does("run").status == 75
        assert server.accepted == []
        another = an_announcement(
            502, "16th June 2026", "Hats.", published_at=datetime(2026, 6, 3, tzinfo=UTC)
        )
        site.on("/feed/", answer(200, rss2([another, ANNOUNCED]), {"Content-Type": "text/xml"}))

        ended = job.does("run")

        assert (ended.status, ended.err) == (0, "")
        assert len(server.accepted) == 4
        assert "waiting for approval of edition 2" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "2"), "There is no edition 2. The next edition is 1."),
        (("approve", "0"), "There is no edition 0. The next edition is 1."),
        (("hold", "2"), "There is no edition 2. The next edition is 1."),
        (("approve", "1", "--by", " "), "--by: write a name of 1 to 100 characters."),
        (("approve", "one"), "'one' is not a valid integer"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_approved(
    folder: Folder, words: tuple[str, ...], said: str
) -> None:
    before = dump(folder.database)

    ended = folder.does(*words)

    assert ended.status == 2
    assert said in ended.err
    assert dump(folder.database) == before


def test_where_there_is_nothing_to_say_there_is_nothing_to_approve(approved: Folder) -> None:
    assert approved.does("run").status == 0

    again, next_one = approved.does("approve", "1"), approved.does("approve", "2")

    assert (again.status, next_one.status) == (2, 2)
    assert "Edition 1 is frozen and not held. The next edition is 2." in again.err
    assert "There is nothing to approve" in next_one.err
    assert "Nothing to say" in approved.does("run").out


def test_a_rehearsal_and_a_test_message_wait_for_nobody(folder: Folder) -> None:
    rehearsal = folder.does("run", "--dry-run")
    test = folder.does("send", "--test-to", "lin@example.net")

    assert "Edition 1 would go to 5 of 6 subscribers." in rehearsal.out
    assert (test.status, len(mailed(folder))) == (0, 2)
    assert all("<lin@example.net>" in to for to in mailed(folder))


def test_plan_says_where_an_edition_stands(folder: Folder) -> None:
    asked = folder.does("plan")
    folder.does("approve", "1", "--by", "Edda Fenn")
    approved = folder.does("plan")
    folder.does("hold", "1", "--by", "Ova")
    held = folder.does("plan")
    settings = folder.path / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8").replace('"required"', '"none"')
    settings.write_text(text, encoding="utf-8")
    folder.does("approve", "1")
    unasked = folder.does("plan")

    assert [last_lines(ended, 1)[0] for ended in (asked, approved, held, unasked)] == [
        WAITING,
        "Edition 1 is approved by Edda Fenn, 2026-11-04 09:00Z.",
        "Edition 1 is held by Ova, 2026-11-04 09:00Z. Let it go with: otalk-digest approve 1.",
        "Edition 1: no approval is asked for.",
    ]


# --- hold --------------------------------------------------------------------------------------


def test_an_edition_that_is_held_stays_even_when_no_approval_is_asked_for(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "mine")
    folder.publish([kettles()])
    assert folder.does("collect").status == 0
    held = folder.does("hold", "1", "--by", "Ova", "--reason", "Ida is ill.\nWait.")

    run = folder.does("run", now=LATER)

    assert held.out.startswith("Edition 1 is held by Ova, 2026-11-04 09:00Z: Ida is ill. Wait.")
    (said,) = last_lines(run, 1)
    assert said.endswith("Ida is ill. Wait. Let it go with: otalk-digest approve 1.")
    assert (mailed(folder), books(folder)) == ([], [])
    assert "The next edition is 1: held by Ova" in folder.does("editions").out
    assert folder.does("approve", "1").status == 0
    assert folder.does("run", now=LATER).status == 0
    assert len(mailed(folder)) == 5


def test_a_hold_takes_an_approval_back(approved: Folder) -> None:
    assert approved.does("hold", "1").status == 0

    assert "Edition 1 is held by" in approved.does("run").out
    assert mailed(approved) == []


@contextmanager
def mail_server(
    *scripts: dict[str, Any], pauses_s: dict[str, float] | None = None
) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*scripts, pauses_s=pauses_s)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_an_edition_that_is_being_sent_stops_after_the_batch_in_flight(tmp_path: Path) -> None:
    with running_site() as site, mail_server(pauses_s={"dot": 0.05}) as server:
        feed = site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=MANY)
        with job.started("run") as run:
            run.until(lambda: server.arrived)
            held = job.does("hold", "1", "--by", "Ova", "--reason", "a wrong link")
            ended = run.end()

        counts = job.counts()
        assert held.status == 0
        assert (ended.status, ended.err) == (0, "")
        assert "Edition 1 is held by Ova, " in ended.out
        assert counts.keys() == {"accepted", "planned"}
        assert counts["accepted"] == len(server.accepted)
        # What was claimed when it was held still arrives: a group and those on the connections.
        assert counts["accepted"] < 150

        # Whatever is started now sends nothing either.
        for words in (("run",), ("send",), ("send", "--edition", "1")):
            again = job.does(*words)
            assert (again.status, again.err) == (0, "")
            assert "a wrong link" in again.out
        assert job.counts() == counts
        assert not job.is_complete()
        assert "held by Ova" in job.does("editions").out

        released = job.does("approve", "1")
        assert "Edition 1 is held no longer" in released.out
        assert job.does("run").status == 0
        assert sorted(server.arrived) == sorted(addresses_of(MANY))
    assert job.is_complete()
    assert "Edition 1 has left" in job.does("hold", "1").err


# --- kills, and two at once --------------------------------------------------------------------


def test_of_two_runs_at_once_one_sends_what_was_approved(approved: Folder) -> None:
    job = Job(folder=approved.path)

    with job.started("run", now=LATER) as one, job.started("run", now=LATER) as other:
        statuses = {run.end().status for run in (one, other)}

    # The one that came too late found nothing to do, or the other one at work.
    assert statuses <= {0, 75}
    assert Counter(mailed(approved)) == Counter(set(mailed(approved)))
    assert len(mailed(approved)) == 5


@pytest.mark.parametrize("number", range(int(os.environ.get("KILLS", "6")) // 2))
def test_a_run_killed_at_any_time_leaves_the_approval_in_force(
    approved: Folder, number: int
) -> None:
    job = Job(folder=approved.path)
    with job.started("run", now=LATER) as run:
        time.sleep(0.3 + 0.4 * number)
        run.kill()

    ended = approved.does("run", now=LATER)

    assert (ended.status, ended.err) == (0, "")
    assert not repeated(mailed(approved))
    assert len(mailed(approved)) == 5
    assert [edition["accepted"] for edition in books(approved)] == [5]
