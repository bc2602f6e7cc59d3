"""What a reader costs in a SendGrid request: bytes, and processor time against the helpers.

Run it alone: `PYTHONPATH=src python benchmarks/sendgrid_request.py`. Goals: 500 bytes or less a
reader; 0.6 or less of what the `sendgrid` package's own `Mail` helpers need to build the same.

30 KiB of HTML, three substitutions, both List-Unsubscribe headers and one custom argument for
each of 1,000 readers, made as a run makes them. Processor time, medians of runs in rotation.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sendgrid.helpers.mail import (
    CustomArg,
    From,
    Header,
    HtmlContent,
    Mail,
    Personalization,
    PlainTextContent,
    Substitution,
    To,
)

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.audience.personalise import Personaliser
from otalk_digest.delivery.providers.sendgrid_request import encode_request
from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Batch, Sender

ROUNDS = 9
READERS = 1_000
SENDER = Sender(
    from_address="digest@otalk.example",
    from_name="OTalk weekly digest",
    reply_to="team@otalk.example",
    list_id="digest.otalk.example",
    list_name="OTalk digest",
)
FIELDS = (Field.GREETING, Field.UNSUBSCRIBE_URL, Field.BROWSER_URL)
MARKS = tuple(
    Placeholder(token=f"otd7f3a91c2x{place}00Hz", field=field, is_html=True)
    for place, field in enumerate(FIELDS)
)
LINE = '<tr><td style="font-size:16px;color:#17302a">Raised beds and potting sheds</td></tr>\n'
VARIANT = Variant(
    segment="weekly",
    subject="Gardens at work: what helps?",
    preheader="",
    html=LINE * (30 * 1024 // len(LINE)) + "".join(f"<p>{mark.token}</p>" for mark in MARKS),
    text="Raised beds and potting sheds\n",
    calendar=None,
    placeholders=MARKS,
    zone_values={},
    greeting_named="Hello {name},",
    greeting_unnamed="Hello,",
    news_ids=(1,),
)


def a_batch(readers: int) -> Batch:
    """Return a batch as a run makes it."""
    links = ReaderLinks(
        key=b"k" * 32, base_url="https://digest.otalk.example", mailbox="team@otalk.example"
    )
    personaliser = Personaliser(VARIANT, links, edition=7, message_domain="otalk.example")
    return Batch(
        attempt_key="a1",
        edition=7,
        date=datetime(2031, 3, 4, 6, 30, tzinfo=UTC),
        sender=SENDER,
        variant=VARIANT,
        recipients=tuple(
            personaliser.recipient(
                delivery_id=number,
                token=links.token(number),
                address=f"reader{number:06}@example.org",
                name=f"Reader {number:06}",
                zone=None,
            )
            for number in range(100_000, 100_000 + readers)
        ),
    )


def with_helpers(batch: Batch) -> bytes:
    """Build the same with the package's objects."""
    return json.dumps(mail_of(batch).get()).encode()


def mail_of(batch: Batch) -> Mail:
    """Return the package's object of a batch."""
    mail = Mail(
        from_email=From(SENDER.from_address, SENDER.from_name),
        subject=VARIANT.subject,
        plain_text_content=PlainTextContent(VARIANT.text),
        html_content=HtmlContent(VARIANT.html),
    )
    for each in batch.recipients:
        personal = Personalization()
        personal.add_to(To(each.address, each.name))
        for mark, value in zip(MARKS, each.values, strict=True):
            personal.add_substitution(Substitution(mark.token, value))
        personal.add_header(Header("List-Unsubscribe", each.list_unsubscribe))
        personal.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        personal.add_custom_arg(CustomArg("otd_delivery", each.key))
        mail.add_personalization(personal)
    return mail


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor seconds of one run."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    batch = a_batch(READERS)
    ways: dict[str, Callable[[], bytes]] = {
        "ours": lambda: encode_request(batch, batch.recipients),
        "helpers": lambda: with_helpers(batch),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, work in ways.items():
            times[name].append(cpu_s(work))
    for name, work in ways.items():
        size = len(work()) / READERS
        median = statistics.median(times[name])
        print(f"{name:8} {size:4.0f} bytes a reader  {median / READERS * 1e6:5.1f} µs a reader")
    ratio = statistics.median(times["ours"]) / statistics.median(times["helpers"])
    print(f"ours ÷ helpers, processor time: {ratio:.2f}")


if __name__ == "__main__":
    main()
