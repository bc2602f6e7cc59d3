"""A season of 30 weeks through the command, in each way of reading a blog: its news, no more."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from tests.editors import Blog
from tests.http_server import running_site
from tests.season import SEASON
from tests.season_words import Expected, Mode, Week
from tests.wordpress import WordPress

from otalk_digest.cli.app import App
from otalk_digest.cli.collect import collect
from otalk_digest.errors import OtalkDigestError

#: Flags that tell of a way of reading, not of a post.
_USUAL_FLAGS = {"default-time", "summary-only"}


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
    starts_at = record["starts_at"] and record["starts_at"][:16].replace("T", " ")
    return Expected(
        kind=record["kind"],
        post=int(record["guid"].rpartition("=")[2]),
        topic=record["topic"],
        starts_at=starts_at,
        hosts=tuple(record["hosts"]),
        tweets=record["numbers"]["tweets"],
        transcript=record["transcript_url"],
        changes=frozenset((item["field"], item["old"], item["new"]) for item in record["changes"]),
        flags=tuple(flag for flag in record["flags"] if flag not in _USUAL_FLAGS),
        slug=record["url"].rstrip("/").rpartition("/")[2],
    )


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
    status = 0
    try:
        collect.main(
            ["--json"], obj=App(config=config, now=now, stop=NoPause()), standalone_mode=False
        )
    except OtalkDigestError as error:
        status = error.exit_status
    printed = capsys.readouterr()
    return Looked(status=status, out=printed.out, warnings=printed.err.splitlines())


@pytest.mark.parametrize("mode", list(Mode))
def test_each_week_gives_its_news_and_nothing_else(
    tmp_path: Path, blog: Blog, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path, blog, mode)
    wrong: list[str] = []
    for week in SEASON:
        blog.turn_to(week.at)
        for act in week.acts.values():
            act(blog)

        looked = look(config, week.at, capsys)
        again = look(config, week.at, capsys)

        wrong += differences(week, mode, looked)
        if again.out:
            wrong.append(f"week {week.number}: told once more: {again.out}")
    assert not wrong, "\n".join(wrong)


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
