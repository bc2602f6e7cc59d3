from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.messages import VARIANT, a_recipient, a_variant, filled, values

from otalk_digest.delivery.providers.sendgrid_tags import Tagged, tag_content
from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Recipient


def seen_by(tagged: Tagged, *, readers: int) -> list[tuple[str, str]]:
    """What SendGrid makes of it for each reader."""
    return [
        (exchanged(tagged.text, values), exchanged(tagged.html, values))
        for values in each_ones(tagged, readers=readers)
    ]


def each_ones(tagged: Tagged, *, readers: int) -> list[dict[str, str]]:
    """Tag → value, for each reader; nothing at all where all values are empty."""
    rows = zip(*tagged.columns.values(), strict=True) if tagged.columns else [()] * readers
    return [dict(zip(tagged.columns, row, strict=True)) for row in rows]


def exchanged(content: str, values: Mapping[str, str]) -> str:
    for tag, value in values.items():
        content = content.replace(tag, value)
    return content


def wanted(variant: Variant, readers: Sequence[Recipient]) -> list[tuple[str, str]]:
    return [
        (filled(variant.text, each, variant), filled(variant.html, each, variant))
        for each in readers
    ]


@pytest.mark.parametrize("readers", [1, 2, 30])
def test_every_reader_sees_what_was_frozen(readers: int) -> None:
    people = [a_recipient(number) for number in range(readers)]

    assert seen_by(tag_content(VARIANT, people), readers=len(people)) == wanted(VARIANT, people)


LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)


@given(pairs=st.lists(st.tuples(LINES, LINES), min_size=1, max_size=5))
@example(pairs=[("", ";")])
def test_every_reader_sees_what_was_frozen_whatever_the_values(
    pairs: list[tuple[str, str]],
) -> None:
    people = [
        a_recipient(number, values=values(hello, f"https://x.example/?a=1&{leave}"))
        for number, (hello, leave) in enumerate(pairs)
    ]

    assert seen_by(tag_content(VARIANT, people), readers=len(people)) == wanted(VARIANT, people)


def test_what_all_addresses_begin_with_is_in_the_content_and_what_a_reader_wrote_is_not() -> None:
    people = [
        a_recipient(number, values=values("Hello <b>Ann</b>", f"https://x.example/u/{number}"))
        for number in range(5)
    ]

    tagged = tag_content(VARIANT, people)

    assert 'href="https://x.example/u/' in tagged.html
    assert "Ann" not in tagged.html + tagged.text
    # The link in the text and the one in HTML share a tag: their values are the same.
    assert [len(column) for column in tagged.columns.values()] == [5] * 3


def test_an_entity_is_not_cut_in_two() -> None:
    people = [
        a_recipient(number, values=values("Hello", f"https://x.example/?a=1{end}"))
        for number, end in enumerate(["&b", "<b"])
    ]

    tagged = tag_content(VARIANT, people)

    assert "a=1&" not in tagged.html
    assert seen_by(tagged, readers=len(people)) == wanted(VARIANT, people)


def tags_of(variant: Variant) -> list[str]:
    tagged = tag_content(variant, [a_recipient(1), a_recipient(2)])
    return list(tagged.columns)


def test_tags_are_made_of_the_tokens_of_the_edition_and_are_in_one_case() -> None:
    other = a_variant(
        html=VARIANT.html.replace("7f3a", "8b4c"),
        text=VARIANT.text.replace("7f3a", "8b4c"),
        placeholders=tuple(
            replace(each, token=each.token.replace("7f3a", "8b4c")) for each in VARIANT.placeholders
        ),
    )

    theirs = tag_content(other, [a_recipient()]).columns
    ours = tags_of(VARIANT)

    assert {tag[:6] for tag in ours}.isdisjoint(tag[:6] for tag in theirs)
    assert all(tag.isalnum() and tag == tag.lower() and len(tag) == 8 for tag in ours)


@pytest.mark.parametrize("place", ["html", "text", "subject"])
def test_a_post_that_holds_the_random_part_by_chance_changes_it(place: str) -> None:
    taken = tags_of(VARIANT)[0][:6]
    variant = a_variant(**{place: f"{getattr(VARIANT, place)} {taken} "})

    assert taken not in {tag[:6] for tag in tags_of(variant)}


def test_more_tags_than_letters_are_still_told_apart() -> None:
    tokens = [f"otdMark{place:02d}z" for place in range(40)]
    marks = tuple(Placeholder(token=t, field=Field.GREETING, is_html=False) for t in tokens)
    variant = a_variant(text=" ".join(tokens), html="<p>", placeholders=marks)
    people = [a_recipient(n, values=tuple(f"{t}-{n}" for t in tokens)) for n in range(2)]

    tagged = tag_content(variant, people)

    assert len(tagged.columns) == 40
    assert seen_by(tagged, readers=len(people)) == wanted(variant, people)


def test_a_value_that_is_missing_is_our_bug() -> None:
    some = a_recipient().values[1:]

    with pytest.raises(ValueError, match="shorter"):
        tag_content(VARIANT, [a_recipient(), a_recipient(values=some)])
    with pytest.raises(ValueError, match="shorter"):
        tag_content(VARIANT, [a_recipient(values=some)])
