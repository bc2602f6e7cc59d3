"""Batches to send in tests: invented readers of an invented blog."""

from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Batch, Recipient, Sender

HELLO_HTML = "otdHelloHtml7f3a"
HELLO_TEXT = "otdHelloText7f3a"
LEAVE_HTML = "otdLeaveHtml7f3a"
LEAVE_TEXT = "otdLeaveText7f3a"
TOKENS = (HELLO_HTML, HELLO_TEXT, LEAVE_HTML, LEAVE_TEXT)
DATE = datetime(2031, 3, 4, 6, 30, tzinfo=UTC)
SENDER = Sender(
    from_address="digest@otalk.example",
    from_name="OTalk weekly digest",
    reply_to="team@otalk.example",
    list_id="digest.otalk.example",
    list_name="OTalk digest",
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nMETHOD:PUBLISH\r\n"
    "BEGIN:VEVENT\r\nUID:garden-chat@otalk.example\r\nDTSTAMP:20310304T063000Z\r\n"
    "DTSTART:20310304T200000Z\r\nSUMMARY:Gardens & cafés\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def a_placeholder(token: str, field: Field, *, is_html: bool) -> Placeholder:
    return Placeholder(token=token, field=field, is_html=is_html)


PLACEHOLDERS = (
    a_placeholder(HELLO_HTML, Field.GREETING, is_html=True),
    a_placeholder(HELLO_TEXT, Field.GREETING, is_html=False),
    a_placeholder(LEAVE_HTML, Field.UNSUBSCRIBE_URL, is_html=True),
    a_placeholder(LEAVE_TEXT, Field.UNSUBSCRIBE_URL, is_html=False),
)
VARIANT = Variant(
    segment="weekly",
    subject="Gardens at work: what helps?",
    preheader="One hour on raised beds, tonight at eight.",
    html=(
        f"<!DOCTYPE html>\n<html lang=en><body>\n<h1>Gardens</h1>\n<p>{HELLO_HTML}</p>\n"
        f'.dots\n<p><a href="{LEAVE_HTML}">Leave the list</a></p>\n</body></html>\n'
    ),
    text=f"{HELLO_TEXT}\n\n.A line that begins with a dot\nLeave: {LEAVE_TEXT}\n",
    calendar=None,
    placeholders=PLACEHOLDERS,
    zone_values={},
    greeting_named="Hello {name}",
    greeting_unnamed="Hello",
    news_ids=(1,),
)


def a_variant(**changes: object) -> Variant:
    return replace(VARIANT, **changes)  # type: ignore[arg-type]  # a builder takes any field


def a_recipient(number: int = 1, **changes: object) -> Recipient:
    leave = f"https://digest.otalk.example/leave/token-{number}"
    given = Recipient(
        delivery_id=number,
        key=f"key-{number}",
        address=f"reader{number}@reader.example",
        name=f"Reader {number}",
        values=values(f"Hello Reader {number},", leave),
        message_id=f"edition-7.key-{number}@otalk.example",
        list_unsubscribe=f"<{leave}>, <mailto:leave@otalk.example?subject=key-{number}>",
        is_one_click=True,
    )
    return given._replace(**changes)  # type: ignore[arg-type]  # a builder takes any field


def values(greeting: str, leave: str) -> tuple[str, ...]:
    """In the order of the placeholders."""
    in_html = greeting.replace("&", "&amp;").replace("<", "&lt;")
    return (in_html, greeting, leave.replace("&", "&amp;"), leave)


def a_batch(
    *recipients: Recipient, variant: Variant = VARIANT, attempt_key: str = "try-1"
) -> Batch:
    return Batch(
        attempt_key=attempt_key,
        edition=7,
        date=DATE,
        sender=SENDER,
        variant=variant,
        recipients=recipients,
    )


def parsed(message: bytes) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(message)
    assert isinstance(found, EmailMessage)
    return found


def content(message: EmailMessage, subtype: str) -> str:
    """The text of the one part of that type, lines in LF."""
    part = next(p for p in message.walk() if p.get_content_subtype() == subtype)
    found: str = part.get_content()
    return found.replace("\r\n", "\n")


def filled(text: str, recipient: Recipient, variant: Variant = VARIANT) -> str:
    """What a reader should see: the plain way to fill in a variant."""
    for mark, value in zip(variant.placeholders, recipient.values, strict=True):
        text = text.replace(mark.token, value)
    return text.replace("\r\n", "\n").replace("\r", "\n")
