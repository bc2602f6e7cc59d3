"""What a form of ours sends, made into wishes. Whatever else it holds is left out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final, TypeVar
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo, available_timezones

from starlette.exceptions import HTTPException
from starlette.requests import Request

from otalk_digest.digest.wording import one_line
from otalk_digest.model.audience import Cadence, Reminder, Wishes
from otalk_digest.model.news import NewsKind
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.pages import speaking

#: What a reader may ask for; changes and cancellations come with the chats.
KINDS: Final = (NewsKind.ANNOUNCEMENT, NewsKind.WRAP_UP, NewsKind.NOTICE)
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 64
_LONGEST_NAME: Final = 60
#: A name stands in the greeting and in the To line: no address and no link.
_NOT_IN_NAMES: Final = re.compile(r"[@/\\<>\"\[\]{}|]|www\.", re.IGNORECASE)
_LONGEST_PAUSE: Final = timedelta(days=366)
_PLACE: Final = re.compile(
    r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.+"
)

_NO_WISHES: Final = Wishes()

Kind = TypeVar("Kind", Cadence, Reminder)
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the form offers; the same for everybody."""

    kinds: tuple[str, ...]
    #: Continent → its zones, and what each is called.
    zones: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    zone_names: frozenset[str]
    #: Tag and own name of each language.
    languages: tuple[tuple[str, str], ...]
    #: What who chose no language reads.
    default_language: str


def choices_of(desk: PublicDesk) -> Choices:
    """Return what can be chosen: kinds that some segment carries, languages that we speak."""
    carried = {kind for segment in desk.segments for kind in segment.kinds}
    tags = desk.pages.languages()
    return Choices(
        kinds=tuple(str(kind) for kind in KINDS if kind in carried),
        zones=_zones(),
        zone_names=frozenset(key for _, zones in _zones() for key, _ in zones),
        default_language=speaking(desk, None).language or "",
        languages=tuple((tag, str(speaking(desk, tag).words["own_name"])) for tag in tags),
    )


async def read_form(request: Request) -> Fields:
    """Return the fields. Raises HTTPException when it is no form of ours."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415)
    body = await request.body()
    try:
        return parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise HTTPException(400) from error


def first(fields: Fields, name: str) -> str:
    """Return a field's first value, "" when it was not sent."""
    return (fields.get(name) or [""])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Wishes, and which fields nobody can make sense of."""

    wishes: Wishes
    wrong: frozenset[str] = frozenset()


def read_wishes(
    fields: Fields, offered: Choices, *, home: str, now: datetime, kept: Wishes = _NO_WISHES
) -> Read:
    """Read what was chosen; `home` is the zone of who chose none.

    `kept` is what the reader has chosen so far: a list may have brought along what no form offers.
    """
    wrong: set[str] = set()
    name = one_line(first(fields, "name"))
    if len(name) > _LONGEST_NAME or _NOT_IN_NAMES.search(name):
        wrong.add("name")
    zone = first(fields, "zone")
    if zone and zone not in offered.zone_names | {kept.zone}:
        wrong.add("zone")
    wants = frozenset(fields.get("wants", ())) & frozenset(offered.kinds)
    pause = first(fields, "paused_until").strip()
    until = _end_of_pause(pause, home if "zone" in wrong else zone or home)
    if pause and (until is None or until > now + _LONGEST_PAUSE):
        wrong.add("paused_until")
    return Read(
        wishes=Wishes(
            name=name or None,
            zone=zone or None,
            language=_language(first(fields, "language"), offered, kept=kept.language),
            # All of them is none in particular: kinds that come later are among them.
            wants=frozenset() if wants == frozenset(offered.kinds) else wants,
            cadence=_one_of(Cadence, first(fields, "cadence")) or Cadence.EACH,
            reminder=_one_of(Reminder, first(fields, "reminder")) or Reminder.NONE,
            paused_until=until if until is not None and until > now else None,
        ),
        wrong=frozenset(wrong),
    )


def _one_of(kind: type[Kind], text: str) -> Kind | None:
    return next((one for one in kind if one == text), None)


def _language(text: str, offered: Choices, *, kept: str | None) -> str | None:
    """Return the language; the one that everybody reads is nobody's choice."""
    known = dict(offered.languages)
    if text in known and text != offered.default_language:
        return text
    return kept if kept not in known else None


def _end_of_pause(text: str, zone: str) -> datetime | None:
    """Return the midnight with which the day begins in the reader's zone."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError, KeyError):
        return None


@cache
def _zones() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    found: dict[str, list[tuple[str, str]]] = {}
    for key in sorted(filter(_PLACE.fullmatch, available_timezones())):
        continent, _, place = key.partition("/")
        found.setdefault(continent, []).append((key, place.replace("_", " ").replace("/", ", ")))
    return tuple((continent, tuple(zones)) for continent, zones in found.items())
