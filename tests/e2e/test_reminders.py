"""`remind`: on the day of a chat, for those who asked, never twice and never too late."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from shutil import copytree

import pytest
from tests.feeds import rss2
from tests.maintainer import an_announcement
from tests.smtp_server import MailServer
from tests.weekly_job import ANNOUNCED, WEEK_1, Job, a_job, by_smtp

from otalk_digest.resources import bundled

#: The chat is at 8pm in London; where it is earlier in the day than eight, an hour before counts.
WISHES = {
    "sage@example.org": "morning",
    # Without a zone: at home.
    "teo@example.org": "morning",
    "ines@example.org": "morning",
    "una@example.org": "morning",
    "kiri@example.org": "hour",
    "pending@example.org": "morning",
    "gone@example.org": "hour",
}
#: When cron starts it, and whom it then reminds.
DAY = {
    "2026-06-08T19:05Z": set(),
    "2026-06-09T05:45Z": set(),
    "2026-06-09T06:00Z": {"sage@example.org", "teo@example.org"},
    "2026-06-09T06:15Z": set(),
    "2026-06-09T10:05Z": {"ines@example.org"},
    "2026-06-09T18:00Z": {"kiri@example.org", "una@example.org"},
    "2026-06-09T18:30Z": set(),
    "2026-06-09T19:00Z": set(),
}
EVERYBODY = set.union(*DAY.values())


def moved(day: str, before: str = "") -> bytes:
    """The same post, edited."""
    post = an_announcement(
        ANNOUNCED.id,
        day,
        "Ladders, lofts and leaving them be.",
        published_at=datetime(2026, 6, 2, 8, 0, tzinfo=UTC),
        host="@ida_marlow",
        before=before,
    )
    return rss2([post])


def wish(job: Job, wishes: dict[str, str]) -> None:
    with closing(sqlite3.connect(job.database)) as database, database:
        for address, reminder in wishes.items():
            database.execute(
                "UPDATE subscribers SET reminder = ? WHERE address = ?", (reminder, address)
            )


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chat was announced a week before."""
    job = a_job(tmp_path_factory.mktemp("reminders") / "job", feed="blog.xml")
    (job.folder / "blog.xml").write_bytes(rss2([ANNOUNCED]))
    assert job.does("run", now=WEEK_1).status == 0
    wish(job, WISHES)
    return job.folder


@pytest.fixture
def job(announced: Path, tmp_path: Path) -> Job:
    return Job(folder=Path(copytree(announced, tmp_path / "job")))


