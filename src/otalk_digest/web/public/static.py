"""The archive as files, for a web space that runs no program.

It may be killed anywhere: each file appears whole or not at all, and what belongs to us is written
down before it is written. Nothing else in the folder is touched.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from otalk_digest.errors import InputError
from otalk_digest.pipeline import archiving
from otalk_digest.store.database import Store
from otalk_digest.web.public.shelf import Addresses, Shelf, pages_of

#: Lists our files, one a line.
LIST: Final = ".otalk-digest-archive"
_NEW: Final = ".otalk-digest-new"
#: Whatever the list says, nothing else can be ours.
_OURS: Final = re.compile(
    r"index\.html|page-\d+\.html|\d+\.html|feed\.xml|page\.css|calendar\.ics"
    r"|calendar/[0-9a-f-]{36}\.ics"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of the folder."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]


def lie_at(url: str | None) -> Addresses:
    """Return where the files lie: side by side, with the folder's own address if it is known."""
    before = "" if url is None else f"{url.rstrip('/')}/"
    return Addresses(
        root=".",
        index="index.html",
        later="page-{}.html",
        edition="{}.html",
        feed="feed.xml",
        calendar="calendar.ics",
        origin=before or None,
    )


def build_archive(store: Store, shelf: Shelf, folder: Path, *, now: datetime) -> Built:
    """Write what has changed.

    Raises InputError when the folder cannot be written, or holds files of somebody else under
    our names.
    """
    files = dict(_files(store, shelf, now))
    try:
        return _write(folder, files)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be written: {error.strerror}. Mend that, then "
            "start the same command again; what was written already is whole."
        ) from error


def _files(store: Store, shelf: Shelf, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file; nothing in them is anybody's own."""
    with store.read() as connection:
        issues = shelf.issues(connection)
        for place, issue in enumerate(issues):
            variant = archiving.variant_of(connection, issue)
            if variant is not None:
                page = shelf.edition(issues, place, variant)
                yield shelf.addresses.issue(issue.number), page.encode()
        told, summaries = shelf.summaries(connection, issues)
        feed = archiving.calendar_feed(connection, shelf.diary, now=now)
        chats = archiving.calendar_files(connection, shelf.diary)
    for number in pages_of(issues):
        yield shelf.addresses.page(number), shelf.index(issues, number).encode()
    yield shelf.addresses.feed, shelf.feed(told, summaries)
    yield shelf.addresses.calendar, feed.encode()
    for uid, text in chats.items():
        yield f"calendar/{uid}.ics", text.encode()
    yield "page.css", shelf.pages.client_css.encode()


def _write(folder: Path, files: Mapping[str, bytes]) -> Built:
    before = _listed(folder)
    for name in files:
        if name not in before and os.path.lexists(folder / name):
            raise InputError(
                f"{folder / name} is there already, and not by this command. Name an empty folder."
            )
    (folder / "calendar").mkdir(parents=True, exist_ok=True)
    _remove_halves(folder)
    # Whatever happens from here on, the next time knows them all.
    _put(folder / LIST, _list_of({*before, *files}))
    written = [name for name in files if _put(folder / name, files[name])]
    removed = sorted(before - files.keys())
    for name in removed:
        (folder / name).unlink(missing_ok=True)
    _put(folder / LIST, _list_of(set(files)))
    return Built(
        written=tuple(written), unchanged=len(files) - len(written), removed=tuple(removed)
    )


def _listed(folder: Path) -> set[str]:
    try:
        lines = (folder / LIST).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    return {line for line in lines if _OURS.fullmatch(line)}


def _list_of(names: set[str]) -> bytes:
    return "".join(f"{name}\n" for name in sorted(names)).encode()


def _remove_halves(folder: Path) -> None:
    """Remove what a killed one left unfinished."""
    for place in (folder, folder / "calendar"):
        for half in place.glob(f"*{_NEW}"):
            half.unlink(missing_ok=True)


def _put(path: Path, content: bytes) -> bool:
    """Write a file as a whole; return False where it is there as it should be."""
    try:
        if not path.is_symlink() and path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    half = path.with_name(f"{path.name}{_NEW}")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    return True
