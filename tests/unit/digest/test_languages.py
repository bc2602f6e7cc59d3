"""Words in other languages lie over a theme's own."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from lxml import html as lxml_html
from tests.digests import (
    PROFILE,
    PUBLICATION,
    THEMES,
    TUESDAY,
    a_cancellation,
    a_digest,
    a_full_week,
    a_move,
    a_notice,
    a_theme,
    a_trend,
    a_wrap_up,
    news,
    rendered,
)
from tests.reader_times import reader_time

from otalk_digest.digest.languages import fallbacks, lay_over
from otalk_digest.digest.themes import Theme, load_theme
from otalk_digest.digest.times import read_time_words, say_moment
from otalk_digest.errors import TemplateError
from otalk_digest.model.chat import Numbers
from otalk_digest.model.edition import Digest

CLASSIC: Final = THEMES / "classic"
OVERLAYS: Final = sorted(THEMES.glob("*/words/*.toml"))
#: Tables whose keys are the names of zones.
OPEN: Final = ("time.cities.", "time.zones.")


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Path:
    """A maintainer's folder of themes, with an empty `classic` in it."""
    (tmp_path / "classic" / "words").mkdir(parents=True)
    return tmp_path


def written(own: Path, file: str, text: str) -> Theme:
    (own / "classic" / file).write_text(text, encoding="utf-8")
    return load_theme("classic", folders=[own, THEMES])


def leaves(words: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in words.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def read(path: Path) -> dict[str, Any]:
    return dict(leaves(tomllib.loads(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    ("language", "tags"),
    [
        ("de", ("de",)),
        ("de-AT", ("de-AT", "de")),
        ("DE-at", ("de-AT", "de")),
        ("zh-hant-TW", ("zh-Hant-TW", "zh-Hant", "zh")),
        ("sl-rozaj-biske", ("sl-rozaj-biske", "sl-rozaj", "sl")),
        ("en-x-plain", ("en-x-plain", "en")),
    ],
)
def test_a_language_falls_back_to_a_wider_one(language: str, tags: tuple[str, ...]) -> None:
    assert fallbacks(language) == tags


@pytest.mark.parametrize("language", ["", "../../etc", "de_AT", "d", "de-", "deutsch bitte"])
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    with pytest.raises(TemplateError, match="is not a language tag"):
        a_theme().speaking(language)


def test_the_default_is_british_english() -> None:
    assert a_theme().speaking("en-GB").words == a_theme().words


def test_a_narrower_language_lies_over_the_wider_one_and_that_over_the_themes_own(
    own: Path,
) -> None:
    written(own, "words/xx-AA.toml", '[greeting]\nnamed = "AA {name}"')
    theme = written(own, "words/xx.toml", '[greeting]\nnamed = "X {name}"\nunnamed = "X"')

    wide, narrow, other = (theme.speaking(tag) for tag in ("xx", "xx-AA", "xx-BB"))

    assert wide.words["greeting"] == {"named": "X {name}", "unnamed": "X"}
    assert narrow.words["greeting"] == {"named": "AA {name}", "unnamed": "X"}
    assert other.words["greeting"] == wide.words["greeting"]
    assert narrow.words["footer"] == a_theme().words["footer"]


def test_a_file_of_ones_own_stands_in_for_the_bundled_one(own: Path) -> None:
    theme = written(own, "words/de.toml", '[greeting]\nunnamed = "Moin,"').speaking("de-AT")

    assert theme.words["greeting"]["unnamed"] == "Moin,"
    assert theme.words["footer"] == a_theme().words["footer"]


def test_languages_share_the_compiled_templates() -> None:
    assert a_theme().speaking("de").environment is a_theme().environment


def test_a_language_that_nobody_wrote_says_which_file_to_write() -> None:
    with pytest.raises(TemplateError, match=r"no words in fr-CA: write .*classic/words/fr\.toml"):
        a_theme().speaking("fr-CA")


def test_a_theme_that_does_not_say_its_own_language_is_believed(own: Path) -> None:
    text = (CLASSIC / "theme.toml").read_text(encoding="utf-8")
    theme = written(own, "theme.toml", text.replace('language = "en-GB"', ""))

    assert theme.speaking("fr").language == "fr"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[greeting]\nnaned = "Hallo {name}"',
            "no word greeting.naned: did you mean greeting.named",
        ),
        ('[greetings]\nnamed = "Hallo"', "no word greetings: did you mean greeting"),
        ('[greeting]\nxyz = "Hallo"', "no word greeting.xyz: take it out"),
        ('[alert.title]\ncancelation = "x"', "did you mean alert.title.cancellation"),
        ("[greeting]\nnamed = 3", "greeting.named must be a text"),
        ('greeting = "Hallo"', "greeting must be a table"),
        ('[time]\nmonths = ["a"]', "time.months must be a list of 12 texts"),
        ("[time]\nweekdays = [1, 2, 3, 4, 5, 6, 7]", "time.weekdays must be a list of 7 texts"),
        ('[time]\ncities = "Wien"', "time.cities must be a table"),
        ('[time.cities]\n"Europe/Vienna" = 1', "time.cities.Europe/Vienna must be a text"),
        ('[greeting]\nnamed = "Hallo {name"', "greeting.named cannot be filled in"),
        ("[greeting\n", "is not TOML"),
    ],
)
def test_a_broken_overlay_is_named_with_its_word(text: str, message: str, own: Path) -> None:
    theme = written(own, "words/de.toml", text)

    with pytest.raises(TemplateError) as caught:
        theme.speaking("de")

    assert message in str(caught.value)
    assert str(own / "classic" / "words" / "de.toml") in str(caught.value)


