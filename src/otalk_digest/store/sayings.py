"""What the rows of a list say about themselves, once for all that say the same.

Most of a list do: a row is narrow then, which is a third of the work at each step.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table

from otalk_digest.model.audience import Consent, Facet, Subscriber
from otalk_digest.store.driving import write_rows
from otalk_digest.store.moment import Moment, moment_binder

#: Of what rows say alike; a list of which each says something else is written down as it is.
_REMEMBERED: Final = 4_096

tables = MetaData()
WISHES: Final = ("cadence", "reminder")
#: What a list that does not say takes back from nobody.
SAID_OR_NOT: Final = ("zone", "country", "language", "paused_until")
#: Columns of subscribers that are here too.
SAID_ONCE: Final = (*SAID_OR_NOT, "consent", "source", "joined_at", *WISHES)
#: Columns of the proof of consent → where they are here.
PROOF: Final = {"consent": "consent", "at": "consented_at"} | {
    name: name for name in ("source", "method", "wording")
}
sayings = Table(
    "staged_sayings",
    tables,
    Column("id", Integer, primary_key=True),
    *(Column(name, String) for name in ("zone", "country", "language", "consent", "source")),
    Column("joined_at", Moment, nullable=False),
    *(Column(name, String) for name in (*WISHES, "method", "wording")),
    Column("paused_until", Moment),
    Column("consented_at", Moment, nullable=False),
    prefixes=["TEMPORARY"],
)
said_facets = Table(
    "staged_facets",
    tables,
    Column("said", Integer, primary_key=True),
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
    prefixes=["TEMPORARY"],
)


class Sayings:
    """Numbers what rows say about themselves."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._moment = moment_binder(connection)
        self._now = now
        self._count = 0
        self._known: dict[Subscriber, str] = {}
        self._new: list[tuple[object, ...]] = []
        self._facets: list[tuple[object, ...]] = []
        #: Whether any of them chose something.
        self.has_facets = False

    def numbers(self, said: Sequence[Subscriber]) -> list[str]:
        """Return the number of what each one says, in digits."""
        numbers, last, number = [], None, ""
        for each in said:
            # To know it again is less than hashing.
            if each is not last:
                last, number = each, self._known.get(each) or self._note(each)
            numbers.append(number)
        return numbers

    def write(self) -> None:
        """Write down what was numbered since."""
        if self._new:
            write_rows(self._connection, list(sayings.columns), self._new)
            self._new = []
        if self._facets:
            write_rows(self._connection, list(said_facets.columns), self._facets)
            self._facets, self.has_facets = [], True

    def _note(self, person: Subscriber) -> str:
        if len(self._known) == _REMEMBERED:
            self._known.clear()
        self._count += 1
        number = self._known[person] = str(self._count)
        proof, moment = person.proof, self._moment
        # Only consent that was given has a moment of its own: other rows are about now.
        agreed_at = proof.at if person.consent is Consent.CONFIRMED else None
        self._new.append(
            (
                self._count,
                *(person.zone, person.country, person.language),
                *(person.consent.value, person.source),
                moment(person.joined_at or self._now),
                *(person.cadence.value, person.reminder.value, proof.method, proof.wording),
                None if person.paused_until is None else moment(person.paused_until),
                moment(agreed_at or self._now),
            )
        )
        self._facets += ((self._count, Facet.TAG.value, tag) for tag in person.tags)
        self._facets += ((self._count, Facet.WANTS.value, str(kind)) for kind in person.wants)
        return number
