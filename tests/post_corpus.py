"""The corpus of invented posts in tests/data/posts, as cases: raw HTML in, expected fields out."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.model.chat import NUMBER_NAMES, ChatProfile, Reading
from otalk_digest.model.feed import Entry, Post

POSTS = Path(__file__).parent / "data" / "posts"

PROFILE = ChatProfile(
    tags=("OTalk", "Occhat"),
    weekday=1,
    start_hour=20,
    start_minute=0,
    duration_minutes=60,
    zone="Europe/London",
    series=("Research", "Journal Club", "Media Club"),
    account="OTalk_",
    platform="X",
    join_url=None,
    who_can_join="Anyone.",
)

#: What a case leaves out is expected to be absent.
FIELDS = (
    "is_chat",
    "topic",
    "starts_at",
    "ends_at",
    "hosts",
    "support",
    "introduction",
    "questions",
    "transcript_url",
    *NUMBER_NAMES,
    "is_wrapped_up",
    "is_transcript_post",
    "is_cancelled",
    "is_postponed",
    "cpd",
    "flags",
)

Value = str | bool | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One invented post and all that may be read out of it."""

    group: str
    shows: str
    post: Post
    expected: dict[str, Value]


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(case for path in sorted(POSTS.glob("*.toml")) for case in _cases(path))


def _cases(path: Path) -> Iterator[Case]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    default = table.get("default", {})
    for number, raw in enumerate(table["case"], start=1):
        expect = {key: value for key, value in default.items() if key in FIELDS} | raw["expect"]
        yield Case(
            group=path.stem,
            shows=raw["shows"],
            post=_post({"html": "", **default, **raw}, guid=f"{path.stem}-{number}"),
            expected=_expected(expect, raw.get("title", default.get("title", ""))),
        )


def _post(raw: dict[str, Any], *, guid: str) -> Post:
    published = raw.get("published")
    entry = Entry(
        guid=guid,
        link=raw.get("link"),
        title=raw["title"],
        author=raw.get("author") or None,
        published_at=datetime.fromisoformat(f"{published}T09:00Z") if published else None,
        html=raw["html"],
        is_summary=raw.get("is_summary", False),
        is_protected=raw.get("is_protected", False),
    )
    return clean_entry(entry)


def _expected(expect: dict[str, Any], title: str) -> dict[str, Value]:
    is_chat = expect.get("is_chat", True)
    if not is_chat:
        allowed = ("introduction", "is_cancelled", "flags")
        notice = {key: expect[key] for key in allowed if key in expect and key != "flags"}
        expect = {"is_chat": False, "topic": expect.get("topic_is", title), **notice}
    values = {name: _value(name, expect.get(name)) for name in FIELDS}
    values["is_chat"] = is_chat
    starts_at = values["starts_at"]
    if isinstance(starts_at, datetime) and values["ends_at"] is None:
        values["ends_at"] = starts_at + timedelta(hours=1)
    return values


def _value(name: str, value: Any) -> Value:  # noqa: ANN401 - whatever TOML holds
    if name in {"hosts", "support", "questions", "cpd", "flags"}:
        return tuple(value or ())
    if name.startswith("is_"):
        return bool(value)
    if name in {"starts_at", "ends_at"}:
        return datetime.fromisoformat(value).astimezone(UTC) if value else None
    return value or None


def read_case(case: Case) -> dict[str, Value]:
    """Read the case's post and lay the reading out like the expectation; figures as printed."""
    reading = read_post(case.post, PROFILE)
    return {name: _read(reading, name) for name in FIELDS}


def _read(reading: Reading, name: str) -> Value:
    if name in NUMBER_NAMES:
        figure = getattr(reading.numbers, name)
        return figure.printed if figure else None
    value: Value = getattr(reading, name)
    return value
