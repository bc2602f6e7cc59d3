"""Go through weeks again with the clock of each: what would have gone out, and what not.

It all happens on a stage, a store of its own that is thrown away: posts become news, editions
are frozen and planned, and each reader counts as having got theirs, so that the next week
knows what was told before. Nothing is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from otalk_digest.model.audience import Segment, Strand
from otalk_digest.model.delivery import Outcome, OutcomeKind, Status
from otalk_digest.model.edition import Digest, Edition
from otalk_digest.model.feed import Fault
from otalk_digest.model.news import KnownNews, NewsKind
from otalk_digest.pipeline.freezing import Press, compose_all, freeze, render_edition
from otalk_digest.pipeline.looks import Look
from otalk_digest.pipeline.overruling import Ruling, carry_out
from otalk_digest.pipeline.reading import take_in_posts
from otalk_digest.pipeline.strands import uncarried_of
from otalk_digest.store import books, editions, ledger
from otalk_digest.store.database import Store

#: What the job of nine o'clock saw, it saw a moment later: it counts as seen at nine.
_RUN_LASTS = timedelta(minutes=15)
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where it is rehearsed, and with what."""

    #: Holds the readers and nothing else.
    store: Store
    press: Press
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of news in one week: which segments it was told, and why others were not."""

    kind: NewsKind
    guid: str
    topic: str
    url: str | None
    #: UTC.
    starts_at: datetime | None
    told: tuple[str, ...]
    #: Reason → segments.
    left_out: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one weekly job would have done."""

    #: UTC.
    at: datetime
    #: Whether the blog had been read by then.
    is_blog_known: bool
    is_first_look: bool
    new_posts: int
    changed_posts: int
    pieces: tuple[Piece, ...]
    edition: Edition | None
    #: (segment, status, reason, how many); see `store.books.count_by_reason`.
    books: tuple[tuple[str | None, str, str | None, int], ...]
    faults: tuple[Fault, ...]

    @property
    def readers(self) -> dict[str, int]:
        """Return segment → how many would have got its variant."""
        variants = self.edition.variants if self.edition else ()
        served = {
            segment: count
            for segment, status, _, count in self.books
            if status == Status.ACCEPTED and segment
        }
        return {variant.segment: served.get(variant.segment, 0) for variant in variants}

    @property
    def skipped(self) -> dict[str, dict[str | None, int]]:
        """Return reason → segment, or None for no segment → how many were left out."""
        skipped: dict[str, dict[str | None, int]] = {}
        for segment, status, reason, count in self.books:
            if status == Status.SKIPPED and reason:
                skipped.setdefault(reason, {})[segment] = count
        return skipped

    @property
    def why_nothing(self) -> str:
        """Say why no edition went out; empty when one did."""
        if self.edition is not None:
            return ""
        if not self.is_blog_known:
            return "The blog had not been read yet."
        if self.pieces:
            return "All that was new is left out, each for the reason given."
        if self.is_first_look:
            return "The first look at the blog: what is old became known, and is not mailed."
        if self.new_posts or self.changed_posts:
            return "Posts were new or edited, but nothing changed in the life of a chat."
        return "Nothing was new on the blog."


@dataclass(slots=True)
class _Seen:
    """What was seen since the week before."""

    is_first_look: bool = False
    new_posts: int = 0
    changed_posts: int = 0
    faults: tuple[Fault, ...] = ()


def rehearse_weeks(
    stage: Stage, looks: Sequence[Look], rulings: Sequence[Ruling], clocks: Sequence[datetime]
) -> Iterator[Week]:
    """Yield each week. Raises TemplateError, InputError."""
    # At one moment the blog is read before a maintainer overrules what was read.
    waiting: list[Look | Ruling] = sorted([*looks, *rulings], key=lambda event: event.at)
    is_blog_known = False
    for clock in clocks:
        due = [event for event in waiting if _is_due(event, clock)]
        waiting = [event for event in waiting if not _is_due(event, clock)]
        is_blog_known = is_blog_known or any(isinstance(event, Look) for event in due)
        with stage.store.begin() as connection:
            seen = _catch_up(connection, stage, due, clock=clock)
            digests = compose_all(connection, stage.segments, now=clock)
            known = _untold(connection, [strand for strand, _ in digests if strand.is_due])
            edition = render_edition(connection, digests, stage.press, now=clock)
            freeze(connection, edition, digests, segments=stage.segments, now=clock)
            if edition is not None:
                _accept(connection, edition, now=clock)
            counts = books.count_by_reason(connection, edition.number) if edition else ()
        yield Week(
            at=clock,
            is_blog_known=is_blog_known,
            is_first_look=seen.is_first_look,
            new_posts=seen.new_posts,
            changed_posts=seen.changed_posts,
            pieces=tuple(_pieces(known, digests)),
            edition=edition,
            books=tuple(counts),
            faults=seen.faults,
        )


def _is_due(event: Look | Ruling, clock: datetime) -> bool:
    lag = _RUN_LASTS if isinstance(event, Look) else timedelta()
    return event.at <= clock + lag


def _catch_up(
    connection: Connection, stage: Stage, due: Sequence[Look | Ruling], *, clock: datetime
) -> _Seen:
    seen = _Seen()
    profile = stage.press.profile
    for event in due:
        if isinstance(event, Ruling):
            carry_out(connection, event, profile)
            continue
        now = min(event.at, clock)
        taken = take_in_posts(connection, event.posts, profile=profile, now=now)
        seen.is_first_look |= taken.is_first_run
        seen.new_posts += taken.new_posts
        seen.changed_posts += taken.changed_posts
        seen.faults += event.faults
    return seen


def _untold(connection: Connection, strands: Sequence[Strand]) -> dict[int, KnownNews]:
    """Return what these are to be told, or spared, by its number, oldest first."""
    waiting = {item.id: item for strand in strands for item in uncarried_of(connection, strand)}
    return dict(sorted(waiting.items()))


def _accept(connection: Connection, edition: Edition, *, now: datetime) -> None:
    """Take every planned reader as served."""
    for variant in edition.variants:
        place = ledger.Place(
            edition=edition.number,
            segment=variant.segment,
            content_hash=editions.variant_hash(connection, edition.number, variant.segment),
        )
        while claim := ledger.claim(connection, place, provider="rehearsal", limit=_BATCH, now=now):
            outcomes = [
                Outcome(delivery_id=reader.delivery_id, kind=OutcomeKind.ACCEPTED)
                for reader in claim.readers
            ]
            ledger.record_outcomes(connection, claim.attempt_id, outcomes, now=now)


def _pieces(
    known: Mapping[int, KnownNews], digests: Sequence[tuple[Segment, Digest]]
) -> Iterator[Piece]:
    for number, item in known.items():
        told: list[str] = []
        left_out: dict[str, tuple[str, ...]] = {}
        # As it is told: what the post says now, not what it said when the news was made.
        newest = item.news
        for segment, digest in digests:
            for chosen in digest.items:
                if chosen.id == number:
                    told.append(segment.name)
                    newest = chosen.news
            for drop in digest.drops:
                if drop.news_id == number:
                    left_out[drop.reason] = (*left_out.get(drop.reason, ()), segment.name)
        yield Piece(
            kind=newest.kind,
            guid=newest.guid,
            topic=newest.reading.topic,
            url=newest.url,
            starts_at=newest.reading.starts_at,
            told=tuple(told),
            left_out=left_out,
        )
