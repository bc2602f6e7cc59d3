"""Make what the preview shows: an edition that is next, was, or is invented, as one reader gets it.

Only the chosen variant is rendered, by the same code that freezes it: the bytes are those that
would be sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from otalk_digest.check.expected import Expected
from otalk_digest.check.mail import Mail, read_mail
from otalk_digest.check.message import check_message
from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Segment
from otalk_digest.model.edition import Digest, Edition, Variant
from otalk_digest.model.finding import Finding
from otalk_digest.pipeline.approving import approved_variants
from otalk_digest.pipeline.delivering import Clock, Post
from otalk_digest.pipeline.freezing import Press, compose_all, render_edition
from otalk_digest.pipeline.personas import ZONES, Persona, persona_of
from otalk_digest.pipeline.proofing import Proof, past_edition, proofs
from otalk_digest.store import editions
from otalk_digest.store.database import Store
from otalk_digest.store.editions import EditionRecord

__all__ = [
    "FIXTURE",
    "NEXT",
    "Choice",
    "Desk",
    "EditionRecord",
    "Offer",
    "Scene",
    "approved",
    "fixture_names",
    "last_before",
    "make_scene",
    "number_of",
    "past_editions",
]

NEXT: Final = "next"
FIXTURE: Final = "fixture:"
#: Names are the same at every moment.
_ANY_MOMENT: Final = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the preview works with: the settings as they are in their files now."""

    store: Store
    press: Press
    post: Post
    segments: tuple[Segment, ...]
    clock: Clock
    #: How patient links are checked.
    limits: FetchLimits
    make_provider: Callable[[], Provider]
    #: The only address that a test goes to.
    test_to: str | None
    #: An edition leaves only when a maintainer has approved it.
    is_approval_required: bool
    #: What messages are held against; frames show pictures of these hosts only.
    expected: Expected
    #: The files of the settings and of the segments: what they say is in here.
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which mail is meant."""

    #: "next", a number, or "fixture:" with a name.
    edition: str = NEXT
    #: None for the first that has something to read.
    segment: str | None = None
    #: A persona's key; "" for the first one.
    reader: str = ""
    #: UTC; None for now. A frozen edition has its own moment.
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A segment of an edition, and whether it gets a mail."""

    name: str
    title: str
    has_mail: bool
    #: It is told once a week or month, and now only what cannot wait.
    is_waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One mail as one reader gets it, and what can be said about it."""

    number: int
    is_frozen: bool
    offers: tuple[Offer, ...]
    #: The chosen segment's name; "" when there is none.
    segment: str
    persona: Persona
    #: None when the segment gets no mail.
    edition: Edition | None
    proof: Proof | None
    mail: Mail | None
    findings: tuple[Finding, ...]
    #: What it was made of; None for a frozen edition.
    digest: Digest | None
    #: It is made up, and never leaves.
    is_invented: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """An edition before one of its variants is chosen."""

    number: int
    offers: tuple[Offer, ...]
    frozen: Edition | None = None
    digests: Sequence[tuple[Segment, Digest]] = ()
    now: datetime | None = None


def make_scene(desk: Desk, choice: Choice, *, may_be_real: bool) -> Scene:
    """Return what the choice shows.

    Raises TemplateError, and InputError when there is no such edition.
    """
    with desk.store.read() as connection:
        persona = persona_of(connection, choice.reader, may_be_real=may_be_real)
        source = _source(connection, desk, choice)
        name = _chosen(source.offers, choice.segment)
        edition = _with_one_variant(connection, desk, source, name)
    proof = None
    if edition is not None:
        (proof,) = proofs(desk.store, edition, desk.post, persona.reader)
    return Scene(
        number=source.number,
        is_frozen=source.frozen is not None,
        offers=source.offers,
        segment=name,
        persona=persona,
        edition=edition,
        proof=proof,
        mail=None if proof is None else read_mail(proof.message, desk.expected),
        findings=() if proof is None else check_message(proof.message, desk.expected),
        digest=next((digest for segment, digest in source.digests if segment.name == name), None),
        is_invented=choice.edition.startswith(FIXTURE),
    )


def past_editions(desk: Desk) -> Sequence[EditionRecord]:
    """Return what was frozen, newest first."""
    with desk.store.read() as connection:
        return editions.list_editions(connection)


def last_before(desk: Desk, number: int, segment: str) -> tuple[int, Variant] | None:
    """Return the segment's last variant of an earlier edition, with its number."""
    with desk.store.read() as connection:
        for record in editions.list_editions(connection):
            if record.number < number and segment in record.subjects:
                edition = editions.load_edition(connection, record.number)
                variants = edition.variants if edition else ()
                return next(
                    ((record.number, each) for each in variants if each.segment == segment), None
                )
    return None


