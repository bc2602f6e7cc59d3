"""What every command shares: settings, store, clock and provider, built when asked for."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from otalk_digest.errors import SettingsError
from otalk_digest.resources import bundled, cache_folder
from otalk_digest.settings import Settings, environment, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from otalk_digest.check.expected import Expected
    from otalk_digest.collect.fetch import FetchLimits
    from otalk_digest.delivery.provider import Provider
    from otalk_digest.model.audience import Segment
    from otalk_digest.pipeline.collecting import Source
    from otalk_digest.pipeline.delivering import Post
    from otalk_digest.pipeline.forgetting import Keeping
    from otalk_digest.pipeline.freezing import Press
    from otalk_digest.pipeline.handing_over import Queue
    from otalk_digest.pipeline.running import Job
    from otalk_digest.pipeline.settling import Policy
    from otalk_digest.store.database import Store


#: To somebody at a terminal, who would take the wait for deafness.
_PATIENCE = b"\nStopping when what is in flight is done; once more stops now.\n"
#: For rehearsals of the past and the future; further away, sums of days overflow.
_YEARS = range(1970, 3000)


def parse_now(text: str | None) -> datetime | None:
    """Return the moment of `--now` in UTC; local times without an offset are refused."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no ISO 8601 moment; write one such as 2026-11-24T09:00Z",
            param_hint="--now",
        ) from error
    if moment.tzinfo is None:
        raise click.BadParameter("add an offset, such as Z or +01:00", param_hint="--now")
    if moment.year not in _YEARS:
        raise click.BadParameter(
            f"{text!r} is too far away; write a year from {_YEARS[0]} to {_YEARS[-1]}",
            param_hint="--now",
        )
    return moment.astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class App:
    """One invocation of the command line."""

    config: Path
    now: datetime | None = None
    #: Set by SIGTERM: finish what is in flight, begin nothing new (R11).
    stop: threading.Event = field(default_factory=threading.Event)

    def clock(self) -> datetime:
        """Return the moment of `--now`, or the present one, in UTC."""
        return self.now or datetime.now(UTC)

    @cached_property
    def settings(self) -> Settings:
        """Read the settings file. Raises SettingsError."""
        return load_settings(self.config, environment())

    @cached_property
    def segments(self) -> "tuple[Segment, ...]":
        """Read the segments file. Raises SettingsError."""
        from otalk_digest.audience.segments import load_segments

        folders = [folder for folder in self.theme_folders if folder.is_dir()]
        return load_segments(
            self.settings.folder / self.settings.digest.segments,
            zone=self.settings.chat.zone,
            themes={
                theme.name for folder in folders for theme in folder.iterdir() if theme.is_dir()
            },
        )

    @contextlib.contextmanager
    def store(self, *, must_exist: bool = False) -> "Iterator[Store]":
        """Open the store for one command. Raises StoreError."""
        from otalk_digest.store.database import open_store

        opened = open_store(
            self.settings.database,
            password=self.settings.secret("STORE_PASSWORD"),
            must_exist=must_exist,
        )
        try:
            yield opened
        finally:
            opened.close()

    def press(self) -> "Press":
        """Return what the digest room needs. Raises SettingsError."""
        from otalk_digest.pipeline.freezing import Press

        return Press(
            publication=self.settings.publication(),
            profile=self.settings.chat.profile(),
            theme_folders=self.theme_folders,
            cache=cache_folder(),
        )

    @property
    def theme_folders(self) -> tuple[Path, ...]:
        """Return where themes are looked for: beside the settings, then the bundled ones."""
        return (self.settings.folder / self.settings.digest.templates, bundled("templates"))

    def post(self) -> "Post":
        """Return what every message carries. Raises SettingsError."""
        from otalk_digest.pipeline.delivering import Post

        base_url = self.settings.web.base_url
        return Post(
            sender=self.settings.sender(), base_url=base_url.rstrip("/") if base_url else None
        )

    def expected(self) -> "Expected":
        """Return what every message is checked against. Raises SettingsError."""
        from otalk_digest.check.expected import Expected

        base_url = self.settings.web.base_url
        addresses = (self.settings.digest.blog_url, base_url)
        own = {urlsplit(address).hostname or "" for address in addresses if address}
        return Expected(
            has_web=base_url is not None,
            image_hosts=frozenset({*self.settings.digest.image_hosts, *own} - {""}),
        )

    def source(self, feed: str | None = None) -> "Source":
        """Return the blog to read: this feed, or the one of the settings. Raises SettingsError."""
        from otalk_digest.pipeline.collecting import Source

        return Source(
            address=feed or self._feed_address(),
            limits=self.limits(),
            profile=self.settings.chat.profile(),
            kind=self.settings.feed.wanted(),
            wait=self._wait,
        )

    def limits(self) -> "FetchLimits":
        """Return how patient we are with whatever is fetched. Raises SettingsError."""
        from otalk_digest.collect.fetch import FetchLimits

        settings = self.settings.feed
        return FetchLimits(
            timeout_s=settings.timeout_s,
            max_bytes=settings.max_bytes,
            max_redirects=settings.max_redirects,
            allow_private_addresses=settings.allow_private_addresses,
        )

    def job(self, store: "Store", *, segment: str | None = None) -> "Job":
        """Return all that a run needs. Raises SettingsError."""
        from otalk_digest.audience.segments import choose_segments
        from otalk_digest.pipeline.running import Job

        return Job(
            store=store,
            source=self.source(),
            press=self.press(),
            post=self.post(),
            expected=self.expected(),
            segments=self.segments,
            chosen=choose_segments(self.segments, segment),
            make_provider=self.provider,
            clock=self.clock,
            stop=self.stop,
            is_approval_required=self.is_approval_required,
            policy=self.policy(),
            queue=self.queue() if self.settings.delivery.workers.enabled else None,
            keeping=self.keeping(),
        )

    def keeping(self) -> "Keeping":
        """Return how long what is kept. Raises SettingsError."""
        from otalk_digest.pipeline.forgetting import Keeping

        privacy = self.settings.privacy
        return Keeping(
            unconfirmed=timedelta(days=privacy.unconfirmed_days),
            left=timedelta(days=privacy.left_days),
            events=timedelta(days=privacy.events_days),
        )

    def queue(self) -> "Queue":
        """Return where workers find what to do. Raises SettingsError on a file."""
        if isinstance(self.settings.database, Path):
            raise SettingsError(
                f"Workers need PostgreSQL, and {self.settings.database} is a file. Move with: "
                "otalk-digest store copy; docs/operations.md says when that is worth it."
            )
        from otalk_digest.workers import JobQueue

        return JobQueue()

    def policy(self) -> "Policy":
        """Return what to do when nobody knows what became of a mail. Raises SettingsError."""
        from otalk_digest.pipeline.settling import InDoubt, Policy

        delivery = self.settings.delivery
        return Policy(
            in_doubt=InDoubt(delivery.in_doubt),
            after=timedelta(hours=delivery.in_doubt_after_hours),
            soft_bounces=delivery.soft_bounces,
            patience=timedelta(days=delivery.put_off_days),
        )

    @property
    def is_approval_required(self) -> bool:
        """Return whether an edition leaves only when it was approved. Raises SettingsError."""
        return self.settings.digest.approval == "required"

    def _feed_address(self) -> str:
        """Return the feed's URL, or its path resolved beside the settings."""
        address = self.settings.feed.address
        if not address:
            raise SettingsError(
                f"{self.config}: feed.address is not set. Write the blog's address."
            )
        if "://" in address:
            return address
        return str(self.settings.folder / address)

    def provider(self) -> "Provider":
        """Build the provider of the settings. Raises SettingsError."""
        from otalk_digest.cli.providers import build_provider

        return build_provider(self.settings, sleep=self._wait)

    def _wait(self, seconds: float) -> None:
        """Wait, but not when the command is asked to stop (R11)."""
        self.stop.wait(seconds)

    @contextlib.contextmanager
    def stopping_on_sigterm(self) -> Iterator[None]:
        """Let SIGTERM and Ctrl-C end the command after what is in flight; a second one, now."""
        asked = False

        def ask_to_stop(_signal: int, _frame: object) -> None:
            nonlocal asked
            # Not whether it stops: a worker that ends by itself finishes what is in flight, too.
            if asked:
                raise KeyboardInterrupt
            asked = True
            self.stop.set()
            if sys.stderr.isatty():
                # Not through the stream: the signal may have come while it was written to.
                os.write(sys.stderr.fileno(), _PATIENCE)

        with _hearing(ask_to_stop):
            yield


@contextlib.contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end what serves pages, well.

    At its start at once; then uvicorn hears them, and hands them on when it has closed.
    """

    def end(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    with _hearing(end):
        yield


@contextlib.contextmanager
def _hearing(handler: "Callable[[int, object], None]") -> Iterator[None]:
    before: dict[int, Callable[..., object] | int | None] = {
        number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
