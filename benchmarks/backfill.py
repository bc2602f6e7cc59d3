"""A backfill of 1,000 posts from saved feeds, as the command does it, in a fresh process.

    .venv/bin/python benchmarks/backfill.py

CPU against a process in which feedparser parses the same bytes with its defaults, both from
start to end; ours begins each time with a copy of the same empty store.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processes import median_costs, print_table, python

from otalk_digest.store.database import open_store

ROOT = Path(__file__).parents[1]
POSTS, PER_FILE = 1_000, 100
GOAL, GOAL_MIB = 2.0, 200

OURS = """
import shutil, sys
from otalk_digest.cli.main import main
folder = sys.argv[1]
shutil.copyfile(f"{folder}/empty.sqlite3", f"{folder}/otalk-digest.sqlite3")
config = f"{folder}/otalk-digest.toml"
main(["--config", config, "collect", "--backfill", "--feed", f"{folder}/feeds"])
"""

FEEDPARSER = """
import sys
from pathlib import Path
import feedparser
for file in sorted(Path(sys.argv[1], "feeds").glob("*.xml")):
    assert feedparser.parse(file.read_bytes()).entries
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_archive(folder)
        costs = median_costs(
            {
                "ours": [*python(OURS), str(folder)],
                "feedparser": [*python(FEEDPARSER), str(folder)],
            },
            rounds=3,
        )
    ratio = costs["ours"].cpu_s / costs["feedparser"].cpu_s
    peak = costs["ours"].peak_mib
    print_table(
        [
            ("what", "reached", "goal", ""),
            (
                f"backfill of {POSTS:,} posts, CPU ÷ feedparser's",
                f"{ratio:.2f}",
                f"≤ {GOAL}",
                "yes" if ratio <= GOAL else "NO",
            ),
            ("peak MiB", f"{peak:.0f}", f"≤ {GOAL_MIB}", "yes" if peak <= GOAL_MIB else "NO"),
        ]
    )
    if any(cost.status for cost in costs.values()):
        sys.exit("a process failed: the figures mean nothing")


def write_archive(folder: Path) -> None:
    """Write settings, an empty store, and the feeds."""
    settings = folder / "otalk-digest.toml"
    settings.write_text('[feed]\naddress = "feed.xml"\n', encoding="utf-8")
    open_store(folder / "empty.sqlite3").close()
    (folder / "feeds").mkdir()
    for number, feed in enumerate(feeds()):
        (folder / "feeds" / f"page-{number:02}.xml").write_bytes(feed)


def feeds() -> list[bytes]:
    """Return chats of twenty years, each with its questions and its wrap-up."""
    sys.path.insert(0, str(ROOT))
    from tests.feeds import SourcePost, rss2  # noqa: PLC0415 - found beside the benchmarks

    first = datetime(2006, 1, 3, tzinfo=UTC)
    words = "We will look at what helps, what gets in the way, and what we could try. " * 3
    posts = []
    for number in range(POSTS):
        day = first + timedelta(weeks=number)
        paragraphs = "".join(f"<p>{number}.{part}: {words}</p>" for part in range(8))
        questions = "".join(f"<li>What do you see where you work, part {n}?</li>" for n in range(5))
        posts.append(
            SourcePost(
                id=number,
                slug=f"chat-{number}",
                title=f"#OTalk {day:%-d %B %Y} – Topic number {number} and its many sides",
                html=f"<p>Hosted by A Person (@a_person).</p>{paragraphs}"
                f"<p>Questions:</p><ol>{questions}</ol><p><strong>POST CHAT</strong></p>"
                f"<p>Host: @a_person</p><p><strong>The Numbers</strong></p>"
                f"<p>538.417K Impressions<br />{number} Tweets<br />67 Participants</p>",
                published_at=day - timedelta(days=6),
            )
        )
    return [rss2(posts[start : start + PER_FILE]) for start in range(0, POSTS, PER_FILE)]


if __name__ == "__main__":
    main()