def approved(desk: Desk, number: int) -> Sequence[Variant]:
    """Return what was approved last for an edition; empty when nothing ever was."""
    with desk.store.read() as connection:
        return approved_variants(connection, number)


def number_of(choice: Choice) -> int | None:
    """Return the number of a past edition; None for the next one and for invented ones."""
    word = choice.edition
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 9 else None  # noqa: PLR2004 more would fit no edition


@cache
def fixture_names() -> Sequence[tuple[str, str]]:
    """Return name and title of each invented digest."""
    from otalk_digest.digest.fixtures import fixtures  # noqa: PLC0415 - only here

    return [(fixture.name, fixture.title) for fixture in fixtures(_ANY_MOMENT)]


def _source(connection: Connection, desk: Desk, choice: Choice) -> _Source:
    now = choice.as_of or desk.clock()
    number = number_of(choice)
    if number is not None:
        return _past(past_edition(desk.store, number), desk)
    digests: Sequence[tuple[Segment, Digest]]
    waiting = set[str]()
    if choice.edition.startswith(FIXTURE):
        digests = _invented(desk, choice.edition.removeprefix(FIXTURE), now=now)
    else:
        composed = compose_all(connection, desk.segments, now=now)
        digests = composed
        waiting = {strand.name for strand, _ in composed if not strand.is_due}
    offers = tuple(
        Offer(
            name=segment.name,
            title=segment.title,
            has_mail=not digest.is_empty,
            is_waiting=segment.name in waiting,
        )
        for segment, digest in digests
    )
    return _Source(number=editions.next_number(connection), offers=offers, digests=digests, now=now)


def _past(edition: Edition, desk: Desk) -> _Source:
    titles = {segment.name: segment.title for segment in desk.segments}
    offers = tuple(
        Offer(name=name, title=_title(name, titles), has_mail=True)
        for name in (variant.segment for variant in edition.variants)
    )
    return _Source(number=edition.number, offers=offers, frozen=edition)


def _title(name: str, titles: Mapping[str, str]) -> str:
    """Return a strand's title: that of its segment, and the pace."""
    segment, _, pace = name.partition("_")
    title = titles.get(segment, segment)
    return f"{title} · {pace.replace('_', ' · ')}" if pace else title


def _invented(desk: Desk, name: str, *, now: datetime) -> Sequence[tuple[Segment, Digest]]:
    from otalk_digest.digest.fixtures import fixture_digests  # noqa: PLC0415 - only here

    digest = fixture_digests(now).get(name)
    if digest is None:
        raise InputError(f"There is no invented edition called {name!r}.")
    return [(segment, replace(digest, segment=segment.name)) for segment in desk.segments]


def _chosen(offers: Sequence[Offer], wanted: str | None) -> str:
    names = [offer.name for offer in offers]
    if wanted in names:
        return wanted
    told = [offer.name for offer in offers if offer.has_mail]
    return next(iter((*told, *names)), "")


def _with_one_variant(
    connection: Connection, desk: Desk, source: _Source, name: str
) -> Edition | None:
    if source.frozen is not None:
        kept = tuple(each for each in source.frozen.variants if each.segment == name)
        return replace(source.frozen, variants=kept) if kept else None
    if source.now is None:
        return None
    chosen = [(segment, digest) for segment, digest in source.digests if segment.name == name]
    return render_edition(connection, chosen, desk.press, now=source.now, more_zones=ZONES)
