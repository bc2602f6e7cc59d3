"""Which column of a list holds what, told by its title: ours, or another program's. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from otalk_digest.errors import InputError

#: What a column is called here, in other programs' exports and in other languages; of two
#: columns for the same, the one whose title comes first is read.
_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "address": (
        *("email", "email address", "e mail", "e mail address", "mail", "mail address"),
        *("subscriber email", "user email", "e mail adresse", "email adresse", "emailadresse"),
        *("mailadresse", "adresse e mail", "adresse email", "adresse mail", "courriel"),
        *("adresse électronique", "correo", "correo electrónico", "correo electronico"),
        *("indirizzo email", "indirizzo e mail", "e mailadres", "emailadres", "e post", "epost"),
        *("e postadress", "adres e mail", "sähköposti", "address"),
    ),
    "name": (
        *("name", "full name", "display name", "subscriber name", "vollständiger name"),
        *("nom complet", "nombre completo", "nome completo", "naam", "namn", "navn"),
    ),
    "first_name": (
        *("first name", "firstname", "fname", "given name", "vorname", "prénom", "prenom"),
        *("nombre", "nome", "voornaam", "förnamn", "fornavn", "imię"),
    ),
    "last_name": (
        *("last name", "lastname", "lname", "surname", "family name", "nachname"),
        *("familienname", "nom", "nom de famille", "apellido", "apellidos", "cognome"),
        *("sobrenome", "achternaam", "efternamn", "efternavn", "etternavn", "nazwisko"),
    ),
    "zone": (
        *("zone", "time zone", "timezone", "tz", "zeitzone", "fuseau horaire"),
        *("zona horaria", "fuso orario", "tijdzone"),
    ),
    "country": ("country", "country code", "cc", "land", "ländercode", "pays", "país", "paese"),
    "language": (
        *("language", "lang", "locale", "sprache", "langue", "idioma", "lingua", "taal"),
        "språk",
    ),
    "tags": (
        *("tags", "labels", "groups", "gruppen", "schlagwörter", "étiquettes", "etiquetas"),
        "etichette",
    ),
    "wants": ("wants", "preferences", "interests"),
    "consent": (
        *("consent", "status", "subscription status", "email subscription"),
        *("subscribed to emails", "subscriber type", "subscribed", "einwilligung"),
        *("consentement", "consentimiento", "consenso", "toestemming"),
    ),
    "source": ("source", "origin", "quelle", "herkunft", "origine", "origen"),
    "cadence": ("cadence", "frequency", "häufigkeit", "fréquence", "frecuencia"),
    "reminder": ("reminder", "erinnerung", "rappel", "recordatorio"),
    "paused_until": ("paused until",),
    "joined": (
        *("joined", "joined at", "joined on", "subscription date", "subscribed at"),
        *("subscribe date", "date subscribed", "optin time", "opt in time", "signup date"),
        *("created at", "creation date", "date added", "since", "anmeldedatum"),
        *("date d'inscription", "fecha de alta"),
    ),
    "consented_at": (
        *("consented at", "consent date", "confirm time", "confirmed at"),
        *("confirmation date", "einwilligung am"),
    ),
    "method": ("method", "consent method", "optin method"),
    "wording": ("wording", "consent wording", "consent text"),
    # Yes means that they are not written to.
    "off": ("email disabled",),
    # A moment there means that they have left.
    "left": (
        *("unsub time", "clean time", "unsubscribed at", "unsubscribe date"),
        *("unsubscription date", "abgemeldet am"),
    ),
}
#: What we call them in a file of our own, in its order.
COLUMNS: Final = (
    *("email", "name", "zone", "country", "language", "tags", "wants", "consent", "source"),
    *("cadence", "reminder", "paused_until", "joined", "consented_at", "method", "wording"),
)
#: Programs by titles that no other has.
_PROGRAMS: Final[Mapping[str, frozenset[str]]] = {
    "otalk-digest": frozenset({"wants", "cadence", "wording"}),
    "Mailchimp": frozenset({"leid", "euid"}),
    "Ghost": frozenset({"subscribed to emails", "complimentary plan"}),
    "Substack": frozenset({"active subscription", "email disabled"}),
    "Buttondown": frozenset({"subscriber type"}),
    "listmonk": frozenset({"uuid", "attributes"}),
    "WordPress": frozenset({"email subscription"}),
}
#: These put commas between tags; elsewhere a comma may be part of one.
COMMAS_PART_TAGS: Final = frozenset(_PROGRAMS) - {"otalk-digest"}
_FIELD_OF = {"email": "address"}
_GAPS = re.compile(r"[\s_\-–]+")
_IS_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What was understood of a list's columns."""

    #: Field → where its column stands.
    positions: Mapping[str, int]
    #: As the file names them; what stands in for them where it does not.
    titles: tuple[str, ...]
    #: False when the first row is a subscriber.
    has_titles: bool
    #: Whose export it is.
    program: str | None = None

    @property
    def read(self) -> tuple[tuple[str, str], ...]:
        """Pairs of what we call it and its title, in the file's order."""
        names = {field: name for name, field in _FIELD_OF.items()}
        in_order = sorted(self.positions.items(), key=lambda pair: pair[1])
        return tuple(
            (names.get(field, field), self.titles[position]) for field, position in in_order
        )

    @property
    def ignored(self) -> tuple[str, ...]:
        """The titles of columns that are not read."""
        taken = set(self.positions.values())
        return tuple(
            title or f"column {position + 1}"
            for position, title in enumerate(self.titles)
            if position not in taken
        )


