"""A season of 30 weeks through the command, in each way of reading a blog: its news, no more."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.editors import Blog
from tests.http_server import running_site
from tests.season import AT_THE_END, SEASON
from tests.season_words import Expected, Mode, Week
from tests.weekly_job import a_job, addresses_of
from tests.wordpress import WordPress

from otalk_digest.cli.app import App
from otalk_digest.cli.chats import chats
from otalk_digest.cli.collect import collect
from otalk_digest.cli.run import run
from otalk_digest.errors import OtalkDigestError, TryAgainError

#: Flags that tell of a way of reading, not of a post.
_USUAL_FLAGS = {"default-time", "summary-only"}
#: Weeks in which the command runs in a process of its own: the first, the failing, the last.
_TYPED = {1, 16, 30}


class NoPause(threading.Event):
    """Nobody asks to stop, and the pauses between two polite questions are over at once."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as it is called
        return self.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the command printed."""

    status: int
    out: str
    warnings: list[str]

    @property
    def news(self) -> list[Expected]:
        return sorted((_told(json.loads(line)) for line in self.out.splitlines()), key=_order)


def _told(record: dict[str, Any]) -> Expected:
    return Expected(
        kind=record["kind"],
        post=_number(record),
        topic=record["topic"],
        starts_at=_hour(record),
        hosts=tuple(record["hosts"]),
        tweets=record["numbers"]["tweets"],
        transcript=record["transcript_url"],
        changes=frozenset((item["field"], item["old"], item["new"]) for item in record["changes"]),
        flags=_flags(record),
        slug=record["url"].rstrip("/").rpartition("/")[2],
    )


def _number(record: dict[str, Any]) -> int:
    return int(record["guid"].rpartition("=")[2])


def _hour(record: dict[str, Any]) -> str | None:
    starts_at: str | None = record["starts_at"]
    return None if starts_at is None else starts_at[:16].replace("T", " ")


def _flags(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(flag for flag in record["flags"] if flag not in _USUAL_FLAGS)


def _order(news: Expected) -> tuple[int, str]:
    return news.post, news.kind


@pytest.fixture
def blog(mode: Mode) -> Iterator[Blog]:
    with ExitStack() as servers:
        site = servers.enter_context(running_site())
        yield Blog(
            servers=servers,
            site=WordPress(
                site=site,
                is_summary_only=mode in {Mode.SUMMARY_RSS, Mode.SUMMARY_ATOM},
                # What RSS hides is looked up on the posts' own pages, Atom's by REST.
                has_rest=mode not in {Mode.RSS, Mode.SUMMARY_RSS},
            ),
        )


def settings(folder: Path, blog: Blog, mode: Mode) -> Path:
    path = folder / "otalk-digest.toml"
    kind = mode.removeprefix("summary-")
    path.write_text(
        f'[feed]\naddress = "{blog.site.address}"\nkind = "{kind}"\n'
        "allow_private_addresses = true\n",
        encoding="utf-8",
    )
    return path


def look(config: Path, now: datetime, capsys: pytest.CaptureFixture[str]) -> Looked:
    """Run the command in this process, without its pauses."""
    status = 0
    try:
        collect.main(
            ["--json"], obj=App(config=config, now=now, stop=NoPause()), standalone_mode=False
        )
    except OtalkDigestError as error:
        status = error.exit_status
    printed = capsys.readouterr()
    return Looked(status=status, out=printed.out, warnings=printed.err.splitlines())


def look_as_cron(config: Path, now: datetime) -> Looked:
    """Run the command in a process of its own, as it is typed."""
    done = subprocess.run(
        [sys.executable, "-m", "otalk_digest", "--now", now.isoformat(), "collect", "--json"],
        cwd=config.parent,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Looked(status=done.returncode, out=done.stdout, warnings=done.stderr.splitlines())


@pytest.mark.parametrize("mode", list(Mode))
def test_each_week_gives_its_news_and_nothing_else(
    tmp_path: Path, blog: Blog, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path, blog, mode)
    wrong: list[str] = []
    for week in SEASON:
        blog.live_until(week.at, week.acts.values())

        is_typed = mode is Mode.ATOM and week.number in _TYPED
        looked = look_as_cron(config, week.at) if is_typed else look(config, week.at, capsys)
        again = look(config, week.at, capsys)

        wrong += differences(week, mode, looked)
        if again.out:
            wrong.append(f"week {week.number}: told once more: {again.out}")
    assert not wrong, "\n".join(wrong)

    months = [SEASON[-1].at + timedelta(weeks=weeks) for weeks in (4, 8, 12)]
    silence = [look(config, month, capsys) for month in months]
    assert silence == [Looked(status=0, out="", warnings=[])] * 3  # T35
    assert record_of(config, capsys) == AT_THE_END


def record_of(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[int, tuple[object, ...]]:
    """Return what `chats` knows: post → phase, hour, flags."""
    chats.main(["--json"], obj=App(config=config), standalone_mode=False)
    records = map(json.loads, capsys.readouterr().out.splitlines())
    return {_number(each): (each["phase"], _hour(each), _flags(each)) for each in records}


def differences(week: Week, mode: Mode, looked: Looked) -> Iterator[str]:
    """Say what a look brought too much or too little, in plain words."""
    expected = sorted(week.told_in(mode), key=_order)
    here = f"week {week.number} by {mode}"
    if looked.news != expected:
        yield from (f"{here}: extra: {news}" for news in looked.news if news not in expected)
        yield from (f"{here}: missing: {news}" for news in expected if news not in looked.news)
    if looked.status != week.status:
        yield f"{here}: ended with {looked.status}, not {week.status}: {looked.warnings}"
    warned = [line for line in looked.warnings if line.startswith("warning: ")]
    for words, line in zip_longest(week.warnings, warned, fillvalue=""):
        if not words or words not in line:
            yield f"{here}: warned {line!r}, not {words!r}"


# By e-mail

#: One in each segment, and one more in the larger one.
READERS = """
kiri@example.org,Kiri Vance,Pacific/Auckland,NZ,student,,confirmed
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
una@example.org,,Asia/Kolkata,IN,,,confirmed
"""
#: How each piece of news is linked in the bundled theme.
LINKS = {
    "announcement": r"Read the post for (\d+ \w+)",
    "change": r"Read the updated post for (\d+ \w+)",
    "cancellation": r"Read the post about (\d+ \w+)",
    "wrap-up": r"Read the write-up of (\d+ \w+)",
}


@pytest.mark.parametrize("mode", [Mode.REST])
def test_each_reader_is_told_each_phase_once_and_of_each_chat_before_it_begins(
    tmp_path: Path, blog: Blog, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    job = a_job(tmp_path / "job", feed=blog.site.address, readers=READERS)
    everyone = addresses_of(READERS)
    told: Counter[tuple[str, str, str]] = Counter()
    before: set[Path] = set()
    for week in SEASON:
        blog.live_until(week.at, week.acts.values())

        run_weekly(job.folder, week.at)

        mails = [path for path in job.files() if path not in before]
        before.update(mails)
        week_told = Counter(item for path in mails for item in read_mail(path))
        expected = [phase for news in week.told_in(mode) if (phase := phase_of(news))]
        assert week_told == Counter((reader, *phase) for reader in everyone for phase in expected)
        late = [n for n in week.news if n.kind == "announcement" and begins(n) <= week.at]
        assert not late
        told += week_told
    capsys.readouterr()
    # The chat that was moved and then renamed changed twice.
    assert {day for (_, _, day), times in told.items() if times > 1} == {"4 November"}
    assert {kind for (_, kind, _), times in told.items() if times > 1} == {"change"}


def run_weekly(folder: Path, now: datetime) -> None:
    """Run the cron job; while the blog is down it says so, and no more."""
    app = App(config=folder / "otalk-digest.toml", now=now, stop=NoPause())
    with contextlib.suppress(TryAgainError):
        assert run.main([], obj=app, standalone_mode=False) == 0


def read_mail(path: Path) -> Iterator[tuple[str, str, str]]:
    """Return what one mail tells: (reader, kind, day)."""
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    part = mail.get_body(("plain",))
    assert part is not None
    for kind, link in LINKS.items():
        for day in re.findall(link, part.get_content()):
            yield mail["To"].addresses[0].addr_spec, kind, day


def phase_of(news: Expected) -> tuple[str, str] | None:
    """Return (kind, day) of news that goes out by e-mail and is about a chat."""
    if news.kind not in LINKS:
        return None
    day = begins(news).astimezone(ZoneInfo("Europe/London"))
    return news.kind, f"{day.day} {day:%B}"


def begins(news: Expected) -> datetime:
    return datetime.fromisoformat(f"{news.starts_at}+00:00")