def reminders(job: Job) -> dict[str, EmailMessage]:
    """Reader → the reminder; fails when somebody has two."""
    found: dict[str, EmailMessage] = {}
    for path in job.files():
        mail = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(mail, EmailMessage)
        if "Reminder: " in mail["Subject"]:
            reader = mail["To"].addresses[0].addr_spec
            assert reader not in found
            found[reader] = mail
    return found


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_each_is_reminded_once_in_their_own_morning_or_an_hour_before(job: Job) -> None:
    told: set[str] = set()
    for now, expected in DAY.items():
        ended = job.does("remind", now=now)

        assert (ended.status, ended.err) == (0, ""), now
        assert reminders(job).keys() - told == expected, now
        told |= expected
        assert (ended.out == "Nobody is to be reminded now.\n") is (not expected)

    mail = reminders(job)["ines@example.org"]
    assert mail["Subject"] == "Reminder: Tue 9 June, Ladders, lofts and leaving them be."
    text = text_of(mail)
    for words in (
        "Your reminder",
        "Tuesday 9 June 2026, 8pm to 9pm BST",
        "Your time: 4pm to 5pm UTC-3 (Sao Paulo)",
        "Hosted by",
        "How to join",
        "because you asked to be reminded on the day of a chat",
    ):
        assert words in text
    assert "When do you talk about the loft?" not in text
    (calendar,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert "DTSTART;TZID=Europe/London:20260609T200000" in calendar.get_content()
    assert reminders(job)["kiri@example.org"]["Subject"].startswith("[Students] Reminder: ")
    # Each has its own books, in which those count who were due and nobody else.
    kinds = job.asks("SELECT number, kind, candidates FROM editions ORDER BY number")
    assert kinds == [(1, "digest", 7), (2, "reminder", 3), (3, "reminder", 2), (4, "reminder", 4)]
    assert all(job.is_complete(number) for number in (2, 3, 4))
    assert job.statuses(2)["pending@example.org"] == "skipped"
    listed = job.does("editions", now=WEEK_1).out
    assert listed.count("reminder") == 3


def test_a_job_that_comes_late_reminds_until_the_chat_begins(job: Job) -> None:
    dry = job.does("remind", "--dry-run", now="2026-06-09T18:59Z")
    assert "Edition 2 (reminder):" in dry.out
    assert "would go to 5 of 7 subscribers" in dry.out
    assert reminders(job) == {}

    assert job.does("remind", now="2026-06-09T18:59Z").status == 0

    assert reminders(job).keys() == EVERYBODY


@pytest.mark.parametrize("title", ["CANCELLED: ", "POSTPONED: "])
def test_nobody_is_reminded_of_a_chat_that_was_called_off_this_morning(
    job: Job, title: str
) -> None:
    (job.folder / "blog.xml").write_bytes(moved("9th June 2026", before=title))

    # It looks at the blog before it reminds; whoever was told otherwise hears it from the run.
    assert job.does("remind", now="2026-06-09T06:00Z").status == 0

    assert reminders(job) == {}
    assert job.does("remind", now="2026-06-09T18:10Z").status == 0
    assert reminders(job) == {}


def test_a_chat_that_was_moved_is_reminded_of_on_its_new_day(job: Job) -> None:
    (job.folder / "blog.xml").write_bytes(moved("16th June 2026"))

    assert job.does("remind", now="2026-06-09T18:10Z").status == 0
    assert reminders(job) == {}

    assert job.does("remind", now="2026-06-16T18:10Z").status == 0
    assert reminders(job).keys() == EVERYBODY
    assert "Tuesday 16 June 2026" in text_of(reminders(job)["sage@example.org"])


def test_a_chat_that_moves_after_its_reminder_is_reminded_of_on_its_new_day_too(job: Job) -> None:
    assert job.does("remind", now="2026-06-09T06:00Z").status == 0
    before = reminders(job).keys()
    assert before == {"sage@example.org", "teo@example.org"}
    for path in job.files():
        path.unlink()
    (job.folder / "blog.xml").write_bytes(moved("16th June 2026"))
    assert job.does("run", now="2026-06-09T09:00Z").status == 0

    for _ in range(2):
        assert job.does("remind", now="2026-06-16T06:00Z").status == 0

    assert reminders(job).keys() == before
    for address in before:
        assert "Tuesday 16 June 2026" in text_of(reminders(job)[address])


def test_what_could_not_be_sent_before_the_chat_began_is_left_out_as_too_late(job: Job) -> None:
    server = MailServer()
    settings = job.folder / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8")
    by_mail = text.replace('provider = "files"', by_smtp(server.port))
    settings.write_text(by_mail, encoding="utf-8")
    # Nobody listens there.
    assert job.does("remind", now="2026-06-09T06:00Z").status == 75
    assert job.counts(2) == {"planned": 2, "skipped": 1}

    server.start()
    try:
        resumed = job.does("send", now="2026-06-09T19:00Z")
    finally:
        server.stop()

    assert resumed.status == 0
    assert "0 readers = 0 accepted" in resumed.out
    assert "too late" in resumed.out
    assert server.received == []
    assert job.counts(2) == {"skipped": 3}
    assert job.is_complete(2)


def test_what_could_not_be_sent_at_once_is_sent_while_there_is_time(job: Job) -> None:
    server = MailServer()
    settings = job.folder / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8")
    by_mail = text.replace('provider = "files"', by_smtp(server.port))
    settings.write_text(by_mail, encoding="utf-8")
    assert job.does("remind", now="2026-06-09T06:00Z").status == 75

    server.start()
    try:
        assert job.does("remind", now="2026-06-09T09:00Z").status == 0
    finally:
        server.stop()

    arrived = sorted(mail.recipient for mail in server.received)
    assert arrived == ["sage@example.org", "teo@example.org"]
    assert job.is_complete(2)


def test_with_approvals_a_reminder_repeats_what_was_approved_and_nothing_else(job: Job) -> None:
    settings = job.folder / "otalk-digest.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[digest]", '[digest]\napproval = "required"'), "utf-8")
    # Something waits for approval, and someone has begun to edit it.
    other = an_announcement(
        502, "30th June 2026", "Kites.", published_at=datetime(2026, 6, 8, tzinfo=UTC)
    )
    (job.folder / "blog.xml").write_bytes(rss2([other, ANNOUNCED]))
    assert job.does("collect", now="2026-06-08T09:00Z").status == 0
    assert job.does("edit", "note", "Bring a kite.", now="2026-06-08T09:00Z").status == 0
    assert job.does("approve", "2", now="2026-06-08T09:00Z").status == 0

    assert job.does("remind", now="2026-06-09T06:00Z").status == 0

    assert reminders(job).keys() == {"sage@example.org", "teo@example.org"}
    # The reminder took the number; what was done to the digest goes with the digest.
    ended = job.does("run", now="2026-06-09T07:00Z")
    assert ended.status == 0
    assert "Edition 3:" in ended.out
    assert any(b"Bring a kite." in path.read_bytes() for path in job.files())

    (job.folder / "blog.xml").write_bytes(moved("9th June 2026", before=""))
    changed = job.does("remind", now="2026-06-09T10:05Z")
    assert changed.status == 0
    assert reminders(job).keys() == {"sage@example.org", "teo@example.org", "ines@example.org"}


