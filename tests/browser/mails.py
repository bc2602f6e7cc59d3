"""Every fixture in every theme, as one reader's browser would show it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from tests.digests import NOW, THEMES, filled, rendered

from otalk_digest.digest.fixtures import fixture_digests
from otalk_digest.digest.themes import HTML, Theme, load_theme
from otalk_digest.model.edition import Digest

#: A folder that has words is a theme.
THEME_NAMES: Final = tuple(sorted(path.parent.name for path in THEMES.glob(f"*/{HTML}")))
#: A reader whose own hour and day differ: the longest form of a date.
_ZONE: Final = "Australia/Sydney"


@dataclass(frozen=True, slots=True)
class Mail:
    """One fixture in one theme."""

    theme: str
    fixture: str

    def __str__(self) -> str:
        return f"{self.theme}-{self.fixture}"


MAILS: Final = tuple(
    Mail(theme, fixture) for fixture in fixture_digests(NOW) for theme in THEME_NAMES
)


def digest_of(mail: Mail) -> Digest:
    """Return what is told."""
    return _digests()[mail.fixture]


def html_of(mail: Mail) -> str:
    """Return the page that is mailed."""
    return _page(mail.fixture, _theme(mail.theme))


def unlined_html_of(mail: Mail) -> str:
    """Return the same page with nothing inlined: all rules in the block that stays as it is."""
    theme = _theme(mail.theme)
    rules = f"{theme.inline_css}\n{theme.client_css}"
    return _page(mail.fixture, replace(theme, inline_css="", client_css=rules))


def _page(fixture: str, theme: Theme) -> str:
    html, _ = filled(rendered(_digests()[fixture], theme=theme), zone=_ZONE)
    return html


@cache
def _digests() -> Mapping[str, Digest]:
    return fixture_digests(NOW)


@cache
def _theme(name: str) -> Theme:
    return load_theme(name, folders=[THEMES])
