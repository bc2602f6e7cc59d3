"""A report of invented editions and chats."""

from datetime import timedelta
from typing import Final

from tests.builders import NOW, TUESDAY

from otalk_digest.model.delivery import Tally
from otalk_digest.model.report import ChatFigures, EditionFigures, Report

HOSTILE: Final = '"><script>alert(1)</script>&'
EMPTY: Final = Report(editions=(), chats=())


def figures(
    number: int, accepted: int = 40, *, rejected: int = 0, in_doubt: int = 0, planned: int = 0
) -> EditionFigures:
    """One edition; three are left out."""
    readers = accepted + rejected + in_doubt + planned
    statuses = {
        "planned": planned,
        "skipped": 3,
        "in_doubt": in_doubt,
        "accepted": accepted,
        "rejected": rejected,
    }
    return EditionFigures(
        number=number,
        frozen_at=NOW + timedelta(weeks=number),
        completed_at=None if in_doubt or planned else NOW + timedelta(weeks=number, hours=1),
        tally=Tally(
            candidates=readers + 3,
            skipped=3,
            planned=planned,
            accepted=accepted,
            rejected=rejected,
            in_doubt=in_doubt,
            sending=0,
        ),
        by_status=tuple((name, count) for name, count in statuses.items() if count),
        left_out=(("unconfirmed", 2), ("withdrawn", 1)),
        attempts=1 + accepted // 50,
    )


def chat(
    week: int, posts: int | None = 300, people: int | None = 40, topic: str = "Kettles and stairs"
) -> ChatFigures:
    """One chat that was counted."""
    starts_at = TUESDAY + timedelta(weeks=week)
    return ChatFigures(starts_at=starts_at, topic=topic, posts=posts, people=people)


SEASON: Final = Report(
    editions=(
        *(figures(number, 900 + 37 * number) for number in range(1, 12)),
        figures(12, 1_210, rejected=31),
        figures(13, 1_100, rejected=12, in_doubt=50, planned=140),
    ),
    chats=(
        *(chat(week, 240 + week * 83 % 310, 30 + week * 17 % 45) for week in range(24)),
        chat(24, None, 52, topic=HOSTILE),
        chat(25, 610, None, topic="Sensory gardens on a shoestring, and who waters them in August"),
    ),
)
