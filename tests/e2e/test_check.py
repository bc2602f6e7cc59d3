"""The check from outside: the command, and the gate before a send."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.maintainer import Folder, a_folder, an_announcement

from otalk_digest.resources import bundled

WEB = '\n[web]\nbase_url = "https://digest.otalk.example"\n'
POST = an_announcement(
    91, "10th November 2026", "Gates and gardens", published_at=datetime(2026, 11, 3, 8, tzinfo=UTC)
)
#: A volunteer's slip: a name in single braces is a name of theme.toml, not of a template.
SLIP = "<p>{name} says hello.</p>"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = a_folder(tmp_path / "digest")
    made.publish([POST])
    settings = made.path / "otalk-digest.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + WEB, encoding="utf-8")
    return made


def break_the_theme(folder: Folder) -> Path:
    """Put a copy of the footer with a slip in it beside the settings."""
    parts = folder.path / "templates" / "classic" / "parts"
    parts.mkdir(parents=True)
    footer = (bundled("templates") / "classic" / "parts" / "footer.html.j2").read_text()
    broken = parts / "footer.html.j2"
    broken.write_text(footer.replace("</h2>", f"</h2>{SLIP}"), encoding="utf-8")
    return broken


def mailed(folder: Folder) -> int:
    return len(list((folder.path / "outbox").rglob("*.eml")))


def test_a_broken_theme_sends_nothing_and_a_mended_one_sends_once(folder: Folder) -> None:
    broken = break_the_theme(folder)

    planned = folder.does("plan")
    refused = folder.does("run")

    assert planned.status == 0
    assert "must be mended" in planned.out
    assert refused.status == 5
    assert "residue-mark" in refused.err
    for said in (planned, refused):
        assert re.search(
            r"^Rules +NO +2 must \(residue-mark\), \d+ should$", said.out, re.MULTILINE
        )
    assert "See what to do: otalk-digest check." in refused.err
    assert len(refused.err.splitlines()) == 1
    assert mailed(folder) == 0
    assert folder.does("editions", "--json").out == ""
    # What was collected is kept: nothing is new the second time.
    assert "Gates and gardens" in folder.does("chats").out

    broken.unlink()
    assert re.search(r"^Rules +yes +0 must", folder.does("plan").out, re.MULTILINE)
    assert folder.does("run").status == 0
    assert folder.does("run").status == 0
    assert mailed(folder) == 5


def test_the_command_says_where_why_and_how_to_mend(folder: Folder) -> None:
    break_the_theme(folder)
    assert folder.does("collect").status == 0

    said = folder.does("check", "--segment", "students")
    listed = folder.does("check", "--json")

    assert said.status == listed.status == 5
    assert "students: 1 must be mended, 0 should be." in said.out
    assert "MUST residue-mark" in said.out
    assert "html" in said.out
    assert "{name} says hello." in said.out
    assert "Why: " in said.out
    assert "Mend: " in said.out
    found = [json.loads(line) for line in listed.out.splitlines()]
    assert {(each["in"], each["rule"], each["level"]) for each in found} == {
        ("students", "residue-mark", "must"),
        ("everyone", "residue-mark", "must"),
    }


def test_a_good_edition_passes_before_it_leaves_and_after(folder: Folder) -> None:
    assert folder.does("collect").status == 0
    before = folder.does("check")
    assert folder.does("run").status == 0

    after = folder.does("check", "--edition", "1")

    assert (before.status, after.status) == (0, 0)
    for said in (before.out, after.out):
        assert sorted(said.splitlines()) == [
            "everyone: nothing to mend.",
            "students: nothing to mend.",
        ]


def test_files_are_checked_and_what_is_no_message_is_named(folder: Folder) -> None:
    assert folder.does("collect").status == 0
    assert folder.does("render", "--out", "proofs").status == 0
    good = folder.path / "proofs" / "students.eml"
    bad = folder.path / "bad.eml"
    bad.write_bytes(good.read_bytes().replace(b"Precedence: list", b"Cc: <ada@example.org>"))
    (folder.path / "notes.txt").write_text("Gates and gardens", encoding="utf-8")

    fine = folder.does("check", "proofs/students.eml")
    faulty = folder.does("check", "proofs/students.eml", "bad.eml")
    no_message = folder.does("check", "notes.txt")
    missing = folder.does("check", "nowhere.eml")

    assert (fine.status, fine.out) == (0, "proofs/students.eml: nothing to mend.\n")
    assert faulty.status == 5
    assert "MUST no-copies" in faulty.out
    assert (no_message.status, missing.status) == (2, 2)
    assert "notes.txt is no e-mail message" in no_message.err
    assert "nowhere.eml cannot be read" in missing.err


def test_a_message_is_checked_without_settings(folder: Folder, tmp_path: Path) -> None:
    assert folder.does("collect").status == 0
    assert folder.does("render", "--out", "proofs").status == 0
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copyfile(folder.path / "proofs" / "everyone.eml", alone / "a.eml")

    assert Folder(path=alone).does("check", "a.eml").status == 0


def test_a_frozen_edition_is_checked_again_before_its_first_message(folder: Folder) -> None:
    # The outbox cannot be made, so the edition is frozen and nobody gets it.
    outbox = folder.path / "outbox"
    outbox.write_text("in the way", encoding="utf-8")
    assert folder.does("run").status != 0
    outbox.unlink()
    settings = folder.path / "otalk-digest.toml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text(good.replace(WEB, ""), encoding="utf-8")
    # Frozen with pages of the readers' own, which there are no longer.
    refused = folder.does("send")

    assert refused.status == 5
    assert "otalk-digest check --edition 1" in refused.err
    assert mailed(folder) == 0
    assert '"planned": 5' in folder.does("editions", "--json").out

    settings.write_text(good, encoding="utf-8")
    assert folder.does("send").status == 0
    assert mailed(folder) == 5


def test_a_test_message_leaves_with_a_warning(folder: Folder) -> None:
    break_the_theme(folder)
    assert folder.does("collect").status == 0

    sent = folder.does("send", "--test-to", "me@example.org")

    assert sent.status == 0
    assert "Warning: readers would not get this: 2 must be mended first." in sent.err
    assert mailed(folder) == 2
