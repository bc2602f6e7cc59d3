"""What was told wrong is put right for those who hold it, and for nobody else."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from shutil import copytree

import pytest
from tests.feeds import SourcePost, rss2
from tests.maintainer import an_announcement
from tests.weekly_job import Job, a_job

READERS = """
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
una@example.org,,Asia/Kolkata,IN,,,confirmed
kiri@example.org,Kiri Vance,Pacific/Auckland,NZ,student,,confirmed
teo@example.org,Teo Marsh,,GB,,wrap-up,confirmed
"""
HOLDERS = {"sage@example.org", "una@example.org", "kiri@example.org"}
WEEK_1 = "2026-06-03T09:00Z"
#: Two segments, neither of which asked for changes.
SEGMENTS = """
[[segment]]
name = "students"
title = "Students"
why = "You asked for it as a student."
receives = ["announcement"]
[segment.match]
tag = "student"

[[segment]]
name = "everyone"
title = "Everyone else"
why = "You asked for it."
receives = ["announcement", "wrap-up"]
"""


def ladders(day: str = "9th June 2026", *, before: str = "", host: str = "@ida") -> SourcePost:
    at = datetime(2026, 6, 2, 8, 0, tzinfo=UTC)
    return an_announcement(
        501, day, "Ladders and lofts.", published_at=at, before=before, host=host
    )


def kites() -> SourcePost:
    at = datetime(2026, 6, 4, 8, 0, tzinfo=UTC)
    return an_announcement(502, "23rd June 2026", "Kites on strings.", published_at=at)


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    job = a_job(tmp_path_factory.mktemp("corrections") / "job", feed="blog.xml", readers=READERS)
    (job.folder / "subscribers" / "segments.toml").write_text(SEGMENTS, encoding="utf-8")
    (job.folder / "blog.xml").write_bytes(rss2([ladders()]))
    assert job.does("run", now=WEEK_1).status == 0
    assert job.counts(1) == {"accepted": 3, "skipped": 1}
    return job.folder


@pytest.fixture
def job(announced: Path, tmp_path: Path) -> Job:
    return Job(folder=Path(copytree(announced, tmp_path / "job")))


def publish(job: Job, *posts: SourcePost) -> None:
    (job.folder / "blog.xml").write_bytes(rss2(posts))


def joins(job: Job, address: str) -> None:
    row = f"email,name,zone,country,tags,wants,consent\n{address},Newt,,GB,,,confirmed\n"
    (job.folder / "new.csv").write_text(row, encoding="utf-8")
    words = ("subscribers", "import", str(job.folder / "new.csv"))
    assert job.does(*words, now="2026-06-04T08:00Z").status == 0


def mails(job: Job, edition: int) -> dict[str, EmailMessage]:
    """Reader → their mail of an edition; nobody has two."""
    found: dict[str, EmailMessage] = {}
    for path in job.files():
        if f"edition-{edition}" not in path.parent.name and path.parent.name != str(edition):
            continue
        mail = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(mail, EmailMessage)
        reader = mail["To"].addresses[0].addr_spec
        assert reader not in found
        found[reader] = mail
    return found


def subjects(job: Job, edition: int) -> Counter[str]:
    return Counter(str(mail["Subject"]) for mail in mails(job, edition).values())


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(
    ("post", "subject", "words"),
    [
        (
            ladders("16th June 2026"),
            "New date: Tue 16 June, Ladders and lofts.",
            "It was planned for Tuesday 9 June 2026, 8pm BST.",
        ),
        (ladders(host="@tam_reed"), "New host: Tue 9 June, Ladders and lofts.", "@tam_reed"),
        (
            ladders(before="CANCELLED: "),
            "Cancelled: Tue 9 June, Ladders and lofts.",
            "The chat planned for Tuesday 9 June 2026, 8pm to 9pm BST will not take place.",
        ),
        (
            ladders(before="POSTPONED: "),
            "Postponed: Tue 9 June, Ladders and lofts.",
            "has been postponed",
        ),
    ],
    ids=["date", "host", "cancelled", "postponed"],
)
def test_exactly_those_who_hold_the_wrong_version_are_told_the_right_one_once(
    job: Job, post: SourcePost, subject: str, words: str
) -> None:
    joins(job, "newt@example.org")
    publish(job, post)

    ended = job.does("run", now="2026-06-04T09:00Z")

    assert (ended.status, ended.err) == (0, "")
    assert "Edition 2 (correction):" in ended.out
    assert mails(job, 2).keys() == HOLDERS
    assert subjects(job, 2) == {subject: 3}
    assert all(words in text_of(mail) for mail in mails(job, 2).values())
    assert job.counts(2) == {"accepted": 3}
    assert job.is_complete(2)
    assert "Nothing to say" in job.does("run", now="2026-06-05T09:00Z").out
    assert job.asks("SELECT max(number) FROM editions") == [(2,)]


def test_a_correction_goes_first_and_the_digest_has_what_is_new(job: Job) -> None:
    joins(job, "newt@example.org")
    publish(job, kites(), ladders("16th June 2026"))

    assert job.does("run", now="2026-06-04T09:00Z").status == 0

    assert subjects(job, 2) == {"New date: Tue 16 June, Ladders and lofts.": 3}
    assert subjects(job, 3) == {"Kites on strings. (Tue 23 June)": 4}
    # Who joined since sees the right date only.
    newt = text_of(mails(job, 3)["newt@example.org"])
    assert "Tuesday 16 June 2026" in newt
    assert "9 June" not in newt


def test_each_wrong_version_is_corrected_for_its_own_holders(job: Job) -> None:
    # Una's first mail was refused, so she holds nothing; then each change is told to some.
    with closing(sqlite3.connect(job.database)) as database, database:
        database.execute(
            "UPDATE deliveries SET status = 'rejected' WHERE subscriber_id ="
            " (SELECT id FROM subscribers WHERE address = 'una@example.org')"
        )
    publish(job, ladders("10th June 2026"))
    assert job.does("run", now="2026-06-04T09:00Z").status == 0
    assert mails(job, 2).keys() == HOLDERS - {"una@example.org"}
    with closing(sqlite3.connect(job.database)) as database, database:
        database.execute(
            "UPDATE deliveries SET status = 'rejected' WHERE edition = 2 AND segment = 'students'"
        )

    publish(job, ladders("11th June 2026"))
    assert job.does("run", now="2026-06-05T09:00Z").status == 0

    told = {
        reader: text_of(mail) for number in (3, 4) for reader, mail in mails(job, number).items()
    }
    assert told.keys() == {"sage@example.org", "kiri@example.org"}
    assert "It was planned for Wednesday 10 June 2026" in told["sage@example.org"]
    assert "It was planned for Tuesday 9 June 2026" in told["kiri@example.org"]
    assert "Nothing to say" in job.does("run", now="2026-06-06T09:00Z").out


def test_what_was_changed_back_before_the_run_is_told_to_nobody(job: Job) -> None:
    publish(job, ladders("10th June 2026"))
    assert job.does("collect", now="2026-06-04T07:00Z").status == 0
    publish(job, ladders())

    ended = job.does("run", now="2026-06-04T09:00Z")

    assert "Nothing to say" in ended.out
    assert job.asks("SELECT max(number) FROM editions") == [(1,)]


def test_a_chat_that_is_on_again_is_told_to_those_who_heard_that_it_was_off(
    job: Job,
) -> None:
    publish(job, ladders(before="CANCELLED: "))
    assert job.does("run", now="2026-06-04T09:00Z").status == 0
    publish(job, ladders())

    assert job.does("run", now="2026-06-05T09:00Z").status == 0

    assert subjects(job, 3) == {"On again: Tue 9 June, Ladders and lofts.": 3}
    assert mails(job, 3).keys() == HOLDERS


def test_nobody_is_corrected_about_a_chat_that_has_begun(job: Job) -> None:
    publish(job, ladders(host="@tam_reed"))

    assert "Nothing to say" in job.does("run", now="2026-06-09T19:00Z").out


def test_who_paused_is_told_when_they_are_back(job: Job) -> None:
    with closing(sqlite3.connect(job.database)) as database, database:
        database.execute(
            "UPDATE subscribers SET paused_until = '2026-06-06 00:00:00.000000'"
            " WHERE address = 'una@example.org'"
        )
    publish(job, ladders("10th June 2026"))

    assert job.does("run", now="2026-06-04T09:00Z").status == 0
    assert job.statuses(2)["una@example.org"] == "skipped"
    assert job.does("run", now="2026-06-06T09:00Z").status == 0

    assert mails(job, 3).keys() == {"una@example.org"}


def test_a_maintainer_can_hide_a_correction_for_good(job: Job) -> None:
    publish(job, kites(), ladders("10th June 2026"))
    assert job.does("collect", now="2026-06-04T08:00Z").status == 0
    listed = job.does("edit", now="2026-06-04T08:00Z").out
    (line,) = [each for each in listed.splitlines() if "Ladders" in each]
    assert job.does("edit", "hide", line.split()[0], now="2026-06-04T08:00Z").status == 0

    assert job.does("run", now="2026-06-04T09:00Z").status == 0
    assert "Nothing to say" in job.does("run", now="2026-06-05T09:00Z").out

    assert subjects(job, 2) == {"Kites on strings. (Tue 23 June)": 3}


def test_a_correction_waits_for_approval_like_any_edition(job: Job) -> None:
    settings = job.folder / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[digest]", '[digest]\napproval = "required"'), "utf-8")
    publish(job, ladders("10th June 2026"))

    waiting = job.does("run", now="2026-06-04T09:00Z")
    assert "waiting for approval of edition 2" in waiting.out
    assert mails(job, 2) == {}
    assert job.does("approve", "2", now="2026-06-04T10:00Z").status == 0
    assert job.does("run", now="2026-06-04T11:00Z").status == 0

    assert mails(job, 2).keys() == HOLDERS
