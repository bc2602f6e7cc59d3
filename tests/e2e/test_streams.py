"""What a command has done counts, whoever hears it: streams that are full, closed or cut off."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.maintainer import a_folder
from tests.weekly_job import bare_environment

_COMMAND = (sys.executable, "-m", "otalk_digest")
_FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not _FULL.exists(), reason="no device here is always full")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("job")
    a_folder(path)
    (path / "bad.csv").write_text("email\nnobody@\nłucja@example.org\n", encoding="utf-8")
    return path


def started(
    folder: Path,
    *words: str,
    redirected: str = "",
    command: Sequence[str] = _COMMAND,
    **environment: str,
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command as a shell does that redirects its streams."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *command, *words],
        cwd=folder,
        env=bare_environment() | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_output_that_does_not_fit_on_the_disk_is_told_in_one_line(folder: Path) -> None:
    ended = started(folder, "subscribers", "list", redirected=">/dev/full")

    assert ended.returncode == 2
    assert ended.stderr.decode() == (
        "otalk-digest: the output cannot be written: No space left on device. "
        "All else is done: make room and look again.\n"
    )


def test_refused_rows_that_do_not_fit_on_the_disk_import_nothing(folder: Path) -> None:
    before = started(folder, "subscribers", "list").stdout

    ended = started(folder, "subscribers", "import", "bad.csv", "--rejects", "/dev/full")

    assert ended.returncode == 2
    assert "/dev/full cannot be written: No space left on device." in ended.stderr.decode()
    assert started(folder, "subscribers", "list").stdout == before


@pytest.mark.parametrize("address", ["reader{}@example.org", "reader{} at example.org"])
def test_a_list_for_which_there_is_no_room_among_temporary_files_changes_nothing(
    folder: Path, address: str
) -> None:
    """It is long, and so are the rows of it that are refused: neither is kept in memory."""
    before = started(folder, "subscribers", "list").stdout
    people = [f"{address.format(number)},{'n' * 60}" for number in range(30_000)]
    (folder / "long.csv").write_text("\n".join(["email,name", *people]), encoding="utf-8")

    # In blocks of 512 bytes: all that was there before is smaller.
    cramped = ("/bin/sh", "-c", 'ulimit -f 4000; exec "$@"', "sh", *_COMMAND)
    ended = started(folder, "subscribers", "import", "long.csv", command=cramped)

    assert ended.stderr.decode().splitlines()[-1] == (
        "otalk-digest: There is no room for temporary files (File too large). Make some, or name "
        "another folder in the environment variable TMPDIR, then start the same command again."
    )
    assert ended.returncode == 7
    assert not (folder / "long.rejects.csv").exists()
    assert started(folder, "subscribers", "list").stdout == before


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("subscribers", "list"), 0),
        # Some rows were refused: that is what the job that started it wants to know.
        (("subscribers", "import", "bad.csv", "--dry-run"), 3),
    ],
)
def test_a_reader_who_has_seen_enough_changes_no_status(
    folder: Path, words: Sequence[str], status: int
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        ended = subprocess.run(
            [*_COMMAND, *words],
            cwd=folder,
            env=bare_environment(),
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )

    assert ended.returncode == status
    assert b"Error" not in ended.stderr


def test_an_error_that_cannot_be_written_keeps_its_status(folder: Path) -> None:
    ended = started(folder, "deliveries", "--edition", "9", redirected="2>/dev/full")

    assert ended.returncode == 2
    assert ended.stdout == b""


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_streams_may_be_closed(folder: Path, redirected: str) -> None:
    assert started(folder, "subscribers", "list", redirected=redirected).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("extract", "-"), "standard input is empty. Name a file with a feed or a post."),
        (("edit", "note", "--file", "-"), "The note is empty. Write something, or "),
        (("subscribers", "erase", "ada@example.org"), "Nothing was erased. To erase without "),
    ],
)
def test_a_command_that_wants_input_says_so_where_there_is_none(
    folder: Path, words: Sequence[str], message: str
) -> None:
    for redirected in ("<&-", "</dev/null"):
        ended = started(folder, *words, redirected=redirected)

        assert ended.returncode == 2
        assert message in ended.stderr.decode()


def test_a_letter_that_a_terminal_does_not_know_ends_no_list(folder: Path) -> None:
    started(folder, "subscribers", "add", "zosia@example.org", "--name", "Łucja")

    shown = started(folder, "subscribers", "show", "zosia@example.org", PYTHONIOENCODING="latin-1")
    exported = started(folder, "subscribers", "export", PYTHONIOENCODING="latin-1")

    assert (shown.returncode, exported.returncode) == (0, 0)
    assert b"\\u0141ucja" in shown.stdout
    # A file for other programs: always in UTF-8.
    assert "Łucja" in exported.stdout.decode()
