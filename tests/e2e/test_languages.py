"""A segment reads its digest in a language of its own."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from tests.feeds import rss2
from tests.weekly_job import ANNOUNCED, Job, a_job

READERS: Final = """
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
vera@example.org,Vera Lind,Europe/Vienna,AT,german,,confirmed
"""
GERMAN: Final = """[[segment]]
name = "german"
title = "In German"
why = "Sie haben diese E-Mail bestellt."
language = "de-AT"
[segment.match]
tag = "german"
"""


def a_german_job(path: Path) -> Job:
    job = a_job(path, feed="feed.xml", readers=READERS)
    (job.folder / "feed.xml").write_bytes(rss2([ANNOUNCED]))
    segments = job.folder / "subscribers" / "segments.toml"
    segments.write_text(GERMAN + segments.read_text(encoding="utf-8"), encoding="utf-8")
    return job


def mails(job: Job) -> dict[str, EmailMessage]:
    read = (message_from_bytes(f.read_bytes(), policy=policy.default) for f in job.files())
    return {str(mail["To"]).partition("@")[0].rpartition("<")[2]: mail for mail in read}


def test_each_segment_is_written_to_in_its_own_language(tmp_path: Path) -> None:
    job = a_german_job(tmp_path / "job")

    assert job.does("run").status == 0

    found = mails(job)
    bodies = {
        name: {
            kind: mail.get_body((kind,)).get_content()  # type: ignore[union-attr]
            for kind in ("plain", "html")
        }
        for name, mail in found.items()
    }
    assert '<html lang="de-AT" dir="ltr"' in bodies["vera"]["html"]
    assert "Guten Tag Vera Lind," in bodies["vera"]["plain"]
    assert "Bei Ihnen: 21 bis 22 Uhr MESZ (Wien)" in bodies["vera"]["plain"]
    assert '<html lang="en-GB" dir="ltr"' in bodies["sage"]["html"]
    assert "Hello Sage Hollin," in bodies["sage"]["plain"]
    assert "Tuesday 9 June 2026, 8pm to 9pm BST" in bodies["sage"]["plain"]


def test_a_language_without_words_sends_nothing_and_says_what_to_write(tmp_path: Path) -> None:
    job = a_german_job(tmp_path / "job")
    segments = job.folder / "subscribers" / "segments.toml"
    text = segments.read_text(encoding="utf-8").replace("de-AT", "cy")
    segments.write_text(text, encoding="utf-8")

    ended = job.does("run")

    assert ended.status == 2
    assert "theme classic has no words in cy: write " in ended.err
    assert "words/cy.toml" in ended.err
    assert job.files() == []
