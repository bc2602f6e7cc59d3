"""What somebody who was told of a chat must hear now."""

from typing import Any

import pytest
from tests.builders import DAY, GUID, HOUR, NOW, TUESDAY, a_chat, a_reading, an_edition

from otalk_digest.model.chat import Chat, Phase
from otalk_digest.model.delivery import SkipReason
from otalk_digest.model.news import Change, NewsKind
from otalk_digest.pipeline.correcting import what_is_wrong, why_useless, wrong_versions
from otalk_digest.store.tellings import Telling

WEDNESDAY = TUESDAY + DAY
BEGUN = NOW - HOUR
OFF = (Phase.CANCELLED, Phase.POSTPONED)


def told(edition: int = 1, phase: Phase = Phase.ANNOUNCED, **fields: Any) -> Telling:  # noqa: ANN401 - any field of a reading
    return Telling(
        edition=edition, segment="everyone", guid=GUID, phase=phase, reading=a_reading(**fields)
    )


def moved(old: object, new: object) -> Change:
    return Change(field="starts_at", old=str(old).replace(" ", "T"), new=str(new).replace(" ", "T"))


@pytest.mark.parametrize(
    ("held", "chat"),
    [
        (told(), a_chat()),
        # Wordings and what is no plan of anybody's.
        (told(topic="Kites, and strings"), a_chat(topic="Kites and strings")),
        (told(questions=("Why?",)), a_chat(introduction="Why not?")),
        (told(phase=Phase.CANCELLED), a_chat(phase=Phase.CANCELLED)),
        (told(phase=Phase.POSTPONED), a_chat(phase=Phase.POSTPONED, starts_at=None)),
        (told(), a_chat(phase=Phase.WRAPPED_UP, starts_at=WEDNESDAY)),
        # It has begun.
        (told(starts_at=BEGUN), a_chat(starts_at=BEGUN, hosts=("@two",))),
        (told(starts_at=BEGUN), a_chat(starts_at=BEGUN - DAY)),
        (told(starts_at=BEGUN), a_chat(phase=Phase.CANCELLED, starts_at=BEGUN)),
        (told(starts_at=None), a_chat(starts_at=BEGUN)),
        (told(phase=Phase.CANCELLED), a_chat(starts_at=BEGUN)),
    ],
)
def test_who_holds_what_is_right_or_over_hears_nothing(held: Telling, chat: Chat) -> None:
    assert what_is_wrong(held, chat, now=NOW) is None


@pytest.mark.parametrize(
    ("held", "chat", "changes"),
    [
        (told(), a_chat(starts_at=WEDNESDAY), (moved(TUESDAY, WEDNESDAY),)),
        (told(starts_at=BEGUN), a_chat(), (moved(BEGUN, TUESDAY),)),
        # Whoever waits for it would wait in vain.
        (told(), a_chat(starts_at=BEGUN), (moved(TUESDAY, BEGUN),)),
        (
            told(hosts=("@one",)),
            a_chat(hosts=("@two",)),
            (Change(field="hosts", old="@one", new="@two"),),
        ),
        (
            told(phase=Phase.CANCELLED),
            a_chat(),
            (Change(field="phase", old="cancelled", new="announced"),),
        ),
        (
            told(phase=Phase.POSTPONED),
            a_chat(starts_at=WEDNESDAY),
            (
                Change(field="phase", old="postponed", new="announced"),
                moved(TUESDAY, WEDNESDAY),
            ),
        ),
    ],
)
def test_who_holds_something_else_hears_the_change(
    held: Telling, chat: Chat, changes: tuple[Change, ...]
) -> None:
    assert what_is_wrong(held, chat, now=NOW) == (NewsKind.CHANGE, changes)


@pytest.mark.parametrize("phase", OFF)
@pytest.mark.parametrize("before", [Phase.ANNOUNCED, *OFF])
def test_who_waits_for_a_chat_that_is_off_hears_so(before: Phase, phase: Phase) -> None:
    found = what_is_wrong(told(phase=before), a_chat(phase=phase), now=NOW)

    assert found == (None if before is phase else (NewsKind.CANCELLATION, ()))


def test_one_version_that_was_told_in_many_places_is_one_correction() -> None:
    said = [told(1), told(2, starts_at=WEDNESDAY), told(3)]
    chat = a_chat(starts_at=WEDNESDAY + DAY)

    found = list(wrong_versions(said, {GUID: chat}, now=NOW))

    assert [wrong.places for wrong in found] == [
        ((1, "everyone"), (3, "everyone")),
        ((2, "everyone"),),
    ]


@pytest.mark.parametrize(
    ("held", "chat", "reason"),
    [
        (told(), a_chat(), None),
        (told(), a_chat(starts_at=WEDNESDAY), SkipReason.OUTDATED),
        (told(), a_chat(phase=Phase.CANCELLED), SkipReason.OUTDATED),
        (told(), None, SkipReason.OUTDATED),
    ],
)
def test_what_is_not_so_any_more_is_not_sent(
    held: Telling, chat: Chat | None, reason: SkipReason | None
) -> None:
    assert why_useless(an_edition(), held, chat, now=NOW) is reason


def test_what_is_frozen_before_a_chat_is_of_no_use_once_it_begins() -> None:
    edition = an_edition()

    assert why_useless(edition, told(), a_chat(), now=TUESDAY) is SkipReason.TOO_LATE
    assert why_useless(edition, told(), a_chat(), now=TUESDAY - HOUR) is None
