import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.messages import (
    CALENDAR,
    SENDER,
    VARIANT,
    a_batch,
    a_placeholder,
    a_recipient,
    a_variant,
    values,
)
from tests.sendgrid_rules import errors_in

from otalk_digest.delivery import headers
from otalk_digest.delivery.addresses import diagnostic, wire_address
from otalk_digest.delivery.message import unsubscribe_fields
from otalk_digest.delivery.providers.sendgrid_answer import Meaning, meaning
from otalk_digest.delivery.providers.sendgrid_readers import encode_readers
from otalk_digest.delivery.providers.sendgrid_request import encode_request
from otalk_digest.delivery.providers.sendgrid_tags import tag_content
from otalk_digest.model.edition import Field
from otalk_digest.model.message import Batch, Recipient


def request(batch: Batch) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode_request(batch, batch.recipients))
    return found


def a_request() -> dict[str, Any]:
    readers = map(a_recipient, (1, 2))
    return request(a_batch(*readers, variant=a_variant(calendar=CALENDAR)))


def test_a_request_keeps_every_documented_rule() -> None:
    assert errors_in(a_request()) == []


def test_the_same_batch_is_the_same_bytes() -> None:
    batch = a_batch(*map(a_recipient, range(5)))

    assert encode_request(batch, batch.recipients) == encode_request(batch, batch.recipients)


@pytest.mark.parametrize(
    ("name", "sent"),
    [("Bee, Ann; RN", "Bee Ann RN"), ("Zoë\r\nX: y", "Zoë X: y"), (";", None), (None, None)],
)
def test_a_name_holds_nothing_that_it_refuses(name: str | None, sent: str | None) -> None:
    found = request(a_batch(a_recipient(name=name)))

    assert found["personalizations"][0]["to"][0].get("name") == sent
    assert errors_in(found) == []


def test_the_senders_name_loses_its_accents_and_nothing_else() -> None:
    batch = replace(a_batch(a_recipient()), sender=replace(SENDER, from_name="Café — Zoë"))

    found = request(batch)

    assert found["from"]["name"] == "Cafe Zoe"
    assert errors_in(found) == []


def test_a_list_name_outside_ascii_is_one_line_of_ascii() -> None:
    batch = replace(a_batch(a_recipient()), sender=replace(SENDER, list_name="Grüße " * 20))

    list_id = request(batch)["headers"]["List-Id"]

    assert list_id.isascii()
    assert "\n" not in list_id
    assert list_id.endswith(" <digest.otalk.example>")


