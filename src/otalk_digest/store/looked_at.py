"""When a database file was last looked at page by page, kept beside it.

To read every page of a million readers takes seconds, and longer with each edition. A killed
process cannot damage the file; a power cut on a disk that lies, or a copy put in its place, can.
"""

import contextlib
import time
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_DAY_S: Final = 86_400.0


def is_fresh(note: Path, database: Path) -> bool:
    """Whether this very file was looked at within a day, and the machine has been up since."""
    said = _read(note).split()
    if len(said) != len(_identity(database)) + 1 or tuple(said[:-1]) != _identity(database):
        return False
    try:
        return 0 <= time.time() - float(said[-1]) < _DAY_S
    except ValueError:
        return False


def write(note: Path, database: Path) -> None:
    """Note that it was just looked at and is whole."""
    if identity := _identity(database):
        # A full disk costs the next look, and is told by the first commit.
        with contextlib.suppress(OSError):
            note.write_text(" ".join((*identity, str(time.time()))), encoding="ascii")


def _identity(database: Path) -> tuple[str, ...]:
    """Return what a restart or another file changes; nothing where the machine does not say."""
    boot = _read(_BOOT).strip()
    found = database.stat()
    return (boot, str(found.st_dev), str(found.st_ino)) if boot else ()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
