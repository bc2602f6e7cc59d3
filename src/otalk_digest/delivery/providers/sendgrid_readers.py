"""What a Mail Send request says of each reader, as JSON. Pure.

It is said a thousand times in each request, so everything that does not differ is made once, and
only the strings that do are quoted, column by column.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from json.encoder import encode_basestring as quoted
from typing import Final

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import are_plain, wire_address
from otalk_digest.delivery.message import ONE_CLICK
from otalk_digest.model.message import Recipient

#: Comes back in every event of the message; opaque, because SendGrid keeps it for years.
DELIVERY_ARG: Final = "otd_delivery"
ONE_CLICK_FIELD: Final = "List-Unsubscribe-Post"

#: RFC 8259 §7: everything else of ASCII is escaped.
_AS_IT_IS: Final = bytes(set(range(0x20, 0x80)) - set(b'"\\'))
#: Not allowed in a recipient's name.
_NAME_BREAKERS: Final = str.maketrans(";,", "  ")
#: Most names: nothing in them to mend.
_TIDY_NAME: Final = re.compile(r"[\w.'-]+(?: [\w.'-]+)*")
_TIDY_NAMES: Final = re.compile(rf"{_TIDY_NAME.pattern}(?:\n{_TIDY_NAME.pattern})*+")


def encode_readers(
    recipients: Sequence[Recipient],
    columns: Mapping[str, Sequence[str]],
    *,
    leaves_out_one_click: bool,
) -> str:
    """Return the personalizations without their brackets; `columns` is tag → each one's value.

    Raises ValueError for values that are broken.
    """
    said = f",{quoted(ONE_CLICK_FIELD)}:{quoted(ONE_CLICK)}"
    addresses = [each.address for each in recipients]
    # What is alike and what is not, in turn; each string without its quotes.
    pieces: list[str | Sequence[str]] = [
        '{"to":[{"email":"',
        # Nothing in a plain one is written differently in JSON.
        addresses if are_plain(addresses) else _inside(list(map(wire_address, addresses))),
        '"',
        _named([each.name for each in recipients]),
        "}]",
    ]
    for place, (tag, column) in enumerate(columns.items()):
        begin = "," if place else ',"substitutions":{'
        pieces += [f'{begin}{quoted(tag)}:"', _inside(column), '"']
    pieces += [
        f'{"}" if columns else ""},"headers":{{"List-Unsubscribe":"',
        # Substitutions do not reach headers, so the way out is written out for each reader.
        _inside(headers.all_unfolded([each.list_unsubscribe for each in recipients])),
        '"',
        [said if each.is_one_click and not leaves_out_one_click else "" for each in recipients],
        f'}},"custom_args":{{{quoted(DELIVERY_ARG)}:"',
        _inside([each.key for each in recipients]),
        '"}},',
    ]
    rows = zip(*[repeat(each) if isinstance(each, str) else each for each in pieces], strict=False)
    return "".join(chain.from_iterable(rows))[:-1]


def _inside(column: Sequence[str]) -> Sequence[str]:
    """Return strings as JSON has them between its quotes; mostly one look shows that they are."""
    together = "".join(column)
    if together.isascii() and not together.encode().translate(None, _AS_IT_IS):
        return column
    return [quoted(each)[1:-1] for each in column]


def _named(names: Sequence[str | None]) -> Sequence[str]:
    """Return the field of each name, or nothing where there is none."""
    together = "\n".join(filter(None, names))
    # One that holds a line end itself would be seen as two.
    is_whole = together.count("\n") == len(names) - 1
    if is_whole and all(names) and _TIDY_NAMES.fullmatch(together):
        return [f',"name":"{name}"' for name in names]
    return [_shown_name(name) if name else "" for name in names]


def _shown_name(name: str) -> str:
    """Return the field of a name, or nothing where nothing is left of it."""
    if not _TIDY_NAME.fullmatch(name):
        name = headers.one_line(name.translate(_NAME_BREAKERS))
    return f',"name":{quoted(name)}' if name else ""
