"""For whom the preview shows a mail: invented readers, and real ones only where that is allowed.

A real reader is known by number, and shown with a masked address: no page and no link of the
preview holds an address.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from otalk_digest.pipeline.proofing import ProofReader
from otalk_digest.store import lookup
from otalk_digest.store.lookup import Reader

#: How many real readers are offered without being asked for.
_OFFERED: Final = 20
_PREFIX: Final = "subscriber-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Somebody to show a mail to."""

    #: Fit for an address.
    key: str
    label: str
    detail: str
    reader: ProofReader
    is_invented: bool = True


def _invented(key: str, label: str, *, name: str | None, zone: str | None) -> Persona:
    # The names differ, and so must the lengths of what they are written into.
    reader = ProofReader(address=f"{key}@example.org", name=name, zone=zone)
    return Persona(key=key, label=label, detail=zone or "no time zone", reader=reader)


#: The first one is who is shown when nobody is asked for: the one that `render` shows.
INVENTED: Final = (
    Persona(key="sam", label="Sam", detail="no time zone", reader=ProofReader()),
    _invented("ana", "Ana, Madrid", name="Ana Robledal", zone="Europe/Madrid"),
    _invented("mia", "Mia, Sydney", name="Mia Currawong", zone="Australia/Sydney"),
    _invented("dev", "Dev, Kolkata", name="Dev Anand Rao", zone="Asia/Kolkata"),
    _invented("kit", "Kit, New York", name="Kit Alder", zone="America/New_York"),
    _invented("nameless", "Without a name", name=None, zone=None),
    _invented("noor", "Noor, written right to left", name="نور الهادي", zone="Asia/Dubai"),
    _invented(
        "long",
        "A very long name",
        name="Wilhelmina-Alexandrina van den Bergh-Featherstonehaugh of Upper Sandwell",
        zone="Pacific/Auckland",
    ),
)
ZONES: Final = frozenset(person.reader.zone for person in INVENTED if person.reader.zone)


def masked(address: str) -> str:
    """Return an address of which only its owner knows whose it is."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}…"


def offered(connection: Connection, *, may_be_real: bool) -> tuple[Persona, ...]:
    """Return who can be chosen: the invented ones, and the first of the real ones if allowed."""
    if not may_be_real:
        return INVENTED
    return (*INVENTED, *(_real(reader) for reader in lookup.first_readers(connection, _OFFERED)))


def persona_of(connection: Connection, key: str, *, may_be_real: bool) -> Persona:
    """Return who is meant; the first invented one when nobody is, or when it is not allowed."""
    for person in INVENTED:
        if person.key == key:
            return person
    number = key.removeprefix(_PREFIX)
    if not may_be_real or number == key or not (number.isascii() and number.isdecimal()):
        return INVENTED[0]
    reader = lookup.reader_of(connection, int(number[:18]))
    return INVENTED[0] if reader is None else _real(reader)


def key_of(subscriber_id: int) -> str:
    """Return the word that stands for a real reader."""
    return f"{_PREFIX}{subscriber_id}"


def _real(reader: Reader) -> Persona:
    person = reader.person
    shown = masked(person.address)
    return Persona(
        key=key_of(reader.id),
        label=shown,
        detail=person.zone or "no time zone",
        # In the To line too: the mask is written so that it is an address, of nobody (RFC 2606).
        reader=ProofReader(
            address=f"{_letter(person.address)}-masked@reader.invalid",
            name=person.name,
            zone=person.zone,
        ),
        is_invented=False,
    )


def _letter(address: str) -> str:
    return address[0] if address[0].isascii() and address[0].isalnum() else "x"
