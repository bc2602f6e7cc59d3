import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.messages import (
    CALENDAR,
    DATE,
    HELLO_HTML,
    HELLO_TEXT,
    SENDER,
    VARIANT,
    a_recipient,
    a_variant,
    content,
    filled,
    parsed,
    values,
)

from otalk_digest.delivery.addresses import UnusableAddressError
from otalk_digest.delivery.message import compile_message
from otalk_digest.delivery.quoted_printable import encode_piece
from otalk_digest.model.edition import Variant
from otalk_digest.model.message import Recipient

LONG_URL = "https://digest.otalk.example/leave/" + "a.b=c&d" * 40
HOSTILE = (
    "",
    ".",
    "..leading dots",
    "From the start",
    "ends in a blank ",
    "é=" * 60,
    "=" * 200,
    "👩🏽‍⚕️" * 30,
    LONG_URL,
    "two\nlines\n.of them",
    "--=_x\n--",
    "{{7*7}} <%asm_group_unsubscribe_raw_url%> [unsubscribe]",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
#: Text whose line ends mail keeps: CR, LF and CRLF all arrive as line ends.
CONTENT = TEXTS.map(lambda text: text.replace("\r", "\n"))


def message(variant: Variant = VARIANT, recipient: Recipient | None = None) -> bytes:
    return compile_message(variant, SENDER, date=DATE).fill(recipient or a_recipient())


def from_the_library(variant: Variant, recipient: Recipient) -> EmailMessage:
    """The same message, built the slow way."""
    built = EmailMessage(policy=SMTP)
    built.set_content(filled(variant.text, recipient, variant), cte="quoted-printable")
    built.add_alternative(
        filled(variant.html, recipient, variant), subtype="html", cte="quoted-printable"
    )
    return parsed(built.as_bytes())


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_reads_as_it_was_given_wherever_it_stands(value: str) -> None:
    variant = a_variant(
        text=f"{HELLO_TEXT}start, mid{HELLO_TEXT}dle, end {HELLO_TEXT}\n{HELLO_TEXT}\n.\n",
        html=f"<p>{HELLO_HTML}{HELLO_HTML}</p>{HELLO_HTML}",
    )
    recipient = a_recipient(values=values(value, LONG_URL))

    found = parsed(message(variant, recipient))

    wanted = from_the_library(variant, recipient)
    assert content(found, "plain") == content(wanted, "plain")
    assert content(found, "html") == content(wanted, "html")


@given(before=CONTENT, value=CONTENT, after=CONTENT)
@example(before="x" * 75, value="." * 80, after="é=" * 60)
def test_splicing_gives_what_the_email_package_gives(before: str, value: str, after: str) -> None:
    text, html = f"{before}{HELLO_TEXT}{after}\n", f"{before}{HELLO_HTML}{after}\n"
    variant = a_variant(text=text, html=html)
    recipient = a_recipient(values=values(value, "https://digest.otalk.example/"))

    raw = message(variant, recipient)

    found, wanted = parsed(raw), from_the_library(variant, recipient)
    assert content(found, "plain") == content(wanted, "plain")
    assert content(found, "html") == content(wanted, "html")
    assert not any(part.defects for part in found.walk())
    assert_fit_for_the_wire(raw)


def assert_fit_for_the_wire(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")
    body = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert max(map(len, body)) <= 76
    assert max(map(len, lines)) <= 998


@given(text=TEXTS)
def test_a_piece_between_soft_breaks_leaves_its_neighbours_alone(text: str) -> None:
    spliced = b"left=\r\n" + encode_piece(text) + b"=\r\nright"

    found = EmailMessage()
    found["Content-Transfer-Encoding"] = "quoted-printable"
    found.set_payload(spliced.decode("ascii"))

    lines = re.sub(r"\r\n|\r|\n", "\r\n", text)
    assert found.get_payload(decode=True) == f"left{lines}right".encode()


def test_every_field_of_the_header_is_there_once_and_says_what_it_should() -> None:
    found = parsed(message())

    assert {name: found.get_all(name) for name in found} == {
        "From": ["OTalk weekly digest <digest@otalk.example>"],
        "Reply-To": ["team@otalk.example"],
        "Subject": ["Gardens at work: what helps?"],
        "Date": ["Tue, 04 Mar 2031 06:30:00 +0000"],
        "List-Id": ['"OTalk digest" <digest.otalk.example>'],
        "Precedence": ["list"],
        "Feedback-ID": ["20310304:weekly:digest:digest.otalk.example"],
        "MIME-Version": ["1.0"],
        "Content-Type": [found["Content-Type"]],
        "To": ["Reader 1 <reader1@reader.example>"],
        "Message-ID": ["<edition-7.key-1@otalk.example>"],
        "List-Unsubscribe": [a_recipient().list_unsubscribe],
        "List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"],
    }


def test_the_way_out_stands_on_one_line() -> None:
    leave = "<https://digest.otalk.example/leave/" + "x" * 300 + ">"

    raw = message(recipient=a_recipient(list_unsubscribe=leave))

    assert f"\r\nList-Unsubscribe: {leave}\r\n".encode() in raw


def test_one_click_is_promised_only_where_it_works() -> None:
    found = parsed(message(recipient=a_recipient(is_one_click=False)))

    assert found["List-Unsubscribe"]
    assert found["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('Ann "the gardener" O\\Neill', 'Ann "the gardener" O\\Neill'),
        ("Zoë; Bob, <x@reader.example>", "Zoë; Bob, <x@reader.example>"),
        ("=?utf-8?q?=41?=", "=?utf-8?q?=41?="),
        ("Eve\r\nBcc: all@reader.example", "Eve Bcc: all@reader.example"),
        ("tab\tand\x00nul\u2028end", "tab and nul end"),
        ("half a pair \ud83d", "half a pair ?"),
        ("名前" * 60, "名前" * 60),
        ("Ann " + "Å" * 100, "Ann " + "Å" * 100),
        ("long " * 60 + "end", "long " * 60 + "end"),
    ],
)
def test_a_hostile_name_is_only_ever_a_name(name: str, shown: str) -> None:
    found = parsed(message(recipient=a_recipient(name=name)))

    # The library's parser puts blanks between encoded words of a phrase (RFC 2047 §6.2).
    raw = found.as_string().partition("\nTo: ")[2].partition("\nMessage-ID")[0]
    phrase = re.sub(r"\s+", " ", raw).rpartition(" ")[0]
    plain = re.sub(r"\\(.)", r"\1", phrase[1:-1]) if phrase.startswith('"') else phrase
    assert (plain if phrase.startswith('"') else str(make_header(decode_header(phrase)))) == shown
    assert found["To"].addresses[0].addr_spec == "reader1@reader.example"
    assert found["Bcc"] is None