def understand(cells: Sequence[str], named: Mapping[str, str]) -> Columns:
    """Find the columns by the first row, or as `named` says: field → title or number.

    Raises:
        InputError: no column holds addresses, or `named` names none of this file.
    """
    plain = [_plain(cell) for cell in cells]
    found = _by_title(plain)
    is_data = not found and any(_IS_ADDRESS.fullmatch(cell.strip()) for cell in cells)
    titles = tuple(cell.strip() for cell in cells)
    if is_data:
        found = {
            "address": next(i for i, c in enumerate(cells) if _IS_ADDRESS.fullmatch(c.strip()))
        }
        titles = tuple(f"column {number}" for number in range(1, len(cells) + 1))
    for name, title in named.items():
        _name(found, name, title, plain=[] if is_data else plain, count=len(cells))
    if "address" not in found:
        raise InputError(_no_address(titles))
    program = None if is_data else _program(plain)
    return Columns(
        positions=MappingProxyType(found), titles=titles, has_titles=not is_data, program=program
    )


def _plain(title: str) -> str:
    """Return a title as the tables above write it."""
    return _GAPS.sub(" ", title.strip().strip("*:").lower()).strip()


def _by_title(plain: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for field, known in _TITLES.items():
        if title := next((title for title in known if title in plain), None):
            found[field] = plain.index(title)
    # "Vorname" beside "Name": in German the second is the family's.
    if "vorname" in plain and "last_name" not in found and "name" in found:
        found["last_name"] = found.pop("name")
    if "name" in found:
        found.pop("first_name", None)
        found.pop("last_name", None)
    return found


def _name(
    found: dict[str, int], name: str, title: str, *, plain: Sequence[str], count: int
) -> None:
    """Take a column for what a maintainer says that it is; an empty title means none."""
    field = _FIELD_OF.get(name, name)
    if field not in _TITLES:
        known = ", ".join(COLUMNS)
        raise InputError(f"{name!r} is nothing that a column can hold; known: {known}")
    if field == "name":
        found.pop("first_name", None)
        found.pop("last_name", None)
    if not title.strip():
        found.pop(field, None)
        return
    if _plain(title) in plain:
        position = plain.index(_plain(title))
    elif title.isdecimal() and 1 <= int(title) <= count:
        position = int(title) - 1
    else:
        raise InputError(f"no column is called {title!r}, which is to be {name}")
    for other in [other for other, taken in found.items() if taken == position]:
        del found[other]
    found[field] = position


def _program(plain: Sequence[str]) -> str | None:
    return next((name for name, marks in _PROGRAMS.items() if marks <= set(plain)), None)


def _no_address(titles: Sequence[str]) -> str:
    return (
        f"no column is called email; found: {', '.join(titles)[:200]}. Say which one holds "
        "the addresses, such as --column email=TITLE, or name the columns in the first line, "
        f"such as: {','.join(COLUMNS)}"
    )
