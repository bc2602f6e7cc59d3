"""Segments as a maintainer meets them: counted, explained, and told at their own pace."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from tests.feeds import rss2
from tests.maintainer import an_announcement
from tests.weekly_job import ANNOUNCED, WEEK_1, WEEK_2, WRAPPED_UP, Job, a_job

READERS: Final = """
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
kiri@example.org,Kiri Vance,Pacific/Auckland,NZ,student,,confirmed
teo@example.org,Teo Marsh,,GB,student,wrap-up,confirmed
una@example.org,,Asia/Kolkata,IN,,,confirmed
ines@example.org,Inês Prado,America/Sao_Paulo,BR,,,confirmed
pending@example.org,Pell Ames,,GB,,,pending
"""
SEGMENTS: Final = """
[[segment]]
name = "students"
title = "Students"
why = "You asked for it as a student."
[segment.match]
tag = "student"
none = [{ country = "BR" }]

[[segment]]
name = "british"
title = "In Britain"
why = "You asked for it."
match.country = "GB"

[[segment]]
name = "far"
title = "Far away"
why = "You asked for it."
[segment.match]
any = [{ zone = "Asia/*" }, { zone = "Pacific/*" }]
"""
JULY: Final = "2026-07-01T09:00Z"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = a_job(tmp_path / "job", feed="feed.xml", readers=READERS)
    (made.folder / "feed.xml").write_bytes(rss2([ANNOUNCED]))
    (made.folder / "subscribers" / "segments.toml").write_text(SEGMENTS, encoding="utf-8")
    return made


def wish(job: Job, name: str, **values: str | int) -> None:
    """What the preferences page keeps of a reader."""
    fields = ", ".join(f"{field} = ?" for field in values)
    with closing(sqlite3.connect(job.database)) as database, database:
        database.execute(
            f"UPDATE subscribers SET {fields} WHERE address = ?",  # noqa: S608 - our own names
            (*values.values(), f"{name}@example.org"),
        )


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def stands(job: Job, edition: int) -> dict[str, tuple[str | None, str | None]]:
    query = (
        "SELECT s.address, d.segment, d.reason FROM deliveries d JOIN subscribers s"
        " ON s.id = d.subscriber_id WHERE d.edition = ?"
    )
    rows = job.asks(query, edition)
    return {address.partition("@")[0]: (segment, reason) for address, segment, reason in rows}


def test_segments_say_how_many_share_them_and_why_some_are_in_none(job: Job) -> None:
    wish(job, "teo", cadence="monthly")

    students, british, far, nobody = records(job.does("segments", "--json").out)

    assert students["readers"] == 2
    assert students["wishes"] == {"each": 1, "weekly": 0, "monthly": 1}
    assert students["also_matches"] == {"british": 1, "far": 1}
    assert (british["readers"], british["matches"]) == (1, 2)
    assert (far["readers"], far["matches"]) == (1, 2)
    assert nobody["readers"] == 1
    assert nobody["why"] == [
        ["students", 'tag = "student"', 1],
        ["students", 'none of (country = "BR")', 1],
        ["british", 'country = "GB"', 1],
        ["far", 'any of (zone = "Asia/*"; zone = "Pacific/*")', 1],
    ]
    told = job.does("segments").out
    assert "1 confirmed reader is in no segment and gets nothing, because:" in told


def test_explain_says_rule_by_rule_why_someone_gets_what(job: Job) -> None:
    assert job.does("collect").status == 0

    kiri = job.does("segments", "explain", "KIRI@example.org").out
    ines = records(job.does("segments", "explain", "ines@example.org", "--json").out)[0]
    teo = records(job.does("segments", "explain", "teo@example.org", "--json").out)[0]
    unknown = job.does("segments", "explain", "nobody@example.org")

    assert "1. students: matches first\n" in kiri
    assert '     yes  tag = "student"\n     yes  none of\n       no   country = "BR"\n' in kiri
    assert "2. british: does not match\n" in kiri
    assert "3. far: would match too, but stands further down\n" in kiri
    assert "Next edition, 1: yes, as students: " in kiri
    assert "example.org" not in kiri
    assert (ines["segment"], ines["gets_it"], ines["why_not"]) == (None, False, "no_segment")
    assert (teo["kinds"], teo["why_not"]) == (["wrap-up"], "not_wanted")
    assert unknown.status == 2
    assert "There is no subscriber of that address" in unknown.err


def test_slower_readers_wait_for_their_turn_and_paused_ones_for_their_day(job: Job) -> None:
    """The first edition tells everybody: no week or month has had one before."""
    wish(job, "kiri", cadence="weekly")
    wish(job, "una", cadence="monthly")
    wish(job, "sage", paused_until="2026-06-11 00:00:00.000000")

    assert job.does("run", now=WEEK_1).status == 0
    (job.folder / "feed.xml").write_bytes(rss2([WRAPPED_UP]))
    assert job.does("collect", now=WEEK_2).status == 0
    planned = job.does("plan", now=WEEK_2).out
    explained = job.does("segments", "explain", "una@example.org", now=WEEK_2).out
    assert job.does("run", now=WEEK_2).status == 0
    assert job.does("run", now=JULY).status == 0

    assert stands(job, 1)["kiri"] == ("students_weekly", None)
    assert stands(job, 1)["una"] == ("far_monthly", None)
    assert stands(job, 1)["sage"] == ("british", "paused")
    assert stands(job, 2)["kiri"] == ("students_weekly", None)
    assert stands(job, 2)["una"] == ("far_monthly", "not_due")
    # What is told while they pause is not told to them afterwards.
    assert stands(job, 2)["sage"] == ("british", "paused")
    assert stands(job, 3)["una"] == ("far_monthly", None)
    assert stands(job, 3)["kiri"][1] in {"nothing_for_segment", "not_due"}
    assert "far_monthly" in planned
    assert "not due" in planned
    assert "it is not their turn" in explained
    # Midnight in London.
    assert "the next turn begins 2026-06-30 23:00Z." in explained


def test_what_a_maintainer_hid_stays_hidden_from_those_whose_turn_comes_later(job: Job) -> None:
    """Its edition leaves in June; who reads once a month had no part in it."""
    wish(job, "una", cadence="monthly")
    assert job.does("run", now=WEEK_1).status == 0
    published_at = datetime(2026, 6, 10, 8, tzinfo=UTC)
    kites = an_announcement(502, "14th July 2026", "Kites for two.", published_at=published_at)
    (job.folder / "feed.xml").write_bytes(rss2([kites, WRAPPED_UP]))
    assert job.does("collect", now=WEEK_2).status == 0
    items = {item["topic"]: item["item"] for item in records(job.does("edit", "--json").out)}
    (ladders,) = (topic for topic in items if "Kites" not in topic)

    assert job.does("edit", "hide", str(items[ladders]), now=WEEK_2).status == 0
    assert job.does("run", now=WEEK_2).status == 0
    assert job.does("run", now=JULY).status == 0

    assert stands(job, 2)["una"] == ("far_monthly", "not_due")
    assert stands(job, 3)["una"] == ("far_monthly", None)
    reasons = job.asks("SELECT segment, reason FROM carried WHERE news_id = ?", items[ladders])
    assert ("far_monthly", "hidden by a maintainer") in reasons
    last = max(job.files())
    assert "Kites for two" in last.read_text(encoding="utf-8")
    assert "ladders" not in last.read_text(encoding="utf-8").lower()


def test_a_segment_means_all_of_its_readers_whatever_their_pace(job: Job) -> None:
    wish(job, "una", cadence="monthly")
    assert job.does("collect").status == 0

    shown = job.does("render", "--out", "out", "--segment", "far")

    assert shown.status == 0
    assert {path.name for path in (job.folder / "out").glob("*.html")} == {
        "far.html",
        "far_monthly.html",
    }
    checked = job.does("check", "--segment", "far").out
    assert "far: " in checked
    assert "far_monthly: " in checked
