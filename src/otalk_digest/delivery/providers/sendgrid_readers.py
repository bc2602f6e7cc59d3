"""What a Mail Send request says of each reader, as JSON. Pure.

It is said a thousand times in each request, so everything that does not differ is made once, and
only the strings that do are quoted, column by column.
"""

import re
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Final

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import are_plain, wire_address
from otalk_digest.delivery.message import ONE_CLICK
from otalk_digest.model.message import Recipient

#: Comes back in every event of the message; opaque, because SendGrid keeps it for years.
DELIVERY_ARG: Final = "otd_delivery"
ONE_CLICK_FIELD: Final = "List-Unsubscribe-Post"

#: Not allowed in a recipient's name.
_NAME_BREAKERS: Final = str.maketrans(";,", "  ")
#: Most names: nothing in them to mend.
_TIDY_NAME: Final = re.compile(r"[\w.'-]+(?: [\w.'-]+)*")


def encode_readers(
    recipients: Sequence[Recipient],
    columns: Mapping[str, Sequence[str]],
    *,
    leaves_out_one_click: bool,
) -> str:
    """Return the personalizations without their brackets; `columns` is tag → each one's value.

    Raises ValueError for values that are broken.
    """
    values = "".join(f",{quoted(tag)}:%s" for tag in columns)[1:]
    substitutions = f'"substitutions":{{{values}}},' if columns else ""
    reader = (
        f'{{"to":[{{"email":%s%s}}],{substitutions}'
        f'"headers":{{"List-Unsubscribe":%s%s}},"custom_args":{{{quoted(DELIVERY_ARG)}:%s}}}}'
    )
    said = f",{quoted(ONE_CLICK_FIELD)}:{quoted(ONE_CLICK)}"
    rows = zip(
        map(quoted, _wired([each.address for each in recipients])),
        [_shown_name(each.name) if each.name else "" for each in recipients],
        *[map(quoted, column) for column in columns.values()],
        # Substitutions do not reach headers, so the way out is written out for each reader.
        map(quoted, headers.all_unfolded([each.list_unsubscribe for each in recipients])),
        [said if each.is_one_click and not leaves_out_one_click else "" for each in recipients],
        [quoted(each.key) for each in recipients],
        strict=True,
    )
    return ",".join([reader % row for row in rows])


def _wired(addresses: Sequence[str]) -> Sequence[str]:
    return addresses if are_plain(addresses) else [wire_address(each) for each in addresses]


def _shown_name(name: str) -> str:
    """Return the field of a name, or nothing where nothing is left of it."""
    if not _TIDY_NAME.fullmatch(name):
        name = headers.one_line(name.translate(_NAME_BREAKERS))
    return f',"name":{quoted(name)}' if name else ""
