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
from otalk_digest.model.edition import Digest, Edition, EditionKind
from otalk_digest.model.feed import Fault
from otalk_digest.model.news import KnownNews, NewsKind
from otalk_digest.pipeline.freezing import Press, compose_all, freeze, render_edition
from otalk_digest.pipeline.looks import Look
from otalk_digest.pipeline.overruling import Ruling, carry_out
from otalk_digest.pipeline.reading import take_in_posts
from otalk_digest.pipeline.strands import strands, uncarried_of
from otalk_digest.store import books, claims, editions, ledger, posts
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
    #: The edition that told it; None when none did.
    edition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One edition of a week: a correction, or the digest."""

    edition: Edition
    #: (segment, status, reason, how many); see `store.books.count_by_reason`.
    books: tuple[tuple[str | None, str, str | None, int], ...] = ()

    @property
    def readers(self) -> dict[str, int]:
        """Return segment → how many would have got its variant."""
        served = {
            segment: count
            for segment, status, _, count in self.books
            if status == Status.ACCEPTED and segment
        }
        return {each.segment: served.get(each.segment, 0) for each in self.edition.variants}

    @property
    def skipped(self) -> dict[str, dict[str | None, int]]:
        """Return reason → segment, or None for no segment → how many were left out."""
        skipped: dict[str, dict[str | None, int]] = {}
        for segment, status, reason, count in self.books:
            if status == Status.SKIPPED and reason:
                skipped.setdefault(reason, {})[segment] = count
        return skipped


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
    #: Corrections, then the digest; empty when nothing went out.
    issues: tuple[Issue, ...]
    faults: tuple[Fault, ...]

    @property
    def mails(self) -> int:
        """Return how many mails would have left."""
        return sum(sum(issue.readers.values()) for issue in self.issues)

    @property
    def why_nothing(self) -> str:
        """Say why no edition went out; empty when one did."""
        if self.issues:
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
            chats = posts.all_chats(connection)
            told = strands(connection, stage.segments, chats=chats, now=clock)
            known = _untold(connection, [strand for strand in told if strand.is_due])
            rounds = list(_rounds(connection, stage, now=clock))
        yield Week(
            at=clock,
            is_blog_known=is_blog_known,
            is_first_look=seen.is_first_look,
            new_posts=seen.new_posts,
            changed_posts=seen.changed_posts,
            pieces=tuple(_pieces(known, rounds)),
            issues=tuple(each.issue for each in rounds if each.issue is not None),
            faults=seen.faults,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What was composed at one go, and the edition that came of it."""

    digests: Sequence[tuple[Segment, Digest]]
    issue: Issue | None


def _rounds(connection: Connection, stage: Stage, *, now: datetime) -> Iterator[_Round]:
    """Send corrections while there are any, then the digest."""
    is_more = True
    while is_more:
        digests = compose_all(connection, stage.segments, now=now)
        edition = render_edition(connection, digests, stage.press, now=now)
        freeze(connection, edition, digests, segments=stage.segments, now=now)
        issue = None if edition is None else _accept(connection, edition, now=now)
        yield _Round(digests=digests, issue=issue)
        is_more = edition is not None and edition.kind is EditionKind.CORRECTION


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


def _accept(connection: Connection, edition: Edition, *, now: datetime) -> Issue:
    """Take every planned reader as served."""
    for variant in edition.variants:
        place = claims.Place(
            edition=edition.number,
            segment=variant.segment,
            content_hash=editions.variant_hash(connection, edition.number, variant.segment),
        )
        while claim := claims.claim(connection, place, provider="rehearsal", limit=_BATCH, now=now):
            outcomes = [
                Outcome(delivery_id=reader.delivery_id, kind=OutcomeKind.ACCEPTED)
                for reader in claim.readers
            ]
            ledger.record_outcomes(
                connection, claim.attempt_id, outcomes, recipients=len(claim.readers), now=now
            )
    return Issue(edition=edition, books=tuple(books.count_by_reason(connection, edition.number)))


def _pieces(known: Mapping[int, KnownNews], rounds: Sequence[_Round]) -> Iterator[Piece]:
    for number, item in known.items():
        told: list[str] = []
        left_out: dict[str, tuple[str, ...]] = {}
        # As it is told: what the post says now, not what it said when the news was made.
        newest = item.news
        edition = None
        for one, segment, digest in _told_to(rounds):
            for chosen in digest.items:
                if chosen.id == number:
                    told.append(segment.name)
                    newest = chosen.news
                    edition = one.issue.edition.number if one.issue else None
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
            edition=edition,
        )


def _told_to(rounds: Sequence[_Round]) -> Iterator[tuple[_Round, Segment, Digest]]:
    for each in rounds:
        for segment, digest in each.digests:
            yield each, segment, digest
