"""Saved feeds and the moments in their names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from otalk_digest.cli.snapshots import read_snapshots
from otalk_digest.errors import InputError


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2026-11-18.xml", datetime(2026, 11, 18, 0, 0, tzinfo=UTC)),
        ("2026-11-18T0900.xml", datetime(2026, 11, 18, 9, 0, tzinfo=UTC)),
        ("2026-07-01T0900.xml", datetime(2026, 7, 1, 8, 0, tzinfo=UTC)),
        ("2026-07-01T0900Z.xml", datetime(2026, 7, 1, 9, 0, tzinfo=UTC)),
        ("feed-2026-11-18T09-30.rss", datetime(2026, 11, 18, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_name_says_from_when_a_feed_counts(name: str, moment: datetime, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"<rss/>")

    (snapshot,) = read_snapshots(tmp_path, "Europe/London")

    assert (snapshot.at, snapshot.body) == (moment, b"<rss/>")


def test_files_without_a_date_are_left_alone(tmp_path: Path) -> None:
    for name in ("2026-11-18.xml", "README.txt", "12026-11-18.xml"):
        (tmp_path / name).touch()

    assert len(read_snapshots(tmp_path, "Europe/London")) == 1


@pytest.mark.parametrize("name", ["2026-13-01.xml", "2026-11-31.xml", "2026-11-30T2561.xml"])
def test_a_day_or_hour_that_does_not_exist_is_refused_by_its_name(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / name).touch()

    with pytest.raises(InputError, match=name):
        read_snapshots(tmp_path, "Europe/London")


def test_a_folder_without_a_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"such as 2026-11-18\.xml"):
        read_snapshots(tmp_path, "Europe/London")
