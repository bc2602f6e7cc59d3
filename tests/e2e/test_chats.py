"""`chats`: the list, the history of one chat, and a maintainer's word over what was read."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.feeds import SourcePost
from tests.maintainer import Folder, a_folder, an_announcement, post_chat

WEEK_1 = "2026-11-04T09:00Z"
WEEK_2 = "2026-11-11T09:00Z"
MONDAY = "2026-11-09T12:00Z"


def kettles(*, day: str = "10th November 2026", after: str = "") -> SourcePost:
    at = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    return an_announcement(41, day, "Kettles on wheels.", published_at=at, after=after)


def hats() -> SourcePost:
    at = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    return an_announcement(141, "24th November 2026", "Hats indoors.", published_at=at)


def show(folder: Folder, chat: str = "1") -> dict[str, Any]:
    ended = folder.does("chats", "show", chat, "--json")
    assert ended.status == 0, ended.err
    record: dict[str, Any] = json.loads(ended.out)
    return record


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two chats, announced to everyone."""
    folder = a_folder(tmp_path_factory.mktemp("chats") / "fresh")
    folder.publish([hats(), kettles()])
    assert folder.does("run", now=WEEK_1).status == 0
    return folder.path


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> Folder:
    from shutil import copytree  # noqa: PLC0415 - one fixture needs it

    return Folder(path=Path(copytree(fresh, tmp_path / "mine")))


def test_chats_are_listed_with_the_numbers_to_name_them_by(folder: Folder) -> None:
    lines = folder.does("chats").out.splitlines()

    assert lines[0].split()[:3] == ["no.", "starts", "phase"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert "Kettles on wheels." in lines[1]


@pytest.mark.parametrize(
    "words",
    ["1", "http://blog.otalk.example/?p=41", "?p=41", "=41", "http://blog.otalk.example/?p=4"],
)
def test_a_number_a_guid_or_its_own_beginning_or_end_names_a_chat(
    folder: Folder, words: str
) -> None:
    assert show(folder, words)["topic"] == "Kettles on wheels."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "99"], "No chat is '99'"),
        # A number past the table is a slip, not the end of somebody's guid.
        (["set", "41", "hosts=x"], "No chat is '41'"),
        (["show", ""], "No chat is ''"),
        (["show", "http://"], "fits 2 chats"),
        (["set", "1", "host=x"], "Did you mean hosts?"),
        (["set", "1", "hosts"], "'hosts' is no FIELD=VALUE"),
        (["set", "1", "tweets=many"], "tweets: 'many' does not fit"),
        (["set", "1", "starts_at=tomorrow"], "starts_at: 'tomorrow' does not fit"),
        (["set", "1", "ends_at=2026-11-01T10:00"], "would end before it begins"),
        (["set", "1", "hosts="], "nothing to give back"),
        (["set", "99", "hosts=x"], "No chat is '99'"),
    ],
)
def test_what_cannot_be_meant_is_refused_on_one_line_and_changes_nothing(
    folder: Folder, words: list[str], said: str
) -> None:
    before = show(folder)

    ended = folder.does("chats", *words)

    assert ended.status == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert show(folder) == before


def test_every_version_is_shown_with_what_changed(folder: Folder) -> None:
    folder.publish([hats(), kettles(after=post_chat(41, tweets=143))])
    assert folder.does("run", now=WEEK_2).status == 0

    first, second = show(folder)["revisions"]

    assert (first["seen_at"], first["changes"]) == ("2026-11-04T09:00:00+00:00", [])
    assert (second["seen_at"], second["lines_removed"]) == ("2026-11-11T09:00:00+00:00", 0)
    assert second["lines_added"] > 4
    changed = {change["field"]: (change["old"], change["new"]) for change in second["changes"]}
    assert changed["tweets"] == (None, "143")
    assert changed["is_wrapped_up"] == ("no", "yes")


def test_each_field_is_shown_with_the_words_it_was_read_from(folder: Folder) -> None:
    rows = [line for line in folder.does("chats", "show", "1").out.splitlines() if "  " in line]

    def cells(field: str) -> list[str]:
        (row,) = (row for row in rows if row.split()[0] == field)
        return [cell for cell in row.split("  ") if cell]

    assert cells("starts_at")[1:] == ["2026-11-10 20:00Z", " 10th November 2026"]
    assert "hosted by Wren Otter" in cells("hosts")[-1]


def test_a_field_that_is_set_is_kept_through_later_edits_and_marked(folder: Folder) -> None:
    words = ("hosts=@pip_lake, Moss Quill", "impressions=3.5K", "--by", "Edda")
    assert folder.does("chats", "set", "?p=41", *words, now=MONDAY).status == 0
    folder.publish([hats(), kettles(after=post_chat(41, tweets=143))])
    assert folder.does("run", now=WEEK_2).status == 0

    chat = show(folder)

    assert chat["phase"] == "wrapped_up"
    assert chat["hosts"] == ["@pip_lake", "Moss Quill"]
    assert (chat["numbers"]["impressions"], chat["numbers"]["tweets"]) == (3500, 143)
    assert "overruled" in chat["flags"]
    assert {"field": "hosts", "text": "a maintainer set it"} in chat["evidence"]
    assert [(item["field"], item["set_by"]) for item in chat["overrides"]] == [
        ("hosts", "Edda"),
        ("impressions", "Edda"),
    ]
    shown = folder.does("chats", "show", "1").out
    assert "a maintainer set it (Edda), 2026-11-09 12:00Z" in shown
    assert "overruled" in folder.does("chats").out.splitlines()[1]


def test_a_corrected_date_is_told_to_those_who_were_told_the_old_one(folder: Folder) -> None:
    ended = folder.does("chats", "set", "1", "starts_at=2026-11-12T19:30", now=MONDAY)
    assert "this is news: change" in ended.out

    assert folder.does("run", now="2026-11-09T13:00Z").status == 0

    mails = sorted((folder.path / "outbox").glob("*2*/*.eml"))
    assert len(mails) == 5
    assert all("12 Nov" in mail.read_text(encoding="utf-8") for mail in mails)


def test_a_date_that_the_hosts_correct_the_same_way_is_not_told_twice(folder: Folder) -> None:
    assert folder.does("chats", "set", "1", "starts_at=2026-11-17T20:00", now=MONDAY).status == 0
    assert folder.does("run", now="2026-11-09T13:00Z").status == 0
    folder.publish([hats(), kettles(day="17th November 2026")])

    ended = folder.does("collect", "--json", now="2026-11-10T09:00Z")

    assert (ended.status, ended.out) == (0, "")


def test_a_field_that_is_given_back_is_as_the_post_says(folder: Folder) -> None:
    before = show(folder)
    words = (
        "topic=Something else",
        "starts_at=2026-11-12T19:30",
        "transcript_url=https://t.example/",
    )
    assert folder.does("chats", "set", "1", *words, now=MONDAY).status == 0
    assert show(folder)["topic"] == "Something else"

    fields = ("topic=", "starts_at=", "transcript_url=")
    ended = folder.does("chats", "set", "1", *fields, now="2026-11-09T12:05Z")

    assert ended.status == 0
    assert show(folder) == before
