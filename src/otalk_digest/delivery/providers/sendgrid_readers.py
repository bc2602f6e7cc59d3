"""What a Mail Send request says of each reader, as JSON. Pure.

It is said a thousand times in each request, so everything that does not differ is made once, and
only the strings that do are quoted, column by column.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Final

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import wire_address
from otalk_digest.delivery.message import unsubscribe_fields
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
    values = ",".join(f"{quoted(tag)}:%s" for tag in columns)
    substitutions = f'"substitutions":{{{values}}},' if columns else ""
    reader = (
        f'{{"to":[%s],{substitutions}"headers":%s,"custom_args":{{{quoted(DELIVERY_ARG)}:%s}}}}'
    )
    rows = zip(
        map(_to, recipients),
        *(map(quoted, column) for column in columns.values()),
        _ways_out(recipients, leaves_out_one_click=leaves_out_one_click),
        [quoted(each.key) for each in recipients],
        strict=True,
    )
    return ",".join([reader % row for row in rows])


def _to(recipient: Recipient) -> str:
    email = quoted(wire_address(recipient.address))
    name = _shown_name(recipient.name or "")
    return f'{{"email":{email},"name":{quoted(name)}}}' if name else f'{{"email":{email}}}'


def _shown_name(name: str) -> str:
    if _TIDY_NAME.fullmatch(name):
        return name
    return headers.one_line(name.translate(_NAME_BREAKERS))


def _ways_out(recipients: Sequence[Recipient], *, leaves_out_one_click: bool) -> Iterable[str]:
    """Substitutions do not reach headers, so the way out is written out for each reader."""
    for each in recipients:
        fields = ",".join(
            f"{quoted(name)}:{quoted(value)}"
            for name, value in unsubscribe_fields(each)
            if not (leaves_out_one_click and name == ONE_CLICK_FIELD)
        )
        yield f"{{{fields}}}"