@pytest.mark.parametrize("words", [("remind",), ("remind", "--dry-run")])
def test_a_chat_that_was_moved_to_this_very_day_is_reminded_of_today(
    job: Job, words: tuple[str, ...]
) -> None:
    (job.folder / "blog.xml").write_bytes(moved("16th June 2026"))
    assert job.does("collect", now="2026-06-08T09:00Z").status == 0
    (job.folder / "blog.xml").write_bytes(moved("9th June 2026"))

    # By what is known nobody is due before next week.
    ended = job.does(*words, now="2026-06-09T06:00Z")

    assert ended.status == 0
    assert "Edition 2 (reminder):" in ended.out
    told = {"sage@example.org", "teo@example.org"} if len(words) == 1 else set()
    assert reminders(job).keys() == told


def test_while_nobody_is_due_the_blog_is_asked_about_once_an_hour(job: Job) -> None:
    looked = []
    for minutes in (0, 20, 40, 60, 80):
        now = f"2026-06-07T{6 + minutes // 60:02}:{minutes % 60:02}Z"
        assert job.does("remind", now=now).status == 0
        ((at,),) = job.asks("SELECT fetched_at FROM feed_addresses")
        looked.append(at)

    assert len(set(looked)) == 2


def test_the_blog_is_left_alone_while_nobody_wants_to_be_reminded(job: Job) -> None:
    wish(job, dict.fromkeys(WISHES, "none") | {"gone@example.org": "hour"})
    (job.folder / "blog.xml").unlink()

    ended = job.does("remind", now="2026-06-09T06:00Z")

    assert (ended.status, ended.out) == (0, "Nobody is to be reminded now.\n")


def test_a_blog_that_cannot_be_read_is_said_though_nobody_is_due_by_what_is_known(
    job: Job,
) -> None:
    (job.folder / "blog.xml").write_bytes(b"<html>Back soon</html>")

    ended = job.does("remind", now="2026-06-08T06:30Z")

    assert ended.status == 75
    assert "not a feed" in ended.err
    assert reminders(job) == {}


@pytest.mark.parametrize("words", [("remind",), ("remind", "--dry-run")])
def test_a_reminder_that_breaks_a_rule_is_named_and_holds_no_other(
    job: Job, words: tuple[str, ...]
) -> None:
    parts = job.folder / "templates" / "classic" / "parts"
    parts.mkdir(parents=True)
    footer = bundled("templates") / "classic" / "parts" / "footer.html.j2"
    slip = '{% if headline and "Ladders" in headline.topic %}<p>{name} says hello.</p>{% endif %}'
    mended = footer.read_text(encoding="utf-8")
    broken = mended.replace("</h2>", f"</h2>{slip}")
    (parts / "footer.html.j2").write_text(broken, encoding="utf-8")
    other = an_announcement(
        502, "9th June 2026", "Kites.", published_at=datetime(2026, 6, 8, tzinfo=UTC)
    )
    (job.folder / "blog.xml").write_bytes(rss2([other, ANNOUNCED]))

    ended = job.does(*words, now="2026-06-09T06:00Z")

    assert ended.status == 5
    assert "No reminder of Ladders, lofts and leaving them be" in ended.err
    assert "residue" in ended.err
    assert "Reminder: Tue 9 June, Kites." in ended.out
    if len(words) > 1:
        return
    # What it was held up by is mended: it goes, and the other is not repeated.
    assert {mail["Subject"] for mail in reminders(job).values()} == {
        "Reminder: Tue 9 June, Kites.",
        "[Students] Reminder: Tue 9 June, Kites.",
    }
    for path in job.files():
        path.unlink()
    (parts / "footer.html.j2").write_text(mended, encoding="utf-8")
    assert job.does("remind", now="2026-06-09T06:20Z").status == 0
    assert {mail["Subject"].partition("June, ")[2][:14] for mail in reminders(job).values()} == {
        "Ladders, lofts"
    }
