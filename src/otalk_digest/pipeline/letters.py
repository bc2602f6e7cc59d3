"""Write to one reader about their own subscription: confirmation, welcome.

Letters take the way of every e-mail: rendered by a theme, checked, frozen, planned, and sent
from the books.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import (
    CheckFailedError,
    ProviderRefusedError,
    ProviderUnavailableError,
    TemplateError,
)
from otalk_digest.logs import log_event
from otalk_digest.model.edition import Edition, EditionKind, LetterKind, Variant
from otalk_digest.pipeline.checking import check_with, musts
from otalk_digest.pipeline.delivering import Clock, Post, close_books, deliver, recover
from otalk_digest.pipeline.freezing import Press
from otalk_digest.pipeline.suppressing import take_back
from otalk_digest.store.database import Store
from otalk_digest.store.letters import plan_letter, waiting_letters
from otalk_digest.store.records import to_json

if TYPE_CHECKING:
    from otalk_digest.check.expected import Expected
    from otalk_digest.digest.themes import Theme

#: The theme whose letters stand in where a maintainer's own has none.
_CLASSIC: Final = "classic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that may leave, with the hash of its content."""

    kind: LetterKind
    variant: Variant
    content_hash: str

    def edition(self, number: int, *, now: datetime) -> Edition:
        """Return it as an edition of this number."""
        return Edition(
            number=number,
            frozen_at=now,
            variants=(self.variant,),
            content_hash=self.content_hash,
            kind=EditionKind.LETTER,
            about=str(self.kind),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """Makes letters, each once in each language."""

    press: Press
    post: Post
    expected: "Expected"
    theme: str
    key: bytes
    made: dict[tuple[LetterKind, str], Letter] = field(default_factory=dict)

    def letter(self, kind: LetterKind, language: str | None) -> Letter:
        """Return a letter in a reader's language, or in the publication's where there is none.

        Raises TemplateError; CheckFailedError when it breaks a rule that it must keep.
        """
        tag = language or self.press.publication.language
        if (kind, tag) not in self.made:
            self.made[kind, tag] = self._make(kind, tag)
        return self.made[kind, tag]

    def _make(self, kind: LetterKind, language: str) -> Letter:
        # Slow to import, and needed only where there is something to render.
        from otalk_digest.digest.letters import render_letter  # noqa: PLC0415

        variant = render_letter(
            kind,
            theme=self._theme(language),
            publication=replace(self.press.publication, links=()),
            profile=self.press.profile,
            token_prefix=self._token_prefix(kind),
        )
        content_hash = hashlib.sha256(to_json((variant,)).encode()).hexdigest()
        letter = Letter(kind=kind, variant=variant, content_hash=content_hash)
        self._require_fit(letter)
        return letter

    def _theme(self, language: str) -> "Theme":
        from otalk_digest.digest.letters import HTML  # noqa: PLC0415 - the same
        from otalk_digest.digest.themes import load_theme  # noqa: PLC0415 - the same

        folders = self.press.theme_folders
        has_own = any((folder / self.theme / HTML).is_file() for folder in folders)
        name = self.theme if has_own else _CLASSIC
        theme = load_theme(name, folders=folders, cache=self.press.cache)
        try:
            return theme.speaking(language)
        except TemplateError:
            return theme.speaking(self.press.publication.language)

    def _token_prefix(self, kind: LetterKind) -> str:
        """Return what no words contain, the same for each edition of one content."""
        mark = hmac.digest(self.key, f"letter:{kind}".encode(), "sha256")
        return "OTD" + mark[:5].hex().upper()

    def _require_fit(self, letter: Letter) -> None:
        edition = letter.edition(-1, now=datetime(2026, 1, 1, tzinfo=UTC))
        found = check_with(self.key, edition, self.post, expected=self.expected)
        failed = next(musts(found), None)
        if failed is not None:
            _, first = failed
            raise CheckFailedError(
                f"The letter {letter.kind!s} breaks a rule that it must keep: {first.rule} "
                f"({first.place.excerpt}). Mend {self.theme}/letter.html.j2 or its words."
            )


def write_to(connection: Connection, subscriber_id: int, letter: Letter, *, now: datetime) -> int:
    """Plan a letter to one reader; return its edition. It leaves with the next delivery."""
    return plan_letter(
        connection,
        letter.kind,
        subscriber_id,
        content_hash=letter.content_hash,
        freeze=lambda number: letter.edition(number, now=now),
        now=now,
    )


def deliver_letters(
    store: Store,
    post: Post,
    make_provider: Callable[[], Provider],
    *,
    stop: threading.Event,
    clock: Clock,
) -> int:
    """Send every letter that waits; return how many editions of them there were.

    Raises BusyError while a run is at work, which sends them itself; TryAgainError,
    ProviderRefusedError, SettingsError: see `delivery.dispatch`.
    """
    with store.read() as connection:
        if not waiting_letters(connection):
            return 0
    with store.lease():
        provider = make_provider()
        try:
            with store.begin() as connection:
                recover(connection, provider, now=clock())
                numbers = waiting_letters(connection)
            _take_back(store, provider, now=clock())
            for number in numbers:
                deliver(store, number, provider, post, stop=stop, clock=clock)
        finally:
            provider.close()
        close_books(store, now=clock())
    return len(numbers)


def _take_back(store: Store, provider: Provider, *, now: datetime) -> None:
    """Let the provider mail whoever came back; a key that may not is said by the next run."""
    try:
        take_back(store, provider, now=now)
    except (ProviderRefusedError, ProviderUnavailableError) as error:
        log_event("lists_not_reached", error=type(error).__name__)
