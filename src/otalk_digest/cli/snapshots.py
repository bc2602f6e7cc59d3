"""A folder of saved feeds, each with the day it was saved in its name."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from otalk_digest.errors import InputError
from otalk_digest.pipeline.looks import Snapshot

#: 2026-11-18.xml, 2026-11-18T0900.xml, feed-2026-11-18T09-00.xml; a Z after the hour is UTC.
_MOMENT = re.compile(
    r"(?<!\d)(?P<day>\d{4}-\d{2}-\d{2})(?:T(?P<hour>\d{2})[-:_]?(?P<minute>\d{2})(?P<utc>Z)?)?"
)


def read_snapshots(folder: Path, zone: str) -> Sequence[Snapshot]:
    """Return every file whose name holds an ISO date; times without Z are in this zone.

    A name without an hour means the beginning of the day. Raises InputError.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        snapshots = [
            Snapshot(at=at, name=str(path), body=path.read_bytes())
            for path in files
            if (at := _moment(path, zone)) is not None
        ]
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be read: {error.strerror}. Name another with "
            "--snapshots."
        ) from error
    if not snapshots:
        raise InputError(
            f"{folder} holds no file with a date in its name, such as 2026-11-18.xml. "
            "Name the folder of your saved feeds."
        )
    return snapshots


def _moment(path: Path, zone: str) -> datetime | None:
    """Return the moment in a file's name, None when there is none. Raises InputError."""
    match = _MOMENT.search(path.name)
    if match is None:
        return None
    clock = f"{match['hour'] or '00'}:{match['minute'] or '00'}"
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{clock}")
    except ValueError as error:
        raise InputError(
            f"{path} is named for a day or an hour that does not exist ({error}). Rename it."
        ) from error
    return moment.replace(tzinfo=ZoneInfo("UTC" if match["utc"] else zone))
