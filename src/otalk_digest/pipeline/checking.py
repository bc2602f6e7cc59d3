"""Hold an edition against the check: one code path for the command, the gate and the preview."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from otalk_digest.errors import CheckFailedError
from otalk_digest.model.edition import Edition, Variant
from otalk_digest.model.finding import Finding, Level
from otalk_digest.pipeline.delivering import Post
from otalk_digest.pipeline.proofing import ProofReader, proofs_with
from otalk_digest.store.database import Store, secret_key

if TYPE_CHECKING:
    from otalk_digest.check.expected import Expected

#: Segment → what its message breaks, musts first.
Findings = Mapping[str, tuple[Finding, ...]]

#: Longer than most, and beyond ASCII: in the greeting and in the To line.
_NAME: Final = "Zoë Beispiel-Ångström"


def check_edition(store: Store, edition: Edition, post: Post, *, expected: "Expected") -> Findings:
    """Return what an edition breaks, for every segment."""
    with store.read() as connection:
        key = secret_key(connection)
    return check_with(key, edition, post, expected=expected)


def check_with(key: bytes, edition: Edition, post: Post, *, expected: "Expected") -> Findings:
    """Do the same inside a transaction, with the store's key in hand."""
    messages: dict[str, list[bytes]] = {variant.segment: [] for variant in edition.variants}
    for reader in _readers(edition.variants):
        for proof in proofs_with(key, edition, post, reader):
            messages[proof.variant.segment].append(proof.message)
    return {segment: check_messages(raws, expected) for segment, raws in messages.items()}


def check_messages(raws: Iterable[bytes], expected: "Expected") -> tuple[Finding, ...]:
    """Return what several messages of one content break, the same thing once."""
    from otalk_digest.check.message import check_message  # noqa: PLC0415 - slow to import

    found: list[Finding] = []
    for raw in raws:
        # Twice in one message is two places; once in each of two messages is one.
        known = {_identity(finding) for finding in found}
        fresh = check_message(raw, expected)
        found += (finding for finding in fresh if _identity(finding) not in known)
    return tuple(sorted(found, key=lambda finding: finding.level is not Level.MUST))


def musts(found: Findings) -> Iterator[tuple[str, Finding]]:
    """Yield what keeps an edition from leaving, with its segment."""
    for segment, findings in found.items():
        for finding in findings:
            if finding.level is Level.MUST:
                yield segment, finding


def require_fit(number: int, found: Findings, *, is_frozen: bool) -> None:
    """Raise CheckFailedError when an edition may not leave."""
    reason = why_unfit(found)
    if reason is not None:
        which = f" --edition {number}" if is_frozen else ""
        raise CheckFailedError(
            f"Edition {number} was not sent, because {reason}. "
            f"See what to do: otalk-digest check{which}."
        )


def why_unfit(found: Findings) -> str | None:
    """Say what keeps a message from leaving, in half a sentence; None when nothing does."""
    failed = list(musts(found))
    if not failed:
        return None
    segment, first = failed[0]
    more = f"the first of {len(failed)} such faults" if len(failed) > 1 else "a fault"
    return (
        f"it breaks a rule that it must keep: {first.rule} in the {first.place.part} of "
        f"{segment} ({first.place.excerpt}), {more}"
    )


def _readers(variants: Iterable[Variant]) -> tuple[ProofReader, ...]:
    """Return two readers: what is filled in for each changes the bytes."""
    far = ProofReader(name=_NAME, zone=_zone_that_says_most(variants))
    return (far, ProofReader(name=None, zone=None))


def _zone_that_says_most(variants: Iterable[Variant]) -> str | None:
    lengths: dict[str, int] = {}
    for variant in variants:
        for zone, values in variant.zone_values.items():
            lengths[zone] = lengths.get(zone, 0) + sum(map(len, values.values()))
    return max(lengths, key=lambda zone: (lengths[zone], zone), default=None)


def _identity(finding: Finding) -> tuple[object, ...]:
    """What makes two findings one; lines move with the reader's own words."""
    place = finding.place
    return (finding.rule, place.part, place.excerpt, place.path)
