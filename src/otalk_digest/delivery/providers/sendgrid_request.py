"""The JSON of one Mail Send request: SendGrid's v3 API. Pure.

A plain mapping in place of the package's helper objects: those reverse the order of the
personalizations, accept line ends in headers, and cost twice the time.
"""

import json
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import (
    UnusableAddressError,
    are_plain,
    needs_smtputf8,
    wire_address,
)
from otalk_digest.delivery.message import (
    CALENDAR_NAME,
    ONE_CLICK,
    list_fields,
)
from otalk_digest.delivery.providers.sendgrid_readers import ONE_CLICK_FIELD, encode_readers
from otalk_digest.delivery.providers.sendgrid_tags import TAG_LENGTH, Tagged, tag_content
from otalk_digest.model.edition import Field
from otalk_digest.model.message import Batch, Recipient

_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

#: Comes back in every event of the message; opaque, because SendGrid keeps it for years.
ATTEMPT_ARG: Final = "otd_attempt"

#: SendGrid puts each reader's own page of the group there.
_GROUP_PAGE: Final = "<%asm_group_unsubscribe_raw_url%>"
#: Per personalization, names and values together.
_SUBSTITUTIONS_LIMIT: Final = 10_000
#: Whoever asks anew is asked whether they mean it, although they left or bounced before. Who has
#: complained never is.
_ASKING: Final = {
    "mail_settings": {
        "bypass_unsubscribe_management": {"enable": True},
        "bypass_bounce_management": {"enable": True},
    }
}
#: Each switched off: else the account's default decides, and a pixel needs its own consent.
_NO_TRACKING: Final = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


def faults(recipients: Sequence[Recipient]) -> list[tuple[Recipient, str]]:
    """Return whom SendGrid would refuse, and why; asking it would cost a whole request."""
    # One look for all of them: UTF-8 has four bytes for a character at most.
    values = [each.values for each in recipients]
    tags = max(map(len, values), default=0) * TAG_LENGTH
    longest = max(map(len, map("".join, values)), default=0)
    are_short = tags + longest <= _SUBSTITUTIONS_LIMIT // 4
    if are_short and are_plain([each.address for each in recipients]):
        return []
    return [(each, why) for each in recipients if (why := _fault(each))]


def _fault(recipient: Recipient) -> str | None:
    try:
        wire_address(recipient.address)
    except UnusableAddressError as error:
        return str(error)
    if needs_smtputf8(recipient.address):
        return "SendGrid takes no addresses outside ASCII (SMTPUTF8)"
    size = len("".join(recipient.values).encode()) + len(recipient.values) * TAG_LENGTH
    if size > _SUBSTITUTIONS_LIMIT:
        return f"the reader's own values are longer than SendGrid takes ({size} bytes)"
    return None


def encode_request(
    batch: Batch, recipients: Sequence[Recipient], *, group: int | None = None
) -> bytes:
    """Return the body for these readers of the batch, in their order.

    `group` is an unsubscribe group of the account: whoever has no web address of ours to leave
    at leaves at SendGrid's.

    Raises ValueError or KeyError for values that are broken: bugs of ours.
    """
    return _encoded(batch, recipients, group=group)


def encode_rehearsal(batch: Batch, *, group: int | None = None) -> bytes:
    """Return the same for the sandbox, where SendGrid judges a request and sends nothing."""
    settings = {"mail_settings": {"sandbox_mode": {"enable": True}}}
    return _encoded(batch, batch.recipients, group=group, more=settings)


def _encoded(
    batch: Batch,
    recipients: Sequence[Recipient],
    *,
    group: int | None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> bytes:
    if any(mark.field is Field.CONFIRM_URL for mark in batch.variant.placeholders):
        # Nothing bypasses a group, so this mail is of none.
        group, more = None, {**_ASKING, **more}
    takes_one_click = {each.is_one_click for each in recipients}
    is_theirs = group is not None and True not in takes_one_click
    tagged = tag_content(batch.variant, recipients, way_out=_GROUP_PAGE if is_theirs else None)
    body = {**_shared(batch, tagged), **more}
    if group is not None:
        body["asm"] = {"group_id": group}
    if is_said_once := False not in takes_one_click:
        # The same for everybody, so it is said once: every byte here counts a thousand times.
        body["headers"][ONE_CLICK_FIELD] = ONE_CLICK
    readers = encode_readers(recipients, tagged.columns, leaves_out_one_click=is_said_once)
    # Joined as bytes: one letter outside ASCII would make every one of them as wide as itself.
    common = _JSON.encode(body)[:-1].encode()
    return b"".join((common, b',"personalizations":[', readers.encode(), b"]}"))


def _shared(batch: Batch, tagged: Tagged) -> dict[str, Any]:
    variant, sender = batch.variant, batch.sender
    name = _ascii_name(sender.from_name)
    shared: dict[str, Any] = {
        "from": {"email": wire_address(sender.from_address), **({"name": name} if name else {})},
        "reply_to": {"email": wire_address(sender.reply_to)},
        "subject": variant.subject,
        # In this order: RFC 2046 §5.1.4, and SendGrid refuses any other.
        "content": [
            {"type": "text/plain", "value": tagged.text},
            {"type": "text/html", "value": tagged.html},
        ],
        "headers": _unfolded(list_fields(variant, sender, date=batch.date)),
        "tracking_settings": _NO_TRACKING,
        "custom_args": {ATTEMPT_ARG: batch.attempt_key},
    }
    if batch.fence is not None:
        shared["batch_id"] = batch.fence.batch_id
        shared["send_at"] = int(batch.fence.send_at.timestamp())
    if variant.calendar is not None:
        shared["attachments"] = [_attachment(variant.calendar)]
    return shared


def _ascii_name(name: str) -> str:
    """SendGrid supports no Unicode in the sender's name: accents go, the letters stay."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return headers.one_line(plain)


def _unfolded(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Line ends are not allowed in a value; SendGrid folds by itself."""
    return {name: value.replace("\r\n", "") for name, value in fields}


def _attachment(calendar: str) -> dict[str, str]:
    return {
        "content": b64encode(calendar.encode()).decode("ascii"),
        # No parameters: SendGrid refuses a type with ";" in it. METHOD stands in the calendar.
        "type": "text/calendar",
        "filename": CALENDAR_NAME,
        "disposition": "attachment",
    }
