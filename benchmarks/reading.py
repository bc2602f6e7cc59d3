"""Ten full-content entries parsed, sanitised and read, warm, in one process.

    .venv/bin/python benchmarks/reading.py

CPU against what feedparser alone takes for the same bytes, its own sanitising included.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
from processes import print_table

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.parse import parse_feed
from otalk_digest.model.chat import ChatProfile

ROOT = Path(__file__).parents[1]
GOAL = 2.5
ENTRIES = 10
ROUNDS = 31

PROFILE = ChatProfile(
    tags=("OTalk", "Occhat"),
    weekday=1,
    start_hour=20,
    start_minute=0,
    duration_minutes=60,
    zone="Europe/London",
    series=("Research", "Journal Club"),
    account="OTalk_",
    platform="X",
    join_url=None,
    who_can_join="Anyone can read along.",
)


def main() -> None:
    """Print the table."""
    body = ten_written_up()
    ours: list[float] = []
    theirs: list[float] = []
    # In turn, so that noise falls on both; the first round only warms up.
    for _ in range(ROUNDS + 1):
        ours.append(cpu_of(lambda: read(body)))
        theirs.append(cpu_of(lambda: feedparser.parse(body)))
    ratio = statistics.median(ours[1:]) / statistics.median(theirs[1:])
    print_table(
        [
            ("what", "reached", "goal", ""),
            (
                "ten entries parsed, sanitised and read, CPU ÷ feedparser",
                f"{ratio:.2f}",
                f"≤ {GOAL}",
                "yes" if ratio <= GOAL else "NO",
            ),
        ]
    )


def read(body: bytes) -> None:
    """Do what a run does with a feed that has changed."""
    feed = parse_feed(body, content_type="application/rss+xml", url="https://blog.example/feed/")
    readings = [read_post(clean_entry(entry), PROFILE) for entry in feed.entries]
    if sum(reading.is_wrapped_up and bool(reading.questions) for reading in readings) != ENTRIES:
        sys.exit("a post was not read in full: the figures mean nothing")


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ten_written_up() -> bytes:
    """Return a feed of ten chats with their post-chat blocks, every text another one."""
    sys.path.insert(0, str(ROOT))
    from tests.feeds import SourcePost, rss2  # noqa: PLC0415 - found beside the benchmarks

    first = datetime(2025, 1, 7, tzinfo=UTC)
    days = [first + timedelta(weeks=week) for week in range(ENTRIES)]
    return rss2(
        [
            SourcePost(
                id=number,
                title=f"#OTalk {day:%-d %B %Y} – Topic number {number} and its many sides",
                html=written_up(number),
                published_at=day - timedelta(days=6),
            )
            for number, day in enumerate(days, 1)
        ]
    )


def written_up(number: int) -> str:
    """Return one post: text, links, questions, figures."""
    words = "".join(
        f"<p>Part {part} of chat {number}: what <em>helps</em>, what gets in the way, and what we "
        f'could <a href="https://blog.example/{number}/{part}/">try next</a>. '
        f"{'It was said before, and it is worth saying again, in other words. ' * 3}</p>\n"
        for part in range(8)
    )
    questions = "".join(f"<li>What do you see where you work, part {n}?</li>" for n in range(5))
    return (
        f"<p>This week’s chat will be hosted by A Person (@a_person{number}).</p>\n{words}"
        f"<p><strong>Questions:</strong></p>\n<ol>{questions}</ol>\n"
        "<h3>POST CHAT</h3>\n<p>Host: @a_person<br />Support on the account: @b_person</p>\n"
        f"<p>The Numbers</p>\n<p>{300 + number}.5K Impressions<br />{200 + number} Tweets<br />"
        f"{30 + number} Participants</p>\n"
    )


if __name__ == "__main__":
    main()