def test_words_that_ask_for_what_is_not_there_say_what_is(own: Path) -> None:
    theme = written(own, "words/de.toml", '[chat]\njoin_link = "Zum {venue}"').speaking("de")

    with pytest.raises(
        TemplateError, match=r"blocks\.html\.j2, line \d+: the words 'Zum \{venue\}'"
    ):
        rendered(a_digest(headline=news()), theme=theme)


def test_laying_over_changes_nothing_below() -> None:
    words = {"a": {"b": "1"}}

    assert lay_over(words, {"a": {"b": "2"}}, "x.toml") == {"a": {"b": "2"}}
    assert words == {"a": {"b": "1"}}


def test_the_page_says_its_language_and_direction_and_so_do_its_blocks(own: Path) -> None:
    theme = written(own, "words/ar.toml", 'dir = "rtl"').speaking("ar")

    page: Any = lxml_html.document_fromstring(rendered(a_full_week(), theme=theme).html)

    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    (main,) = page.body.iterchildren("div")
    assert (main.get("lang"), main.get("dir")) == ("ar", "rtl")


# What is shipped


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_a_shipped_language_has_every_word_of_its_theme_and_no_other(path: Path) -> None:
    theme, overlay = read(path.parents[1] / "theme.toml"), read(path)

    ours = {key for key in theme if not key.startswith(OPEN)} - {"language", "dir"}
    theirs = {key for key in overlay if not key.startswith(OPEN)} - {"dir"}
    assert theirs == ours


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_a_shipped_language_fills_in_what_the_theme_fills_in(path: Path) -> None:
    theme, overlay = read(path.parents[1] / "theme.toml"), read(path)

    for key, words in overlay.items():
        if isinstance(words, str) and not key.startswith("time."):
            assert names_in(words) == names_in(theme[key]), key


