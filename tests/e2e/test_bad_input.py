"""RELIABILITY 5.3 and 5.4 from outside: one line that says what, where and what to do."""

import csv
import os
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.builders import a_subscriber
from tests.feeds import SourcePost, rss2
from tests.maintainer import typed
from tests.stores import add_people, dump

from otalk_digest.store.database import open_store

NOW = "2026-06-03T09:00Z"
POST = SourcePost(
    id=71,
    title="#OTalk 9th June 2026 – Gates, gardens and getting out.",
    published_at=datetime(2026, 6, 2, 8, tzinfo=UTC),
    html="<p>This week&#8217;s #OTalk will be hosted by Ida Marlow (@ida_marlow).</p>"
    "<ol><li>Who opens your gate?</li></ol>",
)
SETTINGS = """[feed]
address = "feed.xml"
[digest]
blog_url = "https://blog.otalk.example/"
contact = "team@otalk.example"
postal_address = "1 Example Street"
[delivery]
from_address = "digest@otalk.example"
"""
SEGMENTS = """[[segment]]
name = "everyone"
title = "Everyone"
why = "You asked for it."
"""
#: Whoever is not named in a settings file.
READERS = ("quokka", "wombat")
IS_ROOT = os.geteuid() == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    status: int
    out: str
    lines: list[str]

    @property
    def line(self) -> str:
        """The one line on stderr."""
        assert len(self.lines) == 1, self.lines
        return self.lines[0]


class Folder:
    """Settings, segments, a feed and a store with two readers; a test breaks one of them."""

    def __init__(self, path: Path, database: Path) -> None:
        self.path = path
        self.settings = path / "otalk-digest.toml"
        self.segments = path / "subscribers" / "segments.toml"
        self.feed = path / "feed.xml"
        self.database = path / "otalk-digest.sqlite3"
        self.segments.parent.mkdir()
        self.settings.write_text(SETTINGS, encoding="utf-8")
        self.segments.write_text(SEGMENTS, encoding="utf-8")
        self.feed.write_bytes(rss2([POST]))
        shutil.copyfile(database, self.database)

    def does(self, *arguments: str, **environment: str) -> Ended:
        """Run the command with cron's environment, and look at what it always promises."""
        finished = typed(
            ["--now", NOW, *arguments], folder=self.path, environment=_bare(environment)
        )
        assert "Traceback" not in finished.err + finished.out
        assert not re.search("|".join(READERS), finished.err)
        assert "This is our mistake" not in finished.err
        return Ended(status=finished.status, out=finished.out, lines=finished.err.splitlines())

    def refuses(self, *arguments: str, **environment: str) -> Ended:
        """The same, for a command that leaves the database as it was and sends nothing."""
        before = dump(self.database) if self.database.is_file() else None
        refused = self.does(*arguments, **environment)
        assert before == (dump(self.database) if self.database.is_file() else None)
        assert not (self.path / "outbox").exists()
        assert refused.line.startswith("otalk-digest: ")
        assert refused.line.endswith((".", "?"))
        return refused


def _bare(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "XDG_CACHE_HOME") if name in os.environ}
    return kept | {f"OTALK_DIGEST_{name}": value for name, value in environment.items()}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digest.sqlite3"
    store = open_store(path)
    with store.begin() as connection:
        add_people(connection, *(a_subscriber(f"{name}@example.org") for name in READERS))
    store.close()
    return path


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Folder:
    return Folder(tmp_path, database)


def test_the_folder_works_before_it_is_broken(folder: Folder) -> None:
    ended = folder.does("run")

    assert (ended.status, ended.lines) == (0, [])
    assert "2 readers = 2 accepted" in ended.out


