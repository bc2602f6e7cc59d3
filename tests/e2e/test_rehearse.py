"""A month that is over, rehearsed: from saved feeds, and from what the store saw."""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.feeds import SourcePost, rss2
from tests.maintainer import Folder, a_folder, an_announcement, post_chat

DAYS = ("--from", "2026-11-01", "--to", "2026-12-09")
TOPICS = {1: "Kettles on wheels.", 2: "Hats indoors.", 3: "Borrowed tools."}


def kettles(*, day: str = "10th November 2026", after: str = "") -> SourcePost:
    at = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    return an_announcement(1, day, TOPICS[1], published_at=at, after=after)


def hats(*, before: str = "") -> SourcePost:
    at = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
    return an_announcement(2, "24th November 2026", TOPICS[2], published_at=at, before=before)


def tools() -> SourcePost:
    at = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    return an_announcement(3, "8th December 2026", TOPICS[3], published_at=at)


MOVED = "17th November 2026"
#: What the blog said from each moment on, newest post first.
BLOG: Mapping[str, Sequence[SourcePost]] = {
    "2026-11-04": [kettles()],
    "2026-11-09T1800": [hats(), kettles(day=MOVED)],
    "2026-11-18T0730": [
        hats(before="CANCELLED: "),
        kettles(day=MOVED, after=post_chat(1, tweets=143)),
    ],
    "2026-11-20": [
        hats(before="CANCELLED: "),
        kettles(day=MOVED, after=post_chat(1, tweets=148)),
    ],
    "2026-12-01": [
        tools(),
        hats(before="CANCELLED: "),
        kettles(day=MOVED, after=post_chat(1, tweets=148)),
    ],
}
#: Chat, kind, edition, who is told, who is not and why; in the order of the page.
BOTH = "students (2 readers) everyone (3 readers)"
EXPECTED = {
    "Wednesday 4 November 2026, 09:00": [
        ("Kettles on wheels.", "announcement", "1", BOTH, "nobody")
    ],
    "Wednesday 11 November 2026, 09:00": [
        ("Kettles on wheels.", "change", "2", BOTH, "nobody"),
        ("Hats indoors.", "announcement", "3", BOTH, "nobody"),
    ],
    "Wednesday 18 November 2026, 09:00": [
        (
            "Kettles on wheels.",
            "wrap-up",
            "5",
            "everyone (3 readers)",
            "students: the segment does not receive wrap-up",
        ),
        ("Hats indoors.", "cancellation", "4", BOTH, "nobody"),
    ],
    "Wednesday 25 November 2026, 09:00": [
        (
            "Kettles on wheels.",
            "correction",
            "none",
            "nobody",
            "students, everyone: corrections change the record only",
        ),
    ],
    "Wednesday 2 December 2026, 09:00": [("Borrowed tools.", "announcement", "6", BOTH, "nobody")],
    "Wednesday 9 December 2026, 09:00": [],
}


@dataclass(slots=True)
class Section:
    """A week of the page."""

    heading: str
    rows: list[tuple[str, ...]]
    text: str = ""


class IndexReader(HTMLParser):
    """Reads the page as a reader does: its weeks, and the rows of their tables."""

    def __init__(self) -> None:
        super().__init__()
        self.weeks: list[Section] = []
        self.links: list[str] = []
        self._cell: list[str] | None = None
        self._row: list[str] = []
        self._place = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "a":
            self.links.append(known["href"] or "")
        if tag == "section":
            self.weeks.append(Section(heading="", rows=[]))
        self._place = known.get("class") or tag
        if tag in {"td", "th"}:
            self._cell = []
        if tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self._row.append("".join(self._cell).strip())
            self._cell = None
        if tag == "tr":
            if self.weeks and not self._row[0].startswith("Chat"):
                self.weeks[-1].rows.append(tuple(self._row))
            self._row = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None and self._place != "when":
            self._cell.append(data)
        if self.weeks:
            self.weeks[-1].text += data
            if self._place == "h2":
                self.weeks[-1].heading += data.strip()
                self._place = ""


