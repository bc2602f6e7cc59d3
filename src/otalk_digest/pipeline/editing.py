"""Let a maintainer put words before the next edition, and hide or move its items.

All of it belongs to one edition: it ends when that leaves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from unicodedata import category

from sqlalchemy import Connection

from otalk_digest.digest.compose import arrange
from otalk_digest.errors import InputError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.edition import Digest, EditionKind, Edits
from otalk_digest.model.news import KnownNews, News
from otalk_digest.pipeline.freezing import compose_all
from otalk_digest.store import editions
from otalk_digest.store.database import Store
from otalk_digest.store.edits import Edit, EditKind, current_edits, last_edit, save_edit

__all__ = [
    "Direction",
    "Edit",
    "EditKind",
    "Item",
    "current_edits",
    "hide",
    "items",
    "last_edit",
    "move",
    "set_note",
    "show",
]

NOTE_MOST: Final = 5_000

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of news of the next edition, hidden ones too."""

    news_id: int
    #: alerts, chats, wrap_ups or notices: it moves within that. The first of the chats that is
    #: not hidden is the headline.
    part: str
    #: As it is told: the newest reading.
    news: News
    #: The segments that are told, or would be if it were not hidden.
    segments: tuple[str, ...]
    is_hidden: bool
    can_go_up: bool
    can_go_down: bool


def items(
    connection: Connection, segments: Sequence[Segment], *, now: datetime
) -> tuple[Item, ...]:
    """Return what the next edition holds for these segments, in the order of reading."""
    edits = current_edits(connection, editions.next_number(connection))
    digests = _composed(connection, segments, now=now, hidden=edits.hidden)
    found: list[Item] = []
    for part in ("alerts", "chats", "wrap_ups", "notices"):
        seen = {item.news_id for item in found}
        row = [known for known in _union(digests, part) if known.id not in seen]
        found += _items(part, arrange(row, edits.order), digests, edits)
    return tuple(found)


def _composed(
    connection: Connection, segments: Sequence[Segment], *, now: datetime, hidden: frozenset[int]
) -> list[Digest]:
    """Compose without edits; behind a correction that is hidden, what comes after it too."""
    found: list[Digest] = []
    passed: frozenset[int] = frozenset()
    while True:
        edited = Edits(hidden=passed)
        digests = [d for _, d in compose_all(connection, segments, now=now, edited=edited)]
        found += digests
        corrected = {
            item.id for d in digests if d.kind is EditionKind.CORRECTION for item in d.items
        }
        if not corrected or not corrected <= hidden:
            return found
        passed |= corrected


def set_note(store: Store, number: int, text: str | None, *, by: str, now: datetime) -> None:
    """Put Markdown before everything else; None or nothing but space takes it away.

    Raises InputError when it is too long, or when that edition is not the next one.
    """
    note = _tidy(text or "")
    if len(note) > NOTE_MOST:
        raise InputError(
            f"The note has {len(note):,} characters; at most {NOTE_MOST:,} fit. Shorten it."
        )
    _keep(store, Edit(edition=number, kind=EditKind.NOTE, note=note or None, at=now, by=by))


def hide(
    store: Store,
    segments: Sequence[Segment],
    number: int,
    news_id: int,
    *,
    by: str,
    now: datetime,
) -> None:
    """Leave an item out for every segment; once the edition is frozen, for good.

    Raises InputError when it is not in that edition, or that edition is not the next one.
    """
    with store.begin() as connection:
        _require_next(connection, number)
        _find(items(connection, segments, now=now), news_id)
        edit = Edit(edition=number, kind=EditKind.HIDE, news_id=news_id, at=now, by=by)
        _save(connection, edit)


def show(store: Store, number: int, news_id: int, *, by: str, now: datetime) -> None:
    """Put back what is hidden. Raises InputError when it is not."""
    with store.begin() as connection:
        _require_next(connection, number)
        if news_id not in current_edits(connection, number).hidden:
            raise InputError(f"Item {news_id} is not hidden. See: otalk-digest edit.")
        _save(connection, Edit(edition=number, kind=EditKind.SHOW, news_id=news_id, at=now, by=by))


def move(
    store: Store,
    segments: Sequence[Segment],
    number: int,
    news_id: int,
    *,
    direction: Direction,
    by: str,
    now: datetime,
) -> None:
    """Let an item change places with its neighbour of the same part.

    Raises InputError when it has none, is not in that edition, or that is not the next one.
    """
    with store.begin() as connection:
        _require_next(connection, number)
        found = items(connection, segments, now=now)
        item = _find(found, news_id)
        if not (item.can_go_up if direction == "up" else item.can_go_down):
            end = "first" if direction == "up" else "last"
            raise InputError(f"Item {news_id} is the {end} of its part already.")
        row = [each.news_id for each in found if each.part == item.part]
        place = row.index(news_id)
        other = place - 1 if direction == "up" else place + 1
        row[place], row[other] = row[other], row[place]
        before = current_edits(connection, number).order
        order = (*(each for each in before if each not in row), *row)
        edit = Edit(edition=number, kind=EditKind.MOVE, news_id=news_id, order=order, at=now, by=by)
        _save(connection, edit)


def _union(digests: Iterable[Digest], part: str) -> list[KnownNews]:
    """Return what any segment has in this part; all of them have it in the same order."""
    merged: list[KnownNews] = []
    for digest in digests:
        place = 0
        for known in _part(digest, part):
            ids = [each.id for each in merged]
            if known.id in ids:
                place = ids.index(known.id) + 1
            else:
                merged.insert(place, known)
                place += 1
    return merged


def _part(digest: Digest, part: str) -> Sequence[KnownNews]:
    match part:
        case "alerts":
            return digest.alerts
        case "chats":
            headline = () if digest.headline is None else (digest.headline,)
            return (*headline, *digest.coming_up)
        case "wrap_ups":
            return digest.wrap_ups
        case _:
            return digest.notices


def _items(
    part: str, row: Sequence[KnownNews], digests: Sequence[Digest], edits: Edits
) -> Iterable[Item]:
    for place, known in enumerate(row):
        told = [digest.segment for digest in digests if known.id in {i.id for i in digest.items}]
        yield Item(
            news_id=known.id,
            part=part,
            news=known.news,
            segments=tuple(told),
            is_hidden=known.id in edits.hidden,
            can_go_up=place > 0,
            can_go_down=place < len(row) - 1,
        )


def _find(found: Sequence[Item], news_id: int) -> Item:
    for item in found:
        if item.news_id == news_id:
            return item
    raise InputError(f"The next edition has no item {news_id}. See: otalk-digest edit.")


def _keep(store: Store, edit: Edit) -> None:
    with store.begin() as connection:
        _require_next(connection, edit.edition)
        _save(connection, edit)


def _save(connection: Connection, edit: Edit) -> None:
    save_edit(connection, edit)
    log_event("edition_edited", edition=edit.edition, what=str(edit.kind))


def _require_next(connection: Connection, number: int) -> None:
    upcoming = editions.next_number(connection)
    if number != upcoming:
        raise InputError(
            f"Edition {number} cannot be edited: only the next one can, which is {upcoming}."
        )


def _tidy(text: str) -> str:
    """Return it with LF at the ends of lines, and without what no keyboard types."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(char for char in unified if char == "\n" or _is_typed(char)).strip()


def _is_typed(char: str) -> bool:
    """Control characters and halves of a pair are not; joiners and direction marks are."""
    return category(char) not in {"Cc", "Cs"}