def test_no_settings_file(folder: Folder) -> None:
    folder.settings.unlink()

    ended = folder.refuses("run")

    assert ended.status == 2
    assert "There is no otalk-digest.toml. Make one with: otalk-digest init" in ended.line


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("address = ", "adress = ", ", line 2: feed.adress: there is no such key; did you mean ad"),
        ('"feed.xml"', "3", ", line 2: feed.address: expected text in quotes, got a whole number."),
        ('contact = "team@otalk.example"', "", ": digest.contact is not set, and every e-mail"),
        ('from_address = "digest@otalk.example"', "", ": delivery.from_address is not set"),
        ("[digest]", "[digest", " is not valid TOML: "),
        ("[feed]", '[chat]\nzone = "Mars/Base"\n[feed]', ": chat.zone: 'Mars/Base' is no time"),
        (
            "[delivery]",
            '[delivery.smtp]\nport = 2525\n[delivery]\nprovider = "smtp"',
            ": delivery.smtp.host is not set. Name your mail server.",
        ),
    ],
)
def test_a_wrong_setting(folder: Folder, old: str, new: str, message: str) -> None:
    folder.settings.write_text(SETTINGS.replace(old, new), encoding="utf-8")

    ended = folder.refuses("run")

    assert ended.status == 2
    assert f"otalk-digest.toml{message}" in ended.line


@pytest.mark.parametrize("key", [None, "", "  "])
def test_no_key_for_sendgrid(folder: Folder, key: str | None) -> None:
    environment = {} if key is None else {"SENDGRID_API_KEY": key}

    ended = folder.refuses("run", DELIVERY__PROVIDER="sendgrid", **environment)

    assert ended.status == 2
    assert "OTALK_DIGEST_SENDGRID_API_KEY" in ended.line


def test_a_misspelt_variable(folder: Folder) -> None:
    ended = folder.refuses("run", FEED__ADRESS="x")

    assert ended.status == 2
    assert "OTALK_DIGEST_FEED__ADRESS names no setting; did you mean ADDRESS?" in ended.line


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (None, 2, "feed.xml cannot be read: No such file or directory"),
        (b"", 75, "feed.xml gave an empty answer, not a feed"),
        (b"milk, eggs, twine", 75, "feed.xml is not a feed: it holds neither RSS 2.0 nor Atom"),
        (b"<!doctype html><html><body>Hi</body></html>", 75, "is a web page, not a feed"),
        (b'{"items": []}', 75, "is JSON but no list of posts"),
    ],
)
def test_a_feed_that_is_none(
    folder: Folder, content: bytes | None, status: int, message: str
) -> None:
    if content is None:
        folder.feed.unlink()
    else:
        folder.feed.write_bytes(content)

    ended = folder.refuses("collect")

    assert ended.status == status
    assert message in ended.line


def test_a_feed_of_50_megabytes(folder: Folder) -> None:
    with folder.feed.open("r+b") as file:
        file.truncate(50_000_000)

    ended = folder.refuses("run")

    assert ended.status == 2
    assert "feed.xml is larger than 10,000,000 bytes; raise max_bytes in [feed]" in ended.line


def test_a_feed_cut_short_gives_what_arrived_and_is_read_again(folder: Folder) -> None:
    whole = rss2([POST, SourcePost(id=70, title="Older", html="<p>Words.</p>", slug="older")])
    folder.feed.write_bytes(whole[: whole.index(b"<title>Older")])

    ended = folder.does("collect")

    assert ended.status == 0
    assert "warning: the feed broke off; what is missing is read next time" in ended.lines
    folder.feed.write_bytes(whole)
    assert "2 entries: 1 new" in folder.does("collect").out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "list.csv cannot be read: No such file or directory."),
        (b"", "list.csv is empty. Its first line must name columns"),
        (b"name,zone\nQ,Europe/London\n", "list.csv, line 1: no column is called email; found: "),
    ],
)
def test_a_list_that_cannot_be_used(folder: Folder, content: bytes | None, message: str) -> None:
    if content is not None:
        (folder.path / "list.csv").write_bytes(content)

    ended = folder.refuses("subscribers", "import", "list.csv")

    assert ended.status == 2
    assert message in ended.line


