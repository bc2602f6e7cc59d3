"""`extract`: what is read out of a post or a feed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import moment, print_json
from otalk_digest.cli.records import extract_record, people
from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.fetch import FetchLimits, fetch
from otalk_digest.collect.parse import parse_feed
from otalk_digest.errors import InputError
from otalk_digest.model.chat import NUMBER_NAMES, ChatProfile, Reading
from otalk_digest.model.feed import Entry
from otalk_digest.settings_tables import ChatSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    body: bytes
    content_type: str | None
    address: str


@click.command()
@click.argument("source", metavar="FILE|URL|-")
@click.option("--title", metavar="T", help="The post's title; else the first line of its text.")
@click.option("--published", metavar="D", help="The day it was published, such as 2018-10-24.")
@click.option("--json", "is_json", is_flag=True, help="One post a line.")
@click.pass_obj
def extract(app: App, source: str, title: str | None, published: str | None, is_json: bool) -> None:
    """Show what is read out of a post or a feed; touches no state.

    FILE may be a feed, a post's HTML, or its text; `-` reads standard input. Works without a
    settings file, with #OTalk's profile.
    """
    for entry in _entries(_read(app, source), title, _day(published)):
        post = clean_entry(entry)
        reading = read_post(post, _profile(app))
        if is_json:
            print_json(extract_record(post.guid or None, post.link, reading))
        else:
            _print_reading(reading)


def _profile(app: App) -> ChatProfile:
    settings = app.settings.chat if app.config.exists() else ChatSettings()
    return settings.profile()


def _read(app: App, source: str) -> _Source:
    if source == "-":
        return _Source(body=sys.stdin.buffer.read(), content_type=None, address="standard input")
    limits = app.limits() if app.config.exists() else FetchLimits()
    fetched = fetch(source, validators=None, limits=limits)
    return _Source(body=fetched.body or b"", content_type=fetched.content_type, address=fetched.url)


def _entries(source: _Source, title: str | None, published: datetime | None) -> Iterator[Entry]:
    text = source.body.decode("utf-8-sig", errors="replace")
    if _is_feed(text):
        yield from parse_feed(
            source.body, content_type=source.content_type, url=source.address
        ).entries
        return
    if not text.strip():
        raise InputError(f"{source.address} is empty. Name a file with a feed or a post.")
    lines = text.strip().splitlines()
    is_html = "</" in text or "<br" in text.lower()
    yield Entry(
        guid="",
        link=source.address if "://" in source.address else None,
        title=title or lines[0].strip(),
        published_at=published,
        html=text if is_html else _as_html(lines[1:] if title is None else lines),
    )


def _is_feed(text: str) -> bool:
    start = text.lstrip()[:2_000].lower()
    return start.startswith("<?xml") or "<rss" in start or "<feed" in start or "<rdf:rdf" in start


def _as_html(lines: list[str]) -> str:
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines if line.strip())


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no day; write one such as 2018-10-24", param_hint="--published"
        ) from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _print_reading(reading: Reading) -> None:
    click.echo(reading.title)
    rows = {
        "topic": reading.topic,
        "starts": moment(reading.starts_at),
        "hosts": people(reading.hosts),
        "support": people(reading.support),
        "transcript": reading.transcript_url or "",
        "flags": people(reading.flags),
    }
    if not reading.is_chat:
        rows = {"notice": "this post is about no chat"}
    for name, value in rows.items():
        if value:
            click.echo(f"  {name}: {value}")
    for number, question in enumerate(reading.questions, 1):
        click.echo(f"  question {number}: {question}")
    for name in NUMBER_NAMES:
        if figure := getattr(reading.numbers, name):
            click.echo(f"  {name.replace('_', ' ')}: {figure.value} (printed {figure.printed})")
    for evidence in reading.evidence:
        click.echo(f"  read {evidence.field} from: {evidence.text}")
    click.echo()
