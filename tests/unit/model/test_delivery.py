"""The table of DESIGN section 6, written out once more and compared cell by cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otalk_digest.model.delivery import (
    TRANSITIONS,
    Action,
    EventKind,
    Status,
    Tally,
    after_action,
    after_event,
    sources,
)

ACTIONS = ("claim", "release", "lose_track", "skip")
EVENTS = ("accepted", "deferred", "delivered", "rejected", "bounced", "complained")
#: One row per status. "-" is illegal under an action, and changes nothing under an event.
TABLE = """
           claim   release lose_track skip    accepted deferred delivered rejected bounced complained
planned    sending -       -          skipped -        -        -         -        -       -
skipped    -       -       -          -       -        -        -         -        -       -
sending    -       planned in_doubt   -       accepted deferred delivered rejected bounced complained
in_doubt   -       planned -          -       accepted deferred delivered rejected bounced complained
accepted   -       -       -          -       -        deferred delivered rejected bounced complained
deferred   -       -       -          -       -        -        delivered rejected bounced complained
delivered  -       -       -          -       -        -        -         -        bounced complained
rejected   -       -       -          -       -        -        -         -        -       -
bounced    -       -       -          -       -        -        -         -        -       -
complained -       -       -          -       -        -        -         -        -       -
"""  # noqa: E501 - one row per status, as the design has it
_HEADER, *_ROWS = TABLE.strip().splitlines()
CELLS = [
    (row.split()[0], cause, new)
    for row in _ROWS
    for cause, new in zip(_HEADER.split(), row.split()[1:], strict=True)
]
TERMINAL = (Status.REJECTED, Status.BOUNCED, Status.COMPLAINED, Status.SKIPPED)
EVENT_LISTS = st.lists(st.sampled_from(EventKind), max_size=12)


@pytest.mark.parametrize(
    ("status", "action", "new"), [cell for cell in CELLS if cell[1] in ACTIONS]
)
def test_an_action_moves_as_the_table_says_or_is_a_bug(status: str, action: str, new: str) -> None:
    if new == "-":
        with pytest.raises(KeyError):
            after_action(Status(status), Action(action))
    else:
        assert after_action(Status(status), Action(action)) is Status(new)


@pytest.mark.parametrize(("status", "event", "new"), [cell for cell in CELLS if cell[1] in EVENTS])
def test_an_event_moves_as_the_table_says_or_not_at_all(status: str, event: str, new: str) -> None:
    expected = Status(status if new == "-" else new)

    assert after_event(Status(status), EventKind(event)) is expected


def test_the_table_names_every_status_and_every_cause() -> None:
    assert {status for status, _, _ in CELLS} == set(Status)
    assert {cause for _, cause, _ in CELLS} == {*map(str, Action), *map(str, EventKind)}
    assert len(TRANSITIONS) == sum(new != "-" for _, _, new in CELLS)


def test_only_a_claim_leads_to_sending_and_only_from_planned() -> None:
    assert [key for key, new in TRANSITIONS.items() if new is Status.SENDING] == [
        (Status.PLANNED, Action.CLAIM)
    ]


def test_the_statuses_that_a_cause_moves_are_listed() -> None:
    assert sources(Action.RELEASE) == (Status.SENDING, Status.IN_DOUBT)


@given(status=st.sampled_from(Status), events=EVENT_LISTS)
def test_no_order_or_repetition_of_events_leaves_the_machine(
    status: Status, events: list[EventKind]
) -> None:
    for event in events:
        status = after_event(status, event)
        assert status in Status
        assert after_event(status, event) is status


@given(status=st.sampled_from(TERMINAL), events=EVENT_LISTS)
def test_what_has_ended_stays_ended(status: Status, events: list[EventKind]) -> None:
    after = status
    for event in events:
        after = after_event(after, event)

    assert after is status


@given(events=EVENT_LISTS)
def test_no_event_ever_leads_back_to_sending_again(events: list[EventKind]) -> None:
    status = Status.ACCEPTED
    for event in events:
        status = after_event(status, event)

    assert status not in {Status.PLANNED, Status.SENDING, Status.IN_DOUBT}


def a_tally(**counts: int) -> Tally:
    places = ("skipped", "planned", "accepted", "rejected", "in_doubt", "sending")
    return Tally(**{"candidates": 0} | dict.fromkeys(places, 0) | counts)


@pytest.mark.parametrize("place", ["skipped", "planned", "accepted", "rejected", "in_doubt"])
def test_books_balance_only_when_every_candidate_is_in_one_place(place: str) -> None:
    assert a_tally(candidates=2, **{place: 2}).is_balanced
    assert not a_tally(candidates=3, **{place: 2}).is_balanced
    assert not a_tally(candidates=1, **{place: 2}).is_balanced


@pytest.mark.parametrize("place", ["planned", "in_doubt", "sending"])
def test_an_edition_is_complete_only_when_nothing_is_open(place: str) -> None:
    assert a_tally(candidates=2, accepted=1, rejected=1).is_complete
    assert not a_tally(candidates=2, accepted=1, **{place: 1}).is_complete
    assert not a_tally(candidates=2, accepted=1).is_complete
