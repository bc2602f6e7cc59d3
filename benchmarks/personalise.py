"""What one reader's message costs, against building it with the `email` package.

Run it alone: `PYTHONPATH=src python benchmarks/personalise.py`. Goal: a hundredth or less.

The content is 32 KB of HTML and 6 KB of text with seven marks; both ways are compared, part
for part, before they are timed. Processor time, medians of runs in rotation.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser

from otalk_digest.delivery.message import compile_message
from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Recipient, Sender

ROUNDS = 9
READERS = 200
SLOW_READERS = 10
DATE = datetime(2031, 3, 4, 6, 30, tzinfo=UTC)
SENDER = Sender(
    from_address="digest@otalk.example",
    from_name="OTalk weekly digest",
    reply_to="team@otalk.example",
    list_id="digest.otalk.example",
    list_name="OTalk digest",
)
FIELDS = (Field.GREETING, Field.LOCAL_TIME, Field.UNSUBSCRIBE_URL, Field.PREFERENCES_URL)
MARKS = tuple(
    Placeholder(token=f"otd7f3a{kind}{field.replace('_', '')}", field=field, is_html=kind == "html")
    for field in FIELDS
    for kind in ("html", "text")
)
TOKENS = {(mark.field, mark.is_html): mark.token for mark in MARKS}


def a_text(*, is_html: bool, length: int) -> str:
    """Lines of the given length in all, with every mark in it."""
    line = "Raised beds, potting sheds and a café: what helps people back to work?\n"
    if is_html:
        line = f'<tr><td style="font-size:16px;color:#17302a">{line.strip()}</td></tr>\n'
    places = [line * (length // len(line) // len(FIELDS)) for _ in FIELDS]
    tokens = [TOKENS[field, is_html] for field in FIELDS]
    return "".join(f"{place}{token}\n" for place, token in zip(places, tokens, strict=True))


VARIANT = Variant(
    segment="weekly",
    subject="Gardens at work: what helps?",
    preheader="",
    html=f"<!DOCTYPE html>\n<html lang=en><table>{a_text(is_html=True, length=32_000)}</table>\n",
    text=a_text(is_html=False, length=6_000),
    calendar=None,
    placeholders=MARKS,
    zone_values={},
    greeting_named="Hello {name}",
    greeting_unnamed="Hello",
    news_ids=(),
)


def a_reader(number: int) -> Recipient:
    """Return an invented reader."""
    leave = f"https://digest.otalk.example/leave/{number:08}.{'k' * 43}"
    said = {
        Field.GREETING: f"Hello Reader {number},",
        Field.LOCAL_TIME: "9pm to 10pm CET (Madrid)",
        Field.UNSUBSCRIBE_URL: leave,
        Field.PREFERENCES_URL: f"https://digest.otalk.example/choose/{number:08}.{'k' * 43}",
    }
    return Recipient(
        delivery_id=number,
        key=f"key-{number}",
        address=f"reader{number}@reader.example",
        name=f"Reader {number}",
        values=tuple(said[mark.field] for mark in MARKS),
        message_id=f"edition-7.key-{number}@otalk.example",
        list_unsubscribe=f"<{leave}>, <mailto:leave@otalk.example>",
        is_one_click=True,
    )


def built(reader: Recipient) -> bytes:
    """Return the same message, made by the `email` package."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(SENDER.from_name, addr_spec=SENDER.from_address)
    message["To"] = Address(reader.name or "", addr_spec=reader.address)
    message["Subject"] = VARIANT.subject
    message["Date"] = DATE
    message["Message-ID"] = f"<{reader.message_id}>"
    message["List-Unsubscribe"] = reader.list_unsubscribe
    message.set_content(filled(VARIANT.text, reader), cte="quoted-printable")
    html = filled(VARIANT.html, reader)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def filled(text: str, reader: Recipient) -> str:
    """Return the text with every mark replaced."""
    for mark, value in zip(MARKS, reader.values, strict=True):
        text = text.replace(mark.token, value)
    return text


def parts(raw: bytes) -> list[str]:
    """Return what a mail program would show."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    found = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return [text.replace("\r\n", "\n") for text in found]


def cost_us(make: Callable[[Recipient], bytes], readers: list[Recipient]) -> float:
    """Return processor microseconds for one reader."""
    begun = time.process_time()
    for reader in readers:
        make(reader)
    return (time.process_time() - begun) / len(readers) * 1e6


def peak_bytes(make: Callable[[Recipient], bytes], reader: Recipient) -> int:
    """Return the most memory that one message takes while it is made."""
    tracemalloc.start()
    make(reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Compare, time in rotation, print."""
    template = compile_message(VARIANT, SENDER, date=DATE)
    readers = [a_reader(number) for number in range(READERS)]
    if parts(template.fill(readers[0])) != parts(built(readers[0])):
        raise SystemExit("the two ways do not say the same")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(cost_us(template.fill, readers))
        theirs.append(cost_us(built, readers[:SLOW_READERS]))
    fast, slow = statistics.median(ours), statistics.median(theirs)
    size = len(template.fill(readers[0]))
    print("way                 µs a message   messages a second and core")
    print(f"EmailMessage        {slow:12.1f}   {1e6 / slow:12,.0f}")
    print(f"MessageTemplate     {fast:12.1f}   {1e6 / fast:12,.0f}")
    print(f"ratio               {fast / slow:12.4f}   goal 0.0100")
    print(f"peak ÷ wire bytes   {peak_bytes(template.fill, readers[0]) / size:12.2f}   goal 2.50")


if __name__ == "__main__":
    main()