@pytest.mark.parametrize("name", [None, "", " \r\n "])
def test_a_reader_without_a_name_is_an_address_alone(name: str | None) -> None:
    assert parsed(message(recipient=a_recipient(name=name)))["To"] == "reader1@reader.example"


@pytest.mark.parametrize(
    "subject",
    ["Café", "x" * 300, "Grüße: 庭 🌱 " * 20, "=?utf-8?q?x?=", "a b  c"],
)
def test_a_subject_arrives_whole_in_lines_of_76(subject: str) -> None:
    raw = message(a_variant(subject=subject))

    lines = raw.partition(b"Subject: ")[2].partition(b"\r\nDate: ")[0].split(b"\r\n")
    assert parsed(raw)["Subject"].rstrip() == subject.rstrip()
    assert max(map(len, [b"Subject: " + lines[0], *lines])) <= 76


@pytest.mark.parametrize(
    "change",
    [{"subject": "Hi\r\nBcc: all@reader.example"}, {"subject": f"For {HELLO_TEXT}"}],
)
def test_a_subject_that_would_break_the_header_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"header value|subject"):
        compile_message(a_variant(**change), SENDER, date=DATE)


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "x@otalk.example>\r\nBcc: <all@reader.example"},
        {"list_unsubscribe": "<https://a.example/>\nX: y"},
        {"list_unsubscribe": "<https://a.example/" + "x" * 2000 + ">"},
    ],
)
def test_a_broken_value_of_ours_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        message(recipient=a_recipient(**change))


def test_a_token_without_a_value_is_refused() -> None:
    with pytest.raises(IndexError):
        message(recipient=a_recipient(values=("", "")))


def test_a_token_that_is_part_of_another_is_refused() -> None:
    marks = tuple(VARIANT.placeholders)
    longer = type(marks[0])(token=f"{HELLO_TEXT}1", field=marks[0].field, is_html=False)

    with pytest.raises(ValueError, match="part of another"):
        compile_message(a_variant(placeholders=(*marks, longer)), SENDER, date=DATE)


@pytest.mark.parametrize(
    ("address", "wired"),
    [
        ("ann@gärten.example", "ann@xn--grten-gra.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
        ("Ann.B+tag@Reader.example", "Ann.B+tag@Reader.example"),
        ('"ann b"@reader.example', '"ann b"@reader.example'),
    ],
)
def test_an_address_is_written_in_its_wire_form(address: str, wired: str) -> None:
    assert f"<{wired}>\r\n".encode() in message(recipient=a_recipient(address=address))


@pytest.mark.parametrize(
    "address",
    [
        "no at sign",
        "ann@reader.example\r\nBcc: all@reader.example",
        "ann@reader.example>, <bob@reader.example",
        "ann b@reader.example",
        "@reader.example",
        "ann@",
        "ann@-ä-.example",
        "x" * 300 + "@reader.example",
    ],
)
def test_an_address_that_no_envelope_can_hold_is_refused_unnamed(address: str) -> None:
    with pytest.raises(UnusableAddressError) as caught:
        message(recipient=a_recipient(address=address))

    assert address not in str(caught.value)
    assert "reader.example" not in str(caught.value)


def test_an_address_outside_ascii_is_written_in_utf8() -> None:
    raw = message(recipient=a_recipient(address="zoë@gärten.example"))

    assert "<zoë@xn--grten-gra.example>\r\n".encode() in raw


def test_text_stands_before_html_and_the_calendar_is_an_attachment() -> None:
    found = parsed(message(a_variant(calendar=CALENDAR)))

    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    (calendar,) = found.iter_attachments()
    assert calendar.get_filename() == "chat.ics"
    assert calendar["Content-Type"].params["method"] == "PUBLISH"
    assert calendar.get_payload(decode=True) == CALENDAR.encode()
    assert not any(part.defects for part in found.walk())


def test_without_a_calendar_nothing_is_mixed() -> None:
    found = parsed(message())

    kinds = [part.get_content_type() for part in found.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert all(part.get_content_charset() == "utf-8" for part in found.iter_parts())


def test_the_same_reader_gets_the_same_bytes_every_time() -> None:
    assert message(a_variant(calendar=CALENDAR)) == message(a_variant(calendar=CALENDAR))


def test_content_that_quotes_the_boundary_does_not_end_the_part() -> None:
    boundary = parsed(message()).get_boundary()
    quoting = a_recipient(values=values(f"\n--{boundary}--\n", "https://a.example/"))

    assert f"--{boundary}--" in content(parsed(message(recipient=quoting)), "plain")
