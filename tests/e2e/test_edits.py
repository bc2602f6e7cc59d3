"""`edit`: what a maintainer does to the next edition by hand, seen in the mailbox."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from tests.feeds import SourcePost
from tests.maintainer import Folder, a_folder, an_announcement
from tests.stores import dump

LATER = "2026-11-05T09:00Z"
KETTLES, HATS, KITES = "Kettles on wheels.", "Hats indoors.", "Kites for two."


def posts() -> list[SourcePost]:
    """Newest first; in the order of their hours they are kettles, hats and kites."""
    days = ((43, "24th November 2026", KITES), (42, "17th November 2026", HATS))
    at = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    later = [an_announcement(n, day, topic, published_at=at) for n, day, topic in days]
    return [*later, an_announcement(41, "10th November 2026", KETTLES, published_at=at)]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = a_folder(tmp_path_factory.mktemp("edits") / "collected")
    folder.publish(posts())
    assert folder.does("collect").status == 0
    return folder.path


@pytest.fixture
def folder(collected: Path, tmp_path: Path) -> Folder:
    return Folder(path=Path(copytree(collected, tmp_path / "mine")))


def items(folder: Folder) -> dict[str, dict[str, Any]]:
    """Topic → item of the next edition, in the order of reading."""
    ended = folder.does("edit", "--json")
    assert ended.status == 0, ended.err
    records = [json.loads(line) for line in ended.out.splitlines()]
    return {record["topic"]: record for record in records}


def edit(folder: Folder, *words: object) -> str:
    ended = folder.does("edit", *map(str, words))
    assert (ended.status, ended.err) == (0, "")
    return ended.out


def mails(folder: Folder, edition: int = 1) -> list[EmailMessage]:
    found = sorted((folder.path / "outbox").glob(f"*{edition}/*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=default) for file in found]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def test_the_items_of_the_next_edition_are_listed_in_the_order_of_reading(folder: Folder) -> None:
    found = items(folder)

    assert list(found) == [KETTLES, HATS, KITES]
    assert {item["part"] for item in found.values()} == {"chats"}
    assert {tuple(item["segments"]) for item in found.values()} == {("students", "everyone")}
    table = folder.does("edit").out.splitlines()
    assert table[0] == "Edition 1, the next one:"
    assert [line.split()[0] for line in table[1:]] == [
        "item",
        *(str(item["item"]) for item in found.values()),
    ]


def test_what_is_hidden_is_in_no_mail_and_is_never_told_later(folder: Folder) -> None:
    number = items(folder)[KETTLES]["item"]
    edit(folder, "hide", number, "--by", "Ova")
    assert items(folder)[KETTLES]["is_hidden"]

    assert folder.does("run").status == 0

    assert len(mails(folder)) == 5
    for mail in mails(folder):
        assert KETTLES not in mail.as_string()
        assert str(mail["Subject"]).startswith(HATS)
    with closing(sqlite3.connect(folder.database)) as database:
        rows = database.execute(
            "SELECT segment, edition, reason FROM carried WHERE news_id = ? ORDER BY 1", (number,)
        ).fetchall()
    assert rows == [
        ("everyone", None, "hidden by a maintainer"),
        ("students", None, "hidden by a maintainer"),
    ]
    assert "Nothing to say" in folder.does("run", now=LATER).out


def test_what_is_hidden_is_hidden_from_a_segment_that_has_no_part_in_the_edition(
    folder: Folder,
) -> None:
    edit(folder, "hide", items(folder)[KETTLES]["item"])

    assert folder.does("run", "--segment", "students").status == 0
    assert folder.does("run", now=LATER).status == 0

    assert [len(mails(folder, number)) for number in (1, 2)] == [2, 3]
    assert not [
        mail for number in (1, 2) for mail in mails(folder, number) if KETTLES in mail.as_string()
    ]


def test_what_is_shown_again_is_told(folder: Folder) -> None:
    number = items(folder)[KETTLES]["item"]
    edit(folder, "hide", number)
    edit(folder, "show", number)

    assert folder.does("run").status == 0

    assert all(str(mail["Subject"]).startswith(KETTLES) for mail in mails(folder))


def test_while_all_is_hidden_there_is_no_edition_and_it_can_be_shown_again(folder: Folder) -> None:
    numbers = [item["item"] for item in items(folder).values()]
    for number in numbers:
        edit(folder, "hide", number)

    assert "Nothing to say" in folder.does("run").out
    assert mails(folder) == []

    edit(folder, "show", numbers[-1])
    assert folder.does("run", now=LATER).status == 0
    assert all(str(mail["Subject"]).startswith(KITES) for mail in mails(folder))


def test_items_are_mailed_in_the_order_that_was_asked_for_and_the_first_leads(
    folder: Folder,
) -> None:
    number = items(folder)[KITES]["item"]
    edit(folder, "move", number, "up")
    assert list(items(folder)) == [KETTLES, KITES, HATS]
    edit(folder, "move", number, "up")
    edit(folder, "move", items(folder)[KETTLES]["item"], "down")
    assert list(items(folder)) == [KITES, HATS, KETTLES]

    assert folder.does("run").status == 0

    for mail in mails(folder):
        places = [text_of(mail).index(topic) for topic in (KITES, HATS, KETTLES)]
        assert places == sorted(places)
        assert str(mail["Subject"]).startswith(KITES)


def test_a_note_is_kept_with_who_and_when_and_ends_with_its_edition(folder: Folder) -> None:
    (folder.path / "note.md").write_text("See **you** there.\r\n\r\nBring tea.\n", "utf-8")
    edit(folder, "note", "Hello", "--by", "Edda Fenn")
    edit(folder, "note", "--file", "note.md", "--by", "Ova")

    lines = folder.does("edit").out.splitlines()
    assert lines[-5:] == [
        "Its note:",
        "  See **you** there.",
        "",
        "  Bring tea.",
        "Last edited by Ova, 2026-11-04 09:00Z.",
    ]
    with closing(sqlite3.connect(folder.database)) as database:
        kept = database.execute("SELECT edition, what, value, by FROM edits ORDER BY id").fetchall()
    assert kept == [
        (1, "note", "Hello", "Edda Fenn"),
        (1, "note", "See **you** there.\n\nBring tea.", "Ova"),
    ]
    assert folder.does("run").status == 0
    assert len(mails(folder)) == 5
    for mail in mails(folder):
        text = text_of(mail)
        assert text.index("See you there.") < text.index(KETTLES)
        assert "Bring tea." in text
        assert "<strong" in str(mail.get_body(("html",)))
    assert "Its note" not in folder.does("edit", now=LATER).out


def test_a_note_alone_makes_no_edition(folder: Folder) -> None:
    assert folder.does("run").status == 0

    said = folder.does("edit", "note", "Hello", now=LATER)

    assert "a note alone makes no edition" in said.out
    assert "Nothing to say" in folder.does("run", now=LATER).out


def test_a_note_can_be_taken_away(folder: Folder) -> None:
    edit(folder, "note", "Hello")

    assert edit(folder, "note", "--clear") == "Edition 1 has no note any more.\n"

    assert "Its note" not in folder.does("edit").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("note", "x" * 5_001), "The note has 5,001 characters; at most 5,000 fit."),
        (("note", " \n "), "The note is empty."),
        (("note",), "Say one: the text, --file FILE or --clear."),
        (("note", "Hello", "--clear"), "Say one: the text, --file FILE or --clear."),
        (("note", "--file", "none.md"), "'none.md' does not exist"),
        (("note", "--file", "otalk-digest.sqlite3"), "cannot be read as UTF-8 text"),
        (("hide", "99"), "The next edition has no item 99."),
        (("show", "1"), "Item 1 is not hidden."),
        (("move", "99", "up"), "The next edition has no item 99."),
        (("move", "1", "sideways"), "'sideways' is not one of"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    folder: Folder, words: tuple[str, ...], said: str
) -> None:
    before = dump(folder.database)

    ended = folder.does("edit", *words)

    assert ended.status == 2
    assert said in ended.err
    assert dump(folder.database) == before


def test_nothing_moves_beyond_the_ends_of_its_part(folder: Folder) -> None:
    numbers = [item["item"] for item in items(folder).values()]

    up, down = (
        folder.does("edit", "move", str(number), direction)
        for number, direction in ((numbers[0], "up"), (numbers[-1], "down"))
    )

    assert "is the first of its part already" in up.err
    assert "is the last of its part already" in down.err
