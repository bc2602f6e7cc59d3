"""Compiled templates are kept from run to run, and nobody can tell but by the clock."""

from pathlib import Path

import pytest
from tests.digests import THEMES, a_digest, news, rendered

from otalk_digest.digest.themes import load_theme
from otalk_digest.model.edition import Variant


def an_edition(cache: Path | None, *own: Path) -> Variant:
    theme = load_theme("classic", folders=[*own, THEMES], cache=cache)
    return rendered(a_digest(headline=news(topic="Rest")), theme=theme)


def kept_in(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def test_an_edition_is_the_same_with_and_without_what_was_kept(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    plain, first, second = an_edition(None), an_edition(cache), an_edition(cache)

    assert kept_in(cache)
    assert plain == first == second


def test_a_changed_template_is_seen_at_once(tmp_path: Path) -> None:
    own = tmp_path / "mine"
    (own / "classic").mkdir(parents=True)
    subject = own / "classic" / "subject.txt.j2"
    subject.write_text("One: {{ first.topic }}", encoding="utf-8")
    before = an_edition(tmp_path / "cache", own)

    subject.write_text("Two: {{ first.topic }}", encoding="utf-8")

    assert before.subject == "One: Rest"
    assert an_edition(tmp_path / "cache", own).subject == "Two: Rest"


def test_what_was_cut_short_is_made_again(tmp_path: Path) -> None:
    whole = an_edition(tmp_path / "cache")
    sizes = {path: path.stat().st_size for path in kept_in(tmp_path / "cache")}
    for number, path in enumerate(sizes):
        path.write_bytes(path.read_bytes()[: number * 7])

    assert an_edition(tmp_path / "cache") == whole
    assert {path: path.stat().st_size for path in kept_in(tmp_path / "cache")} == sizes


def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert an_edition(tmp_path / "file" / "cache") == an_edition(None)


@pytest.mark.parametrize("mode", [0o770, 0o777])
def test_a_folder_that_others_may_write_to_is_left_unused(tmp_path: Path, mode: int) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(mode)

    assert an_edition(cache) == an_edition(None)
    assert kept_in(cache) == []


def test_a_folder_that_is_a_link_is_left_unused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "elsewhere")

    an_edition(tmp_path / "cache")

    assert kept_in(tmp_path / "elsewhere") == []


def test_what_is_kept_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    an_edition(tmp_path / "cache")

    folders = [tmp_path / "cache", *(tmp_path / "cache").iterdir()]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
