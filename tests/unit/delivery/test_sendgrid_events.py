import json
from datetime import UTC, datetime
from typing import Any

import pytest

from otalk_digest.delivery.providers.sendgrid_events import read_events
from otalk_digest.errors import InputError
from otalk_digest.model.delivery import EventKind
from otalk_digest.model.event import DeliveryEvent


def an_entry(event: str = "delivered", **fields: object) -> dict[str, Any]:
    """One entry as SendGrid posts it: custom arguments stand among the others."""
    return {
        "email": "ann@reader.example",
        "timestamp": 1_795_000_000,
        "event": event,
        "sg_event_id": "an-id",
        "otd_delivery": "7-abc",
    } | fields


def the_event(entry: object) -> DeliveryEvent:
    (event,) = read_events(json.dumps([entry]).encode()).events
    return event


@pytest.mark.parametrize(
    ("entry", "kind", "suppresses"),
    [
        (an_entry("processed"), EventKind.ACCEPTED, None),
        (an_entry("deferred"), EventKind.DEFERRED, None),
        (an_entry("delivered"), EventKind.DELIVERED, None),
        (an_entry("dropped"), EventKind.REJECTED, None),
        (an_entry("bounce", type="bounce"), EventKind.BOUNCED, "bounced"),
        (an_entry("bounce", type="blocked"), EventKind.BOUNCED, None),
        (an_entry("blocked"), EventKind.BOUNCED, None),
        (an_entry("spamreport"), EventKind.COMPLAINED, "complained"),
        (an_entry("unsubscribe"), EventKind.DELIVERED, "unsubscribed"),
        (an_entry("group_unsubscribe"), EventKind.DELIVERED, "unsubscribed"),
        (an_entry("group_resubscribe"), None, None),
        (an_entry("something new"), None, None),
    ],
)
def test_an_event_means_this_for_the_delivery_and_its_reader(
    entry: dict[str, Any], kind: EventKind | None, suppresses: str | None
) -> None:
    event = the_event(entry)

    assert (event.kind, event.suppresses) == (kind, suppresses)
    assert event.delivery_key == "7-abc"
    assert event.at == datetime.fromtimestamp(1_795_000_000, UTC)
    assert json.loads(event.raw) == entry


def test_a_reason_holds_no_address() -> None:
    event = the_event(an_entry("bounce", reason="550 <ann@reader.example> unknown"))

    assert event.reason == "550 (address) unknown"


@pytest.mark.parametrize(
    "bad",
    [
        None, 7, "x", [], {}, an_entry(timestamp="soon"), an_entry(timestamp=10**30),
        an_entry(timestamp=True), {"timestamp": 1_795_000_000},
    ],
)  # fmt: skip
def test_an_entry_that_is_no_event_harms_no_good_one(bad: object) -> None:
    found = read_events(json.dumps([an_entry(), bad, an_entry("open")]).encode())

    assert [event.name for event in found.events] == ["delivered", "open"]
    assert found.unreadable == 1


@pytest.mark.parametrize("odd", [None, 7, "\ud800", {}])
def test_a_key_that_is_none_of_ours_is_text_all_the_same(odd: object) -> None:
    event = the_event(an_entry(otd_delivery=odd, url=odd, reason=odd))

    (event.delivery_key + event.url + (event.reason or "")).encode()


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 100_000, b'"x"'])
def test_what_is_no_list_of_events_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InputError, match="no events"):
        read_events(body)
