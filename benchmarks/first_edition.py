"""Feed bytes to one inlined edition of ten items, in a fresh process.

    .venv/bin/python benchmarks/first_edition.py

CPU against a process that imports premailer and transforms the same page once with its
defaults: what the inlining alone costs whoever uses it. The templates have been compiled
before, as in every run but an account's first; "first run" is without that.
"""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processes import median_costs, print_table, python

ROOT = Path(__file__).parents[1]
GOAL = 1.7

EDITION = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import follow
from otalk_digest.collect.parse import parse_feed
from otalk_digest.digest.compose import compose
from otalk_digest.digest.render import render_variant
from otalk_digest.digest.themes import load_theme
from otalk_digest.model.audience import AllOf, Segment
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.edition import Publication
from otalk_digest.model.news import KnownNews, NewsKind

root, feed, out = map(Path, sys.argv[1:4])
cache = sys.argv[4]
now = datetime(2026, 1, 1, tzinfo=UTC)
profile = ChatProfile(
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
chats, news = [], []
body = feed.read_bytes()
parsed = parse_feed(body, content_type="application/rss+xml", url="https://blog.example/feed/")
for entry in parsed.entries:
    post = clean_entry(entry)
    followed = follow(
        post, read_post(post, profile), known=None, is_new_post=True, is_first_run=False, now=now
    )
    chats.append(followed.chat)
    news += followed.news
segment = Segment(
    name="all", title="All", rule=AllOf(()), kinds=frozenset(NewsKind), theme="classic"
)
digest = compose(
    segment,
    uncarried=[KnownNews(id=number, news=item) for number, item in enumerate(news)],
    chats=chats,
    told=frozenset(),
    now=now,
)
variant = render_variant(
    digest,
    theme=load_theme("classic", folders=[root / "templates"], cache=Path(cache) if cache else None),
    publication=Publication(
        name="Digest",
        blog_url="https://blog.example/",
        contact_address="team@blog.example",
        postal_address="1 Example Street",
        language="en-GB",
        web_url="https://digest.blog.example",
    ),
    profile=profile,
    why="You asked for it.",
    subject_prefix="",
    zones=("Europe/London", "Australia/Sydney"),
    token_prefix="OTD0123456789",
)
assert len(digest.items) == 10, len(digest.items)
out.write_text(variant.html)
"""

PREMAILER = """
import sys
from pathlib import Path
import logging
import premailer
premailer.transform(Path(sys.argv[1]).read_text(), cssutils_logging_level=logging.CRITICAL)
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        feed, page = Path(name) / "feed.xml", Path(name) / "page.html"
        feed.write_bytes(ten_chats_ahead())
        bare = [*python(EDITION), str(ROOT), str(feed), str(page)]
        ours = [*bare, str(Path(name) / "cache")]
        subprocess.run(ours, check=True)
        source = Path(name) / "source.html"
        source.write_text(page_before_inlining(ours), encoding="utf-8")
        costs = median_costs(
            {"ours": ours, "first": [*bare, ""], "premailer": [*python(PREMAILER), str(source)]}
        )
    inlining = costs["premailer"].cpu_s
    ratio, first = costs["ours"].cpu_s / inlining, costs["first"].cpu_s / inlining
    print_table(
        [
            ("what", "reached", "goal", ""),
            (
                "feed bytes → inlined edition of 10, CPU ÷ premailer once",
                f"{ratio:.2f}",
                f"≤ {GOAL}",
                "yes" if ratio <= GOAL else "NO",
            ),
            ("the same, an account's first run", f"{first:.2f}", "", ""),
            ("peak MiB", f"{costs['ours'].peak_mib:.0f}", "", ""),
        ]
    )
    if any(cost.status for cost in costs.values()):
        sys.exit("a process failed: the figures mean nothing")


def page_before_inlining(ours: list[str]) -> str:
    """Return the page that our process hands to premailer."""
    catch = (
        "import premailer\n"
        "class Caught(premailer.Premailer):\n"
        "    def __init__(self, html, **options):\n"
        "        print(html)\n"
        "        super().__init__(html, **options)\n"
        "premailer.Premailer = Caught\n"
    )
    arguments = [*ours[:2], catch + ours[2], *ours[3:]]
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def ten_chats_ahead() -> bytes:
    """Return a feed of ten announcements, as WordPress writes it."""
    sys.path.insert(0, str(ROOT))
    from tests.feeds import SourcePost, rss2  # noqa: PLC0415 - found beside the benchmarks

    first = datetime(2026, 1, 6, tzinfo=UTC)
    days = [first + timedelta(weeks=week) for week in range(10)]
    words = "We will look at what helps, what gets in the way, and what we could try. " * 8
    questions = "".join(f"<li>What do you see where you work, part {n}?</li>" for n in range(4))
    return rss2(
        [
            SourcePost(
                id=number,
                title=f"#OTalk {day:%-d %B %Y} – Topic number {number} and its many sides",
                html=f"<p>Hosted by A Person (@a_person).</p><p>{words}</p>"
                f"<p>Questions:</p><ol>{questions}</ol>",
                published_at=day - timedelta(days=6),
            )
            for number, day in enumerate(days, 1)
        ]
    )


if __name__ == "__main__":
    main()
