"""Every invented digest in every bundled theme, as readers would get it, against every rule."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import pytest
from tests.checked import EXPECTED, SENDER
from tests.digests import NOW, PUBLICATION, THEMES, rendered

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.audience.personalise import Personaliser
from otalk_digest.check.message import RULES
from otalk_digest.delivery.message import compile_message
from otalk_digest.digest.fixtures import fixture_digests
from otalk_digest.digest.themes import HTML, Theme, load_theme
from otalk_digest.model.edition import Variant
from otalk_digest.model.finding import Finding
from otalk_digest.pipeline.checking import check_messages
from otalk_digest.pipeline.proofing import INERT_TOKEN

THEME_NAMES: Final = tuple(sorted(path.parent.name for path in THEMES.glob(f"*/{HTML}")))
FIXTURES: Final = tuple(fixture_digests(NOW))
#: A reader far away whose name is beyond ASCII, and one of whom nothing is known.
READERS: Final = (("Zoë Beispiel-Ångström", "Australia/Lord_Howe"), (None, None))
ZONES: Final = frozenset({"Australia/Lord_Howe"})
#: Advice to a community without a web address; nothing that a theme can mend.
NEEDS_WEB: Final = frozenset(
    ("footer-preferences", "footer-web-version", "list-one-click", "list-unsubscribe-web")
)


@cache
def theme_of(name: str, language: str) -> Theme:
    return load_theme(name, folders=[THEMES]).speaking(language)


def messages(
    variant: Variant, base_url: str | None, readers: Sequence[tuple[str | None, str | None]]
) -> Iterator[bytes]:
    """The variant as these readers get it."""
    links = ReaderLinks(key=b"invented", base_url=base_url, mailbox=SENDER.reply_to)
    domain = SENDER.from_address.rpartition("@")[2]
    personaliser = Personaliser(variant, links, edition=7, message_domain=domain)
    template = compile_message(variant, SENDER, date=NOW)
    for name, zone in readers:
        recipient = personaliser.recipient(
            delivery_id=1, token=INERT_TOKEN, address="wren@example.org", name=name, zone=zone
        )
        yield template.fill(recipient)


def what_is_found(
    fixture: str, theme: Theme, web_url: str | None = PUBLICATION.web_url, *, most: int = 2
) -> tuple[Finding, ...]:
    publication = replace(PUBLICATION, web_url=web_url)
    digest = fixture_digests(NOW)[fixture]
    variant = rendered(digest, theme=theme, publication=publication, zones=ZONES)
    expected = replace(EXPECTED, has_web=web_url is not None)
    return check_messages(messages(variant, web_url, READERS[:most]), expected)


def test_there_is_something_to_hold() -> None:
    assert len(FIXTURES) > 30
    assert set(THEME_NAMES) == {"classic", "plain"}
    assert {rule.name for rule in RULES} > NEEDS_WEB


@pytest.mark.parametrize("language", ["en-GB", "de"])
@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("fixture", FIXTURES)
def test_every_mail_keeps_every_rule(fixture: str, theme: str, language: str) -> None:
    with_web = what_is_found(fixture, theme_of(theme, language))
    without = what_is_found(fixture, theme_of(theme, language), None, most=1)

    assert with_web == ()
    assert [finding for finding in without if finding.rule not in NEEDS_WEB] == []
