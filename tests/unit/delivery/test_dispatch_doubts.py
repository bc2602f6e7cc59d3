"""A provider that leaves batch after batch without a clear answer is left alone."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from tests.messages import a_batch

from otalk_digest.delivery.dispatch import dispatch
from otalk_digest.delivery.provider import Attempt
from otalk_digest.errors import ProviderUncertainError, TryAgainError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Fence


@dataclass(frozen=True, slots=True)
class AnAttempt:
    id: int
    batch: Batch


@dataclass(slots=True)
class Pages:
    """Books in memory, of so many batches."""

    batches: int
    claimed: int = 0
    recorded: list[int] = field(default_factory=list)
    in_doubt: list[int] = field(default_factory=list)

    def claim(self, limit: int) -> AnAttempt | None:
        assert limit > 0
        if self.claimed == self.batches:
            return None
        self.claimed += 1
        return AnAttempt(self.claimed, a_batch())

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        assert len(outcomes) == len(attempt.batch.recipients)
        self.recorded.append(attempt.id)

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> AnAttempt | None:
        raise AssertionError(outcomes, limit)

    def abandon(self, reason: str) -> None:
        raise AssertionError(reason)

    def release(self, attempt: Attempt, reason: str) -> None:
        raise AssertionError(attempt, reason)

    def fence(self, attempt: Attempt, fence: Fence) -> None:
        raise AssertionError(attempt, fence)

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        assert reason
        self.in_doubt.append(attempt.id)


@dataclass(slots=True)
class Service:
    """Answers the first batches as told, then all of them well."""

    answers: list[bool]
    name: str = "a service"
    batch_size: int = 10
    is_idempotent: bool = False

    def send(self, batch: Batch) -> Sequence[Outcome]:
        if self.answers and not self.answers.pop(0):
            raise ProviderUncertainError("no answer")
        return [
            Outcome(delivery_id=each.delivery_id, kind=OutcomeKind.ACCEPTED)
            for each in batch.recipients
        ]

    def check(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        pass


def test_three_batches_in_doubt_in_a_row_end_the_run_and_the_others_are_not_claimed() -> None:
    pages = Pages(batches=9)

    with pytest.raises(TryAgainError, match="3 batches in a row"):
        dispatch(pages, Service([False] * 9), stop=threading.Event())

    assert (pages.claimed, pages.in_doubt, pages.recorded) == (3, [1, 2, 3], [])


def test_doubts_between_clear_answers_do_not_end_the_run() -> None:
    pages = Pages(batches=6)

    dispatch(pages, Service([False, False, True, False, False, True]), stop=threading.Event())

    assert (pages.in_doubt, pages.recorded) == ([1, 2, 4, 5], [3, 6])
