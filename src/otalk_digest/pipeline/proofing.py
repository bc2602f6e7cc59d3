"""Show an edition to a maintainer: the very bytes, to a reader who is invented or their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from otalk_digest.audience.personalise import fill
from otalk_digest.delivery.message import compile_message
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Segment
from otalk_digest.model.edition import Edition, Variant
from otalk_digest.model.message import Batch, Recipient
from otalk_digest.pipeline.delivering import Clock, Post
from otalk_digest.pipeline.freezing import Press, compose_all, render_edition
from otalk_digest.store import editions
from otalk_digest.store.database import Store, secret_key

#: In place of a reader's own token: such a link opens a page but changes nothing.
INERT_TOKEN = "test"  # noqa: S105 - not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReader:
    """For whom a proof is made."""

    address: str = "sam.reader@example.org"
    name: str | None = "Sam Reader"
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One variant as its reader would get it."""

    variant: Variant
    html: str
    text: str
    message: bytes


def next_edition(
    store: Store, press: Press, segments: Sequence[Segment], *, clock: Clock
) -> Edition | None:
    """Return what the next run would send of what is collected; keeps nothing."""
    with store.rehearse() as connection:
        now = clock()
        return render_edition(
            connection, compose_all(connection, segments, now=now), press, now=now
        )


def past_edition(store: Store, number: int) -> Edition:
    """Return a frozen edition. Raises InputError when there is none of that number."""
    with store.read() as connection:
        edition = editions.load_edition(connection, number)
    if edition is None:
        raise InputError(f"There is no edition {number}. See: otalk-digest editions.")
    return edition


def proofs(store: Store, edition: Edition, post: Post, reader: ProofReader) -> Sequence[Proof]:
    """Return every variant for one reader."""
    with store.read() as connection:
        key = secret_key(connection)
    return proofs_with(key, edition, post, reader)


def proofs_with(key: bytes, edition: Edition, post: Post, reader: ProofReader) -> Sequence[Proof]:
    """Do the same inside a transaction, with the store's key in hand."""
    return [_proof(key, edition, variant, post=post, reader=reader) for variant in edition.variants]


def test_batches(
    store: Store, edition: Edition, post: Post, reader: ProofReader
) -> Sequence[Batch]:
    """Return one message per variant to a maintainer: marked [TEST], its links inert."""
    with store.read() as connection:
        key = secret_key(connection)
    return [
        Batch(
            attempt_key="test",
            edition=edition.number,
            date=edition.frozen_at,
            sender=post.sender,
            variant=_as_test(variant),
            recipients=(_recipient(variant, post, key, reader, number=edition.number),),
        )
        for variant in edition.variants
    ]


def sample_batch(store: Store, variant: Variant, post: Post, *, now: datetime) -> Batch:
    """Return a variant as it would be sent to our own address, which nobody is to do."""
    with store.read() as connection:
        key = secret_key(connection)
    reader = ProofReader(address=post.sender.from_address)
    return Batch(
        attempt_key="sample",
        edition=0,
        date=now,
        sender=post.sender,
        variant=variant,
        recipients=(_recipient(variant, post, key, reader, number=0),),
    )


def _proof(
    key: bytes, edition: Edition, variant: Variant, *, post: Post, reader: ProofReader
) -> Proof:
    recipient = _recipient(variant, post, key, reader, number=edition.number)
    template = compile_message(variant, post.sender, date=edition.frozen_at)
    return Proof(
        variant=variant,
        html=fill(variant.html, variant, recipient),
        text=fill(variant.text, variant, recipient),
        message=template.fill(recipient),
    )


def _as_test(variant: Variant) -> Variant:
    return replace(variant, subject=f"[TEST] {variant.subject}")


def _recipient(
    variant: Variant, post: Post, key: bytes, reader: ProofReader, *, number: int
) -> Recipient:
    return post.personaliser(variant, key, edition=number).recipient(
        delivery_id=0, token=INERT_TOKEN, address=reader.address, name=reader.name, zone=reader.zone
    )
