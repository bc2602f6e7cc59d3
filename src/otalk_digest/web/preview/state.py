"""The choices, as they stand in an address. Pure.

An address may come from anywhere: what makes no sense falls back to the default, silently.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

WIDTHS: Final = ("320", "360", "600", "700", "free")
MODES: Final = ("sent", "light", "dark", "forced")
SWITCH: Final = ("on", "off")
ZOOMS: Final = ("50", "75", "100", "125", "150", "200")
COMPARISONS: Final = ("off", "dark", "last")
AGAINST: Final = ("last", "approval")
PANELS: Final = (
    "findings",
    "text",
    "headers",
    "size",
    "links",
    "calendar",
    "clients",
    "source",
    "diff",
    "readers",
    "edit",
)
_CHOICES: Final = {
    "width": WIDTHS,
    "mode": MODES,
    "images": SWITCH,
    "styles": SWITCH,
    "zoom": ZOOMS,
    "compare": COMPARISONS,
    "panel": PANELS,
    "against": AGAINST,
}
_SHAPES: Final = {
    "edition": re.compile(r"next|[1-9][0-9]{0,8}|fixture:[a-z0-9-]{1,60}"),
    "segment": re.compile(r"[a-z0-9][a-z0-9_-]{0,60}"),
    "reader": re.compile(r"[a-z0-9-]{1,40}"),
    "as_of": re.compile(r"[0-9T:.Z+-]{10,40}"),
    "mark": re.compile(r"/html[A-Za-z0-9_:*/()\[\]-]{0,600}"),
    "find": re.compile(r"[^\x00-\x1f\x7f]{1,200}"),
}
#: Further away, sums of days overflow.
_YEARS: Final = range(1970, 3000)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is shown, and how."""

    edition: str = "next"
    #: "" is the first that gets a mail.
    segment: str = ""
    #: "" is the first invented one.
    reader: str = ""
    #: ISO 8601, local to the chats unless it has an offset; "" is now.
    as_of: str = ""
    width: str = "free"
    mode: str = "sent"
    images: str = "on"
    styles: str = "on"
    zoom: str = "100"
    compare: str = "off"
    panel: str = "findings"
    #: XPath of what is outlined.
    mark: str = ""
    against: str = "last"
    #: Words to find readers by.
    find: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What an address has to say: all that is not as it would be anyway."""
        return tuple(
            (_written(item.name), value)
            for item in fields(self)
            if (value := str(getattr(self, item.name))) != item.default
        )

    @property
    def query(self) -> str:
        """The same as text, without a question mark."""
        return urlencode(self.pairs)

    def href(self, **changes: str) -> str:
        """Return the link to the same page with these words changed."""
        return f"?{replace(self, **changes).query}"


def read_state(query: Mapping[str, str]) -> State:
    """Return the choices of an address."""
    asked = {
        item.name: query[_written(item.name)]
        for item in fields(State)
        if _written(item.name) in query
    }
    return State(**{name: value for name, value in asked.items() if _is_sense(name, value)})


def moment_of(text: str, zone: str) -> datetime | None:
    """Return the moment in UTC; None when there is none, or none that makes sense."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _is_sense(name: str, value: str) -> bool:
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name == "as_of" and moment_of(value, "UTC") is None:
        return False
    return _SHAPES[name].fullmatch(value) is not None


def _written(name: str) -> str:
    return name.replace("_", "-")