def test_bad_rows_are_listed_and_the_others_are_imported(folder: Folder) -> None:
    (folder.path / "list.csv").write_text(
        "email,zone\nnumbat@example.org,\nquokka,\nwombat@example.org,Mars/Base\n"
        "bilby@example.org,\n",
        encoding="utf-8",
    )

    ended = folder.does("subscribers", "import", "list.csv")

    assert ended.status == 3
    assert "2 added, 0 updated, 0 kept out because they left, 2 rows refused." in ended.out
    assert ended.lines == [
        "  row 3: not an e-mail address: An email address must have an @-sign",
        "  row 4: 'Mars/Base' is no time zone; write one such as Europe/London",
        "The refused rows are in list.rejects.csv: mend them and import that file.",
    ]
    rejects = (folder.path / "list.rejects.csv").read_text(encoding="utf-8")
    assert [row[0] for row in csv.reader(rejects.splitlines())] == ["row", "3", "4"]
    mended = rejects.replace("Mars/Base", "Europe/London").replace(
        "quokka,", "dunnart@example.org,"
    )
    (folder.path / "list.rejects.csv").write_text(mended, encoding="utf-8")
    again = folder.does("subscribers", "import", "list.rejects.csv")
    assert "1 added, 1 updated" in again.out


def test_rejects_that_cannot_be_written_import_nothing(folder: Folder) -> None:
    (folder.path / "list.csv").write_text("email\nbilby@example.org\nx\n", encoding="utf-8")

    ended = folder.refuses("subscribers", "import", "list.csv", "--rejects", "none/rejects.csv")

    assert ended.status == 2
    assert "none/rejects.csv cannot be written: No such file or directory." in ended.line


@pytest.mark.parametrize("template", ["{{ nothing_like_it }}", "{% if %}", "{{ 1 / 0 }}"])
def test_a_broken_template_names_its_file_and_line(folder: Folder, template: str) -> None:
    broken = folder.path / "templates" / "classic" / "digest.html.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text(f"<p>\n\n{template}</p>\n", encoding="utf-8")
    folder.does("collect")

    ended = folder.refuses("run")

    assert ended.status == 2
    assert "templates/classic/digest.html.j2, line 3: " in ended.line
    assert "Nothing to say" not in ended.out


def test_an_unknown_theme(folder: Folder) -> None:
    folder.segments.write_text(f'{SEGMENTS}theme = "gothic"\n', encoding="utf-8")
    folder.does("collect")

    ended = folder.refuses("run")

    assert ended.status == 2
    assert "gothic" in ended.line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "or name another in digest.segments."),
        ("", "has no segment, so nobody can be sent to. Add a [[segment]]."),
        (f"{SEGMENTS}recieves = []\n", "line 5: segment 1: recieves: there is no such key; did "),
    ],
)
def test_segments_that_cannot_be_used(folder: Folder, text: str | None, message: str) -> None:
    if text is None:
        folder.segments.unlink()
    else:
        folder.segments.write_text(text, encoding="utf-8")

    ended = folder.refuses("run")

    assert ended.status == 2
    assert "segments.toml" in ended.line
    assert message in ended.line


def test_an_unknown_segment(folder: Folder) -> None:
    ended = folder.refuses("run", "--segment", "nobody")

    assert ended.status == 2
    assert "There is no segment 'nobody'. Known ones: everyone." in ended.line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deliveries", "--edition", "9"), "There is no edition 9. See: otalk-digest editions."),
        (("deliveries", "--edition", "9", "--json"), "There is no edition 9. See: otalk-digest"),
        (
            ("reconcile", "--events", "no.json"),
            "otalk-digest: no.json cannot be read: No such file or directory. Name another.",
        ),
    ],
)
def test_what_is_not_there(folder: Folder, arguments: tuple[str, ...], message: str) -> None:
    ended = folder.refuses(*arguments)

    assert ended.status == 2
    assert message in ended.line


def test_no_subscribers(folder: Folder) -> None:
    folder.database.unlink()

    ended = folder.does("run")

    assert ended.status == 2
    assert "There are no confirmed subscribers, so nothing was done. Add some with: " in ended.line


def test_a_corrupt_database(folder: Folder) -> None:
    folder.database.write_bytes(b"\x00" * 65_536)

    ended = folder.does("run")

    assert ended.status == 7
    assert "it is damaged or not ours; put a back-up in its place." in ended.line
    assert folder.database.read_bytes() == b"\x00" * 65_536


def test_a_newer_database(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.database)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()

    ended = folder.refuses("run")

    assert ended.status == 7
    assert "was written by a newer otalk-digest (schema 9999, " in ended.line


def test_a_folder_in_place_of_the_database(folder: Folder) -> None:
    folder.database.unlink()
    folder.database.mkdir()

    ended = folder.refuses("run")

    assert ended.status == 7
    assert "otalk-digest.sqlite3 cannot be used (unable to open database file): " in ended.line


