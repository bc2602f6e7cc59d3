"""What differs from reader to reader, in as few bytes as it takes. Pure.

SendGrid puts a reader's values in the place of tags. Every byte of a tag or a value is sent once
for each reader, so tags are short, what all addresses begin with stands in the content, and
marks that get the same values share a tag.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Final

from otalk_digest.delivery.message import check_tokens
from otalk_digest.model.edition import Field, Variant
from otalk_digest.model.message import Recipient

#: One case: nothing says whether SendGrid tells the two apart.
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
#: 36 to the sixth: a post that holds it would have to be written for this edition.
_RANDOM_LENGTH: Final = 6
#: With two letters for which value it is.
TAG_LENGTH: Final = _RANDOM_LENGTH + 2
#: Values that hold nothing that a reader wrote.
_OURS: Final = frozenset(
    {Field.UNSUBSCRIBE_URL, Field.PREFERENCES_URL, Field.BROWSER_URL, Field.LOCAL_TIME}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """Content with tags, and each reader's values for them."""

    text: str
    html: str
    #: Tag → the values, in the order of the readers.
    columns: Mapping[str, Sequence[str]]


def tag_content(
    variant: Variant, recipients: Sequence[Recipient], *, way_out: str | None = None
) -> Tagged:
    """Return the content with tags that are as unguessable as the tokens of the edition.

    `way_out` stands in the place of every reader's own unsubscribe address.

    Raises ValueError for a value that is missing, and for tokens that are broken.
    """
    tokens = check_tokens(variant)
    ours = {mark.token for mark in variant.placeholders if mark.field in _OURS}
    leaving = {m.token for m in variant.placeholders if m.field is Field.UNSUBSCRIBE_URL}
    marks = [mark.token for mark in variant.placeholders]
    given = dict(zip(marks, zip(*[each.values for each in recipients], strict=True), strict=True))
    found = {token: given[token] for token in tokens}
    if way_out is not None:
        found.update({token: (way_out,) * len(recipients) for token in tokens if token in leaving})
    # What stands in the text and in HTML is mostly the same, and cut once.
    cuts = {column: _cut(column) for column in {found[token] for token in tokens if token in ours}}
    heads: dict[str, str] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for token, column in found.items():
        heads[token], columns[token] = cuts[column] if token in ours else ("", column)
    # Marks with the same values share one number; none is needed where nothing differs.
    shared = {each: place for place, each in enumerate(dict.fromkeys(columns.values()))}
    places = {token: shared[column] for token, column in columns.items() if any(column)}
    text, html, mark = _marked(variant, tokens, heads=heads, places=places)
    tags = {_tag(mark, place): column for column, place in shared.items() if any(column)}
    return Tagged(text=text, html=html, columns=tags)


def _cut(values: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return what all begin with, and what follows in each."""
    head = _common_head(values)
    start = len(head)
    return head, tuple([value[start:] for value in values]) if head else values


def _marked(
    variant: Variant, tokens: Sequence[str], *, heads: Mapping[str, str], places: Mapping[str, int]
) -> tuple[str, str, str]:
    """Return text, HTML and the random part; nothing else in the content holds that."""
    wanted = sum(part.count(t) for part in (variant.text, variant.html) for t in places)
    for salt in count():
        mark = _random_part(tokens, salt)
        tags = {t: heads[t] + (_tag(mark, places[t]) if t in places else "") for t in tokens}
        text, html = _exchanged(variant.text, tags), _exchanged(variant.html, tags)
        if sum(part.count(mark) for part in (variant.subject, text, html)) == wanted:
            return text, html, mark
    raise AssertionError  # pragma: no cover  # `count` never ends


def _common_head(values: Sequence[str]) -> str:
    """Return what all begin with, cut before an entity that it would cut through."""
    first, last = min(values, default=""), max(values, default="")
    length = next(
        (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )
    head = first[:length]
    before, ampersand, after = head.rpartition("&")
    return before if ampersand and ";" not in after else head


def _random_part(tokens: Sequence[str], salt: int) -> str:
    digest = sha256(f"{salt} {' '.join(tokens)}".encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_RANDOM_LENGTH])


def _tag(mark: str, place: int) -> str:
    """All of one length, so that none begins with another."""
    high, low = divmod(place, len(_ALPHABET))
    return f"{mark}{_ALPHABET[high]}{_ALPHABET[low]}"


def _exchanged(content: str, tags: Mapping[str, str]) -> str:
    for token, tag in tags.items():
        content = content.replace(token, tag)
    return content