def test_a_reader_costs_few_bytes_and_what_all_share_is_said_once() -> None:
    found = request(a_batch(*map(a_recipient, range(10))))

    assert found["custom_args"] == {"otd_attempt": "try-1"}
    assert found["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for each in found["personalizations"]:
        assert each["headers"].keys() == {"List-Unsubscribe"}
        assert each["custom_args"].keys() == {"otd_delivery"}
        assert {len(tag) for tag in each["substitutions"]} == {8}


def test_one_click_is_said_for_each_reader_when_it_does_not_work_for_all() -> None:
    found = request(a_batch(a_recipient(1), a_recipient(2, is_one_click=False)))

    assert "List-Unsubscribe-Post" not in found["headers"]
    assert [len(each["headers"]) for each in found["personalizations"]] == [2, 1]


GROUP_PAGE = "<%asm_group_unsubscribe_raw_url%>"


def test_readers_without_a_web_address_leave_by_the_page_of_the_group() -> None:
    batch = a_batch(*(a_recipient(n, is_one_click=False) for n in range(3)))

    found = json.loads(encode_request(batch, batch.recipients, group=123))

    assert errors_in(found) == []
    assert found["asm"] == {"group_id": 123}
    text, html = (part["value"] for part in found["content"])
    assert f'<a href="{GROUP_PAGE}">' in html
    assert f"Leave: {GROUP_PAGE}" in text


def test_readers_with_a_web_address_leave_there_also_when_there_is_a_group() -> None:
    batch = a_batch(*map(a_recipient, range(3)))

    found = json.loads(encode_request(batch, batch.recipients, group=123))

    assert found["asm"] == {"group_id": 123}
    assert GROUP_PAGE not in json.dumps(found)


SAID = st.text(st.characters(codec="utf-8"), max_size=12)
READERS = st.builds(
    a_recipient,
    st.integers(0, 9),
    name=st.one_of(
        st.none(), SAID, st.sampled_from(["Ann Bee", "Zoë; RN", "A  B", "Ann\nBee", "\u2028", "%s"])
    ),
    address=st.sampled_from(["ann@reader.example", "bee%d@gärten.example", '"a b"@reader.example']),
    values=st.builds(values, SAID, SAID),
    is_one_click=st.booleans(),
)


@given(readers=st.lists(READERS, min_size=1, max_size=4), shared=st.booleans())
def test_what_is_said_of_readers_is_what_an_encoder_of_json_would_say(
    *, readers: list[Recipient], shared: bool
) -> None:
    columns = tag_content(VARIANT, readers).columns

    said = encode_readers(readers, columns, leaves_out_one_click=shared)

    spelt_out = [
        spelt_out_of(each, {tag: column[place] for tag, column in columns.items()}, shared=shared)
        for place, each in enumerate(readers)
    ]
    assert f"[{said}]" == json.dumps(spelt_out, ensure_ascii=False, separators=(",", ":"))


def spelt_out_of(reader: Recipient, values: dict[str, str], *, shared: bool) -> dict[str, Any]:
    """The same as values, each field made by itself."""
    name = headers.one_line((reader.name or "").replace(";", " ").replace(",", " "))
    way_out = dict(unsubscribe_fields(reader))
    if shared:
        way_out.pop("List-Unsubscribe-Post", None)
    return {
        "to": [{"email": wire_address(reader.address), **({"name": name} if name else {})}],
        **({"substitutions": values} if values else {}),
        "headers": way_out,
        "custom_args": {"otd_delivery": reader.key},
    }


def without(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def breach(body: Any) -> None:  # noqa: ANN401  JSON is anything
        for step in path[:-1]:
            body = body[step]
        del body[path[-1]]

    return breach


def setting(value: object, *path: str | int) -> Callable[[dict[str, Any]], None]:
    def breach(body: Any) -> None:  # noqa: ANN401  JSON is anything
        for step in path[:-1]:
            body = body[step]
        body[path[-1]] = value

    return breach


FIRST = ("personalizations", 0)


# The stand-in must be as strict as the documents, or the tests above prove nothing.
@pytest.mark.parametrize(
    ("breach", "field"),
    [
        (without("subject"), "personalizations.0.subject"),
        (without("content"), "content"),
        (without("from"), "from.email"),
        (setting("Zoë", "from", "name"), "from.name"),
        (setting("text/html; charset=utf-8", "content", 1, "type"), "content.1.type"),
        (lambda body: body["content"].reverse(), "content"),
        (setting("", "content", 0, "value"), "content.0.value"),
        (setting("text/calendar; method=PUBLISH", "attachments", 0, "type"), "attachments.0.type"),
        (setting("x", "headers", "Subject"), "headers.Subject"),
        (setting("x\r\ny", "headers", "List-Id"), "headers.List-Id"),
        (setting(1, *FIRST, "custom_args", "n"), "personalizations.0.custom_args"),
        (setting("x" * 10_000, *FIRST, "custom_args", "n"), "personalizations.0.custom_args"),
        (setting("x" * 10_000, *FIRST, "substitutions", "n"), "personalizations.0.substitutions"),
        (setting("x", *FIRST, "substitutions", "a b"), "personalizations.0.substitutions"),
        (setting("Bee, Ann", *FIRST, "to", 0, "name"), "personalizations.0.to.0.name"),
        (setting("no address", *FIRST, "to", 0, "email"), "personalizations.0.to.0.email"),
        (setting("READER2@reader.example", *FIRST, "to", 0, "email"), "personalizations"),
        (setting([], "personalizations"), "personalizations"),
        (setting(a_request()["personalizations"] * 501, "personalizations"), "personalizations"),
        (setting({"enable": "no"}, "tracking_settings", "ganalytics"), None),
        (setting("x", "substitutions"), "substitutions"),
    ],
)
def test_a_breach_of_a_documented_rule_is_noticed(
    breach: Callable[[dict[str, Any]], None], field: str | None
) -> None:
    body = a_request()
    breach(body)

    fields = [error["field"] for error in errors_in(body)]

    assert fields
    assert field is None or field in fields


@pytest.mark.parametrize("status", range(200, 600))
def test_only_202_is_an_acceptance(status: int) -> None:
    assert (meaning(status) is Meaning.ACCEPTED) == (status == 202)


@pytest.mark.parametrize("status", [201, 204, 408, 500, 501, 502, 504, 599])
def test_what_may_hide_an_acceptance_is_uncertain(status: int) -> None:
    assert meaning(status) is Meaning.UNCERTAIN


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("550 <ann@reader.example> unknown", "550 (address) unknown"),
        ("user ann.b+c@reader.example, gone", "user (address), gone"),
        ('550 "ann b"@reader.example', "550 (address)"),
        ("'o'neill@reader.example' is full", "(address) is full"),
        ("zoë@gärten.example", "(address)"),
        ("two\r\nlines\x00", "two lines"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_a_diagnostic_holds_no_address(said: str, shown: str) -> None:
    assert diagnostic(said) == shown


def test_a_line_end_in_a_name_hides_among_no_others() -> None:
    readers = [a_recipient(1, name="Ann\nBee"), a_recipient(2, name="Cy")]

    found = json.loads(encode_request(a_batch(*readers), readers))["personalizations"]

    assert [each["to"][0]["name"] for each in found] == ["Ann Bee", "Cy"]


def test_who_asks_anew_is_asked_whether_they_mean_it_though_they_left_before() -> None:
    asking = a_placeholder("OTD7F3AC0", Field.CONFIRM_URL, is_html=False)
    variant = a_variant(
        placeholders=(*VARIANT.placeholders, asking), text=f"{VARIANT.text}{asking.token}"
    )
    reader = a_recipient()
    asked = reader._replace(values=(*reader.values, "https://x.example/confirm/1"))

    body = json.loads(encode_request(replace(a_batch(asked), variant=variant), [asked], group=7))

    # No group: nothing bypasses one. No word of complaints: those are never bypassed.
    assert "asm" not in body
    assert body["mail_settings"] == {
        "bypass_unsubscribe_management": {"enable": True},
        "bypass_bounce_management": {"enable": True},
    }
    assert "mail_settings" not in json.loads(encode_request(a_batch(reader), [reader], group=7))
