"""What a newcomer sees: the whole job, offline, in a folder that explains itself."""

import email
import email.policy
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "otalk_digest", "demo", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("newcomer")
    ended = demo(folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    return folder / "demo", ended.stdout


def messages_of(folder: Path, edition: int) -> dict[str, EmailMessage]:
    files = (folder / "outbox" / f"edition-{edition}").glob("*.eml")
    parsed = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files
    ]
    return {message["To"].addresses[0].addr_spec: message for message in parsed}


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_each_confirmed_reader_who_wants_it_gets_each_edition_once(
    shown: tuple[Path, str],
) -> None:
    folder, _ = shown

    # Noor has not confirmed; Finn wants wrap-ups only, and there is none in the first week.
    assert len(messages_of(folder, 1)) == 7
    assert len(messages_of(folder, 2)) == 8
    assert "noor.haddad@example.net" not in messages_of(folder, 2)


def test_a_reader_far_away_sees_the_hour_of_their_own_day(shown: tuple[Path, str]) -> None:
    text = text_of(messages_of(shown[0], 1)["aroha.tamatea@example.org"])

    assert "Tuesday 24 November 2026, 8pm to 9pm GMT" in text
    assert "Wednesday 25 November, 9am to 10am" in text


def test_the_second_week_tells_the_wrap_up_that_was_added_to_last_weeks_post(
    shown: tuple[Path, str],
) -> None:
    text = text_of(messages_of(shown[0], 2)["maya.thornbury@example.org"])

    assert "Getting home after dark" in text
    assert "538.417K" in text
    assert "https://transcripts.example/otalk/november-24th-2026" in text


def test_it_says_where_the_results_are_and_every_file_is_there(shown: tuple[Path, str]) -> None:
    folder, said = shown

    pages = [line.split()[-1] for line in said.splitlines() if "open in a browser" in line]

    assert len(pages) == 4
    assert all((folder.parent / page).stat().st_size > 5_000 for page in pages)


def test_the_third_run_sends_nothing(shown: tuple[Path, str]) -> None:
    assert "Nothing to say" in shown[1].split("The same job once more")[1]


def test_it_replaces_an_older_demo(shown: tuple[Path, str]) -> None:
    folder = shown[0].parent

    assert demo(folder).returncode == 0
    assert len(messages_of(folder / "demo", 2)) == 8


def test_it_never_empties_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")

    ended = demo(tmp_path)

    assert ended.returncode == 2
    assert "holds something else" in ended.stderr
    assert (tmp_path / "demo" / "thesis.txt").exists()
