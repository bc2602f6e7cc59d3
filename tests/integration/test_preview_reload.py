"""Pages follow what changes, and what is broken takes nothing away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

import httpx
import pytest
from tests.maintainer import Folder
from tests.preview_site import Preview, form_key, previewing

from otalk_digest.pipeline.previewing import Desk

#: Much longer than it takes; how long it takes is measured in benchmarks/preview.py.
PATIENCE_S = 30
BUNDLED = Path(__file__).parents[2] / "templates" / "classic"


@pytest.fixture
def folder(after_two_weeks: Folder, tmp_path: Path) -> Folder:
    return after_two_weeks.copied(tmp_path / "mine")


@pytest.fixture
def preview(folder: Folder) -> Iterator[Preview]:
    with previewing(folder) as preview:
        yield preview


def own_template(folder: Folder, name: str, text: str) -> None:
    """Put a file of the maintainer's own in place of the bundled one."""
    place = folder.path / "templates" / "classic" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


@contextmanager
def listening(preview: Preview, **headers: str) -> Iterator["SimpleQueue[str]"]:
    """Give the lines of the event stream of a page that was just loaded."""
    page = preview.get().text
    address = page.partition('data-events="')[2].partition('"')[0]
    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        with web.stream("GET", address, headers=headers, timeout=PATIENCE_S) as answer:
            for line in answer.iter_lines():
                lines.put(line)

    with httpx.Client(base_url=preview.web.base_url, trust_env=False) as web:
        thread = threading.Thread(target=listen)
        thread.start()
        assert lines.get(timeout=PATIENCE_S) == "retry: 1000"
        yield lines
        preview.ends.set()
        thread.join()


def until_change(lines: "SimpleQueue[str]") -> int:
    """Wait for an event; return its number."""
    while (line := lines.get(timeout=PATIENCE_S)) != "event: change":
        pass
    line = lines.get(timeout=PATIENCE_S)
    return int(line.removeprefix("id: "))


def change_template(folder: Folder) -> None:
    subject = (BUNDLED / "subject.txt.j2").read_text(encoding="utf-8")
    own_template(folder, "subject.txt.j2", f"Look: {subject}")


def change_settings(folder: Folder) -> None:
    path = folder.path / "otalk-digest.toml"
    path.write_text(path.read_text("utf-8").replace("#OTalk digest", "Look"), encoding="utf-8")


def change_segments(folder: Folder) -> None:
    path = folder.path / "subscribers" / "segments.toml"
    path.write_text(path.read_text("utf-8").replace("Students", "Look"), encoding="utf-8")


def change_store(folder: Folder) -> None:
    ended = folder.does("chats", "set", "2", "topic=Look here", "--by", "Pip Lake")
    assert ended.status == 0, ended.err


@pytest.mark.parametrize(
    "change", [change_template, change_settings, change_segments, change_store]
)
def test_an_open_page_is_told_of_a_change_and_shows_it(
    preview: Preview, folder: Folder, change: Callable[[Folder], None]
) -> None:
    assert "Look" not in preview.page()

    with listening(preview) as lines:
        change(folder)
        until_change(lines)

        assert "Look" in preview.page()


def test_a_page_that_missed_a_change_is_told_when_it_comes_back(
    preview: Preview, folder: Folder
) -> None:
    with listening(preview) as lines:
        change_settings(folder)
        first = until_change(lines)

    assert first == preview.gallery.epoch


def test_without_reload_there_is_no_stream(folder: Folder) -> None:
    with previewing(folder, is_live=False) as preview:
        page = preview.get().text
        assert "events?" not in page
        assert preview.get("events").status_code == 404
        # A page that is asked for again is never old.
        change_settings(folder)
        assert "Look" in preview.page()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{% if %}", "line 1"),
        ("One\n{{ no_such_name }}", "line 2"),
        ("One\n\n{{ 1 / 0 }}", "line 3"),
        ("{% include 'none.j2' %}", "line 1"),
    ],
)
def test_a_broken_template_is_named_above_the_last_good_render(
    preview: Preview, folder: Folder, text: str, line: str
) -> None:
    good = preview.get("mail.html").content

    own_template(folder, "subject.txt.j2", text)
    page = preview.page()

    assert "subject.txt.j2" in page
    assert line in page
    assert "<iframe" in page
    assert preview.get("mail.html").content == good

    change_template(folder)
    assert "Look: " in preview.page()


def test_a_template_that_is_broken_at_the_start_is_named_too(folder: Folder) -> None:
    own_template(folder, "subject.txt.j2", "{% if %}")

    with previewing(folder) as preview:
        page = preview.page()
        assert "subject.txt.j2" in page
        assert preview.get("frame").status_code == 200
        change_template(folder)
        assert "Look: " in preview.page()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("otalk-digest.toml", "[nonsense"),
        ("otalk-digest.toml", "\n[digets]\nname = 'x'"),
        ("subscribers/segments.toml", "[[segment]]\nname = 'Students'"),
    ],
)
def test_broken_settings_are_named_above_the_last_good_render(
    preview: Preview, folder: Folder, name: str, line: str
) -> None:
    good = preview.get("mail.html").content
    path = folder.path / name
    before = path.read_text(encoding="utf-8")

    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    page = preview.page()

    assert Path(name).name in page
    assert 'class="fault"' in page
    assert preview.get("mail.html").content == good

    path.write_text(before, encoding="utf-8")
    assert 'class="fault"' not in preview.page()


def test_settings_that_vanish_take_nothing_away(preview: Preview, folder: Folder) -> None:
    good = preview.get("mail.html").content

    (folder.path / "otalk-digest.toml").unlink()

    assert 'class="fault"' in preview.page()
    assert preview.get("mail.html").content == good


def test_a_mistake_of_ours_is_a_page_that_says_so_and_the_preview_goes_on(
    folder: Folder,
) -> None:
    mistakes = [ZeroDivisionError("about ada@example.org")]

    def with_a_mistake(desk: Desk) -> Desk:
        def clock() -> datetime:
            if mistakes and desk.press.publication.name == "Look":
                raise mistakes.pop()
            return desk.clock()

        return replace(desk, clock=clock)

    with previewing(folder, change=with_a_mistake, is_live=False) as preview:
        assert preview.get().status_code == 200
        change_settings(folder)
        answer = preview.get()
        assert answer.status_code == 500
        assert "The preview has made a mistake" in answer.text
        assert "ZeroDivisionError" in answer.text
        assert "ada@example.org" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        # As it is (RFC 9112 §9.6): what were asked on it might be lost.
        assert answer.headers["connection"] == "close"
        assert preview.get().status_code == 200


def test_deeds_are_refused_while_a_theme_is_broken(preview: Preview, folder: Folder) -> None:
    given = {"form_key": form_key(preview.get().text)}
    own_template(folder, "subject.txt.j2", "{% if %}")

    for deed in ("test", "links"):
        answer = preview.web.post(preview.base + deed, data=given, headers=preview.origin)
        page = preview.web.get(answer.headers["location"]).text
        assert "mend what the page says first" in page