@pytest.mark.skipif(IS_ROOT, reason="permissions do not bind root")
def test_a_folder_that_may_not_be_written(folder: Folder) -> None:
    folder.path.chmod(0o500)
    try:
        ended = folder.does("run")
    finally:
        folder.path.chmod(0o700)

    assert ended.status == 7
    assert "mend" in ended.line


def test_commands_that_read_need_a_database(folder: Folder) -> None:
    folder.database.unlink()

    ended = folder.refuses("deliveries")

    assert ended.status == 7
    assert "There is no database otalk-digest.sqlite3 yet." in ended.line
    assert not folder.database.exists()


def test_an_outbox_that_cannot_be_written_leaves_all_to_be_sent(folder: Folder) -> None:
    (folder.path / "outbox").write_text("in the way", encoding="utf-8")

    ended = folder.does("run")

    assert ended.status in {2, 75}
    assert "outbox" in ended.line
    assert "0 accepted + 0 refused + 0 in doubt + 2 not yet sent" in ended.out
    (folder.path / "outbox").unlink()
    assert "2 readers = 2 accepted" in folder.does("run").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rnu",), "No such command 'rnu'. Did you mean 'run'?"),
        (("run", "--dry"), "No such option '--dry'. Did you mean '--dry-run'?"),
        (("--now", "tomorrow", "run"), "'tomorrow' is no ISO 8601 moment; write one such as 2026"),
        (("--now", "2026-11-24T09:00", "run"), "add an offset, such as Z or +01:00"),
        (("--now", "0001-01-01T00:00+14:00", "run"), "is too far away; write a year from 1970"),
        (("send", "--edition", "x"), "'x' is not a valid integer."),
        (("deliveries", "--edition", f"{10**20}"), f"there is none with the number {10**20}."),
        (("edit", "hide", f"{10**20}"), f"there is none with the number {10**20}."),
        (("rehearse", "--from", "2026-02-30", "--to", "2026-03-01"), "'2026-02-30' is no day; wri"),
        (("rehearse", "--from=2026-02-01", "--to=2026-03-01", "--at=9"), "'9' is no hour; write"),
        (("--now", "9999-12-31T23:59Z", "run"), "is too far away; write a year from 1970"),
        (("deliveries", "settle"), "Say which: --resend or --assume-sent."),
        (("deliveries", "settle", "--resend", "--assume-sent"), "Say which: --resend or --as"),
    ],
)
def test_wrong_usage(folder: Folder, arguments: tuple[str, ...], message: str) -> None:
    before = dump(folder.database)

    ended = folder.does(*arguments)

    assert ended.status == 2
    assert re.match("Usage: otalk-digest ", ended.lines[0])
    assert ended.lines[-1].startswith("Error: ")
    assert message in ended.lines[-1]
    assert dump(folder.database) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("suppressions", "add", "quokka@"),
        ("send", "--test-to", "quokka@"),
        ("render", "--out", "out", "--reader", "quokka@"),
    ],
)
def test_a_wrong_address_is_not_repeated(folder: Folder, arguments: tuple[str, ...]) -> None:
    folder.does("collect")

    ended = folder.refuses(*arguments)

    assert ended.status == 2
    assert "not an e-mail address: There must be something after the @-sign" in ended.line


def test_a_beginning_that_cannot_be_written_leaves_nothing(folder: Folder) -> None:
    (folder.path / "new").mkdir()
    (folder.path / "new" / "subscribers").write_text("in the way", encoding="utf-8")

    ended = folder.refuses("init", "new")

    assert ended.status == 2
    assert "new/subscribers/segments.toml cannot be written: " in ended.line
    assert [path.name for path in (folder.path / "new").iterdir()] == ["subscribers"]


def test_a_folder_that_holds_settings_is_not_overwritten(folder: Folder) -> None:
    ended = folder.refuses("init", ".")

    assert ended.status == 2
    assert "otalk-digest.toml is there already. Name another folder" in ended.line
    shutil.rmtree(folder.segments.parent)
    assert folder.refuses("init", ".").status == 2
    assert not folder.segments.exists()