def read_index(out: Path) -> IndexReader:
    reader = IndexReader()
    reader.feed((out / "index.html").read_text(encoding="utf-8"))
    return reader


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A blog's month in saved feeds, and the same month lived through by the weekly job."""
    made = a_folder(tmp_path_factory.mktemp("rehearse") / "my-digest")
    saved = made.path / "saved"
    saved.mkdir()
    for moment, posts in BLOG.items():
        (saved / f"{moment}.xml").write_bytes(rss2(posts))
    (saved / "notes.txt").write_text("no feed, and no date", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def rehearsed(folder: Folder) -> Path:
    ended = folder.does("rehearse", *DAYS, "--snapshots", "saved", "--out", "once")

    assert (ended.status, ended.err) == (0, "")
    return folder.path / "once"


def test_the_index_lists_each_chat_its_phase_its_edition_and_who_is_told(rehearsed: Path) -> None:
    weeks = read_index(rehearsed).weeks

    assert {week.heading: week.rows for week in weeks} == EXPECTED


def test_a_week_without_an_edition_says_why(rehearsed: Path) -> None:
    weeks = {week.heading: week.text for week in read_index(rehearsed).weeks}

    assert "All that was new is left out" in weeks["Wednesday 25 November 2026, 09:00"]
    assert "Nothing was new on the blog." in weeks["Wednesday 9 December 2026, 09:00"]


def test_who_is_left_out_is_counted_by_reason(rehearsed: Path) -> None:
    weeks = {week.heading: week.text for week in read_index(rehearsed).weeks}

    assert "unconfirmed: 1 in everyone" in weeks["Wednesday 4 November 2026, 09:00"]


def test_each_edition_that_would_have_gone_out_is_written(rehearsed: Path) -> None:
    written = {name for name in tree(rehearsed) if "/" in name}

    both = {"students", "everyone"}
    ahead = {
        "2026-11-04/edition-1",
        # A correction first, for those who were told the old date; then what is new.
        "2026-11-11/edition-2",
        "2026-11-11/edition-3",
        "2026-11-18/edition-4",
        "2026-12-02/edition-6",
    }
    expected = {
        f"{place}/{segment}.{kind}"
        for place in ahead
        for segment in both
        for kind in ("html", "txt", "ics")
    }
    over = {f"2026-11-18/edition-5/everyone.{kind}" for kind in ("html", "txt")}
    assert written == expected | over


def test_every_link_of_the_index_to_a_file_leads_to_one(rehearsed: Path) -> None:
    links = [link for link in read_index(rehearsed).links if not link.startswith(("http", "#"))]

    assert len(links) > 10
    assert [link for link in links if not (rehearsed / link).is_file()] == []


def test_the_index_needs_nothing_but_itself(rehearsed: Path) -> None:
    page = (rehearsed / "index.html").read_text(encoding="utf-8")

    assert not re.search(r"<(?:script|link|img|iframe)\b|@import|url\(", page)


def test_the_same_input_gives_the_same_bytes(folder: Folder, rehearsed: Path) -> None:
    before = tree(rehearsed)

    again = folder.does(
        "rehearse", *DAYS, "--snapshots", "saved", "--out", "twice", now="2031-01-01T00:00Z"
    )

    assert again.status == 0
    assert tree(folder.path / "twice") == before


def test_an_older_rehearsal_is_replaced_and_nothing_else_ever_is(folder: Folder) -> None:
    out = folder.path / "replaced"
    words = ("rehearse", "--snapshots", "saved", "--out", "replaced")
    assert folder.does(*words, *DAYS).status == 0
    assert folder.does(*words, "--from", "2026-11-01", "--to", "2026-11-05").status == 0
    assert [path.name for path in out.iterdir() if path.is_dir()] == ["2026-11-04"]

    refused = folder.does("rehearse", "--snapshots", "saved", *DAYS, "--out", "saved")

    assert refused.status == 2
    assert len(list((folder.path / "saved").iterdir())) == len(BLOG) + 1


def test_weeks_before_the_first_day_count_as_told(folder: Folder) -> None:
    days = ("--from", "2026-11-15", "--to", "2026-11-18")

    ended = folder.does("rehearse", *days, "--snapshots", "saved", "--out", "late")

    assert ended.status == 0
    weeks = read_index(folder.path / "late").weeks
    heading = "Wednesday 18 November 2026, 09:00"
    assert {week.heading: week.rows for week in weeks} == {heading: EXPECTED[heading]}


def test_the_store_is_rehearsed_as_its_weeks_went_and_stays_as_it_was(
    folder: Folder, tmp_path: Path
) -> None:
    real = Folder(path=tmp_path / "real")
    shutil.copytree(folder.path, real.path)
    runs = {
        "2026-11-04T09:00:20Z": "2026-11-04",
        "2026-11-11T09:00:20Z": "2026-11-09T1800",
        "2026-11-18T09:00:20Z": "2026-11-18T0730",
        "2026-11-25T09:00:20Z": "2026-11-20",
        "2026-12-02T09:00:20Z": "2026-12-01",
    }
    for now, name in runs.items():
        real.publish(BLOG[name])
        assert real.does("run", now=now).status == 0
    sent, before = tree(real.path / "outbox"), list(dump(real.database))

    ended = real.does("rehearse", *DAYS)

    assert (ended.status, ended.err) == (0, "")
    weeks = read_index(real.path / "rehearsal").weeks
    assert {week.heading: week.rows for week in weeks} == EXPECTED
    assert list(dump(real.database)) == before
    assert tree(real.path / "outbox") == sent


def test_what_a_maintainer_overruled_counts_from_that_moment_on(
    folder: Folder, tmp_path: Path
) -> None:
    real = Folder(path=tmp_path / "real")
    shutil.copytree(folder.path, real.path)
    real.publish([kettles()])
    assert real.does("run", now="2026-11-04T09:00Z").status == 0
    words = ("chats", "set", "1", "starts_at=2026-11-12T20:00")
    assert real.does(*words, now="2026-11-06T12:00Z").status == 0

    ended = real.does("rehearse", "--from", "2026-11-01", "--to", "2026-11-11")

    assert ended.status == 0
    weeks = read_index(real.path / "rehearsal").weeks
    assert [row[:3] for week in weeks for row in week.rows] == [
        ("Kettles on wheels.", "announcement", "1"),
        ("Kettles on wheels.", "change", "2"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2026-12-01", "--to", "2026-11-01"], "--from is later than --to"),
        (["--from", "soon", "--to", "2026-11-01"], "'soon'"),
        ([*DAYS, "--snapshots", "nowhere"], "nowhere cannot be read"),
        ([*DAYS, "--snapshots", "subscribers"], "no file with a date in its name"),
        ([*DAYS, "--weekday", "someday"], "'someday'"),
    ],
    ids=["turned round", "no day", "no folder", "no snapshot", "no weekday"],
)
def test_what_cannot_be_rehearsed_is_refused(folder: Folder, words: list[str], said: str) -> None:
    ended = folder.does("rehearse", *words, "--out", "refused")

    assert ended.status == 2
    assert said in ended.err
    assert not (folder.path / "refused").exists()


def test_a_snapshot_that_is_no_feed_is_named(folder: Folder) -> None:
    other = folder.path / "pages"
    other.mkdir()
    (other / "2026-11-04.html").write_text("<!doctype html><p>Not here", encoding="utf-8")

    ended = folder.does("rehearse", *DAYS, "--snapshots", "pages", "--out", "unread")

    assert ended.status == 2
    assert "2026-11-04.html" in ended.err


def dump(database: Path) -> Iterator[str]:
    with closing(sqlite3.connect(database)) as connection:
        yield from connection.iterdump()
