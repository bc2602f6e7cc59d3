"""Compose, render and freeze the next edition with its plan, in one transaction."""

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from otalk_digest.digest.compose import HIDDEN, compose
from otalk_digest.digest.pace import what_cannot_wait
from otalk_digest.model.audience import Segment, Strand
from otalk_digest.model.chat import Chat, ChatProfile
from otalk_digest.model.edition import Digest, Edition, Edits, Publication, Variant
from otalk_digest.pipeline.strands import strands, told_of, uncarried_of
from otalk_digest.store import editions, edits, news, plan, posts, subscribers
from otalk_digest.store.database import secret_key
from otalk_digest.store.records import to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is the same for every edition: settings as the digest room knows them."""

    publication: Publication
    profile: ChatProfile
    #: Where themes are looked for, the maintainer's own first.
    theme_folders: tuple[Path, ...]
    #: Where compiled templates are kept; None keeps none.
    cache: Path | None = None


def compose_all(
    connection: Connection,
    segments: Sequence[Segment],
    *,
    now: datetime,
    edited: Edits | None = None,
) -> Sequence[tuple[Strand, Digest]]:
    """Return each strand of the segments with its digest, which may be empty.

    Edited as maintainers want the next edition, unless `edited` says otherwise.
    """
    chats = posts.all_chats(connection)
    if edited is None:
        edited = edits.current_edits(connection, editions.next_number(connection))
    return [
        (strand, _compose(connection, strand, chats, edited, now=now))
        for strand in strands(connection, segments, chats=chats, now=now)
    ]


def _compose(
    connection: Connection, strand: Strand, chats: Sequence[Chat], edited: Edits, *, now: datetime
) -> Digest:
    uncarried = uncarried_of(connection, strand)
    told = told_of(connection, strand)
    if not strand.is_due:
        uncarried = what_cannot_wait(
            uncarried, strand.schedule, chats=chats, told=told, now=now, zone=strand.zone
        )
    return compose(strand, uncarried=uncarried, chats=chats, told=told, now=now, edits=edited)


def render_edition(
    connection: Connection,
    digests: Sequence[tuple[Segment, Digest]],
    press: Press,
    *,
    now: datetime,
    more_zones: Collection[str] = (),
) -> Edition | None:
    """Return the next edition; None when no segment has anything to read.

    `more_zones` are those of invented readers. Raises TemplateError.
    """
    if all(digest.is_empty for _, digest in digests):
        return None
    number = editions.next_number(connection)
    zones = subscribers.zones_in_use(connection).union(more_zones)
    prefix = _token_prefix(secret_key(connection), number)
    told = [(segment, digest) for segment, digest in digests if not digest.is_empty]
    variants = tuple(_render_all(told, press, zones=zones, token_prefix=prefix))
    return Edition(number=number, frozen_at=now, variants=variants, content_hash=_hash_of(variants))


def freeze(
    connection: Connection,
    edition: Edition | None,
    digests: Sequence[tuple[Strand, Digest]],
    *,
    segments: Sequence[Segment],
    now: datetime,
) -> None:
    """Keep the edition, what it carries, and who gets it; all of it or nothing (R1).

    `segments` are all segments: who matches one of them without a variant is left out with
    a reason.
    """
    if edition is not None:
        _spare_others(connection, digests, segments, now=now)
        hashes = {variant.segment: _hash_of((variant,)) for variant in edition.variants}
        editions.save_edition(connection, edition, variant_hashes=hashes)
        for strand, digest in digests:
            if strand.memory is not None and not digest.is_empty:
                news.remember(connection, strand.name, strand.memory)
            told = [item.id for item in digest.items]
            news.mark_told(connection, strand.name, told, edition=edition.number)
    for strand, digest in digests:
        if strand.memory is not None and (edition is None or digest.is_empty):
            # They hold what they held in the strand that they came from.
            continue
        # While no edition leaves, what is hidden can still be shown again.
        drops = [d for d in digest.drops if edition is not None or d.reason != HIDDEN]
        news.mark_dropped(connection, strand.name, drops)
    if edition is not None:
        plan.plan_edition(
            connection, edition.number, segments, now=now, strands=[each for each, _ in digests]
        )


def _spare_others(
    connection: Connection,
    digests: Sequence[tuple[Strand, Digest]],
    segments: Sequence[Segment],
    *,
    now: datetime,
) -> None:
    """Hide from those without a part in this edition too: the next one knows no edits."""
    composed = {strand.name: digest for strand, digest in digests if strand.memory is None}
    is_whole = {strand.segment for strand, _ in digests} >= {each.name for each in segments}
    if is_whole and all(strand.is_due for strand, _ in digests):
        return
    edited = edits.current_edits(connection, editions.next_number(connection))
    chats = posts.all_chats(connection)
    for strand in strands(connection, segments, chats=chats, now=now):
        if strand.memory is not None or (strand.is_due and strand.name in composed):
            continue
        # What waits for its week or month is hidden from that as well.
        digest = _compose(connection, replace(strand, is_due=True), chats, edited, now=now)
        done = (
            {drop.news_id for drop in composed[strand.name].drops}
            if strand.name in composed
            else set()
        )
        hidden = [d for d in digest.drops if d.reason == HIDDEN and d.news_id not in done]
        news.mark_dropped(connection, strand.name, hidden)


def _render_all(
    told: Sequence[tuple[Segment, Digest]],
    press: Press,
    *,
    zones: Collection[str],
    token_prefix: str,
) -> Iterator[Variant]:
    # Slow to import, and needed only when there is something to render.
    from otalk_digest.digest.render import render_variant  # noqa: PLC0415
    from otalk_digest.digest.themes import load_theme  # noqa: PLC0415

    # Segments share themes, and compiling one's templates costs more than filling them.
    names = {segment.theme for segment, _ in told}
    themes = {
        name: load_theme(name, folders=press.theme_folders, cache=press.cache) for name in names
    }
    for segment, digest in told:
        yield render_variant(
            digest,
            theme=themes[segment.theme].speaking(segment.language or press.publication.language),
            publication=press.publication,
            profile=press.profile,
            why=segment.why,
            subject_prefix=segment.subject_prefix,
            zones=zones,
            token_prefix=token_prefix,
        )


def _token_prefix(key: bytes, number: int) -> str:
    """Return what no post can contain, the same each time the edition is rendered."""
    return "OTD" + hmac.digest(key, b"tokens:%d" % number, "sha256")[:5].hex().upper()


def _hash_of(variants: Sequence[Variant]) -> str:
    return hashlib.sha256(to_json(variants).encode()).hexdigest()