def names_in(pattern: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", pattern))


def in_german(digest: Digest) -> str:
    """Everything that a reader sees; whatever is not the theme's word is Latin."""
    variant = rendered(
        digest,
        theme=a_theme().speaking("de"),
        publication=replace(
            PUBLICATION, name="Epistula", links=(("Vinculum", PUBLICATION.blog_url),)
        ),
        profile=replace(PROFILE, tags=("Verbum",), platform="Forum", who_can_join="Omnes."),
        why="",
        zones={"Australia/Sydney"},
    )
    page: Any = lxml_html.document_fromstring(variant.html)
    greetings = (variant.greeting_named, variant.greeting_unnamed)
    times = variant.zone_values.get("Australia/Sydney", {}).values()
    parts = (variant.subject, variant.preheader, page.body.text_content(), variant.text)
    return "\n".join((*parts, *greetings, *times, variant.calendar or ""))


LATIN: Final[dict[str, Any]] = {
    "topic": "De otio",
    "hosts": ("Livia", "Marcus"),
    "introduction": "Lorem ipsum dolor.",
    "questions": ("Quid agis?", "Quo vadis?"),
}
GONE: Final[dict[str, Any]] = {"cpd": ("Lege.",), "support": ("Gaius", "Titus")}
DIGESTS: Final = {
    "week": a_digest(
        headline=news(1, **LATIN),
        coming_up=(
            news(6, starts_at=TUESDAY + timedelta(days=7), **LATIN),
            news(7, starts_at=None, **LATIN),
        ),
        wrap_ups=(a_wrap_up(**LATIN | GONE),),
        notices=(a_notice(**LATIN | {"hosts": ()}),),
        trend=a_trend(298, 351, 286, 412),
    ),
    "alerts": a_digest(
        alerts=(
            a_cancellation(5, **LATIN),
            a_cancellation(8, is_cancelled=False, is_postponed=True, **LATIN),
            a_move(4, **LATIN),
        )
    ),
    "quiet": a_digest(
        wrap_ups=(a_wrap_up(numbers=Numbers(), **LATIN | GONE),), notices=(a_notice(**LATIN),)
    ),
}


@pytest.mark.parametrize("name", DIGESTS)
def test_nothing_english_is_left_where_the_german_has_a_word(name: str) -> None:
    said = in_german(DIGESTS[name])
    german = " ".join(str(words) for words in read(CLASSIC / "words" / "de.toml").values())

    for key, words in read(CLASSIC / "theme.toml").items():
        for piece in pieces_of(words):
            if piece not in german:
                found = re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", said)
                assert found is None, (key, piece)


def pieces_of(words: str | list[str]) -> list[str]:
    """The parts between what is filled in, where they are words at all."""
    texts = [words] if isinstance(words, str) else words
    pieces = [piece.strip(" .,:()#“”") for text in texts for piece in re.split(r"\{\w+\}", text)]
    return [piece for piece in pieces if len(piece) > 1 and re.search("[A-Za-z]{2}", piece)]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2025-11-25T20:00", "Dienstag, 25. November 2025, 20 bis 21 Uhr GMT"),
        ("2025-11-25T20:30", "Dienstag, 25. November 2025, 20:30 bis 21:30 Uhr GMT"),
        ("2025-11-25T08:00", "Dienstag, 25. November 2025, 8 bis 9 Uhr GMT"),
        ("2025-11-25T08:05", "Dienstag, 25. November 2025, 8:05 bis 9:05 Uhr GMT"),
        ("2025-11-25T12:00", "Dienstag, 25. November 2025, 12 bis 13 Uhr GMT"),
        ("2025-11-25T23:00", "Dienstag, 25. November 2025, 23 bis 0 Uhr GMT"),
    ],
)
def test_german_times_are_of_24_hours(start: str, said: str) -> None:
    words = read_time_words(a_theme().speaking("de").words["time"])
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert say_moment(moment, moment + timedelta(hours=1), ZoneInfo("Europe/London"), words) == said


def test_a_german_reader_finds_city_and_zone_by_their_german_names() -> None:
    words = read_time_words(a_theme().speaking("de").words["time"])
    zones = (ZoneInfo("Europe/London"), ZoneInfo("Europe/Vienna"))

    said = reader_time(TUESDAY, TUESDAY + timedelta(hours=1), zones, words)

    assert said == "Bei Ihnen: 21 bis 22 Uhr MEZ (Wien)"


@pytest.mark.parametrize(("count", "said"), [(1, "Eine Frage zum Nachdenken"), (2, "Fragen zum")])
def test_one_and_several_are_words_of_the_theme(count: int, said: str) -> None:
    digest = a_digest(headline=news(questions=("Quid?",) * count))

    assert said in rendered(digest, theme=a_theme().speaking("de")).text
