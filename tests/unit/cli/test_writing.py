"""Files that a command was asked to write."""

import os
from pathlib import Path

import pytest

from otalk_digest.cli.writing import writing
from otalk_digest.errors import InputError


def test_a_file_appears_as_a_whole_and_keeps_the_rights_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)

    with writing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["list.csv"]  # noqa: PTH208 - names are enough


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"old")

    with pytest.raises(InputError, match="cannot be written: No space left"), writing(path):
        raise OSError(28, "No space left on device")

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["list.csv"]  # noqa: PTH208 - names are enough


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("there")

    with writing(tmp_path / "link") as file:
        file.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    with writing(Path("/dev/null")) as file:
        file.write(b"gone")

    assert not Path("/dev/null").is_file()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = tmp_path / "no" / "list.csv"

    with pytest.raises(InputError, match=r"no/list\.csv cannot be written"), writing(place):
        pass
