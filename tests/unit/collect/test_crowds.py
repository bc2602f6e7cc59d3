"""Markup without measure is thinned out before a parser sees it; counted, not timed."""

import re

import pytest

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.crowds import (
    MOST_ATTRIBUTES,
    MOST_MARKS,
    MOST_TAGS,
    bearable,
    thin_attributes,
    thin_tags,
)
from otalk_digest.collect.parse import parse_feed
from otalk_digest.model.feed import Entry, Feed

MANY = 100_000


def clean(html: str) -> str:
    return clean_entry(Entry(guid="g", link=None, title="Kites", html=html)).text


def read(*items: str) -> Feed:
    body = f"<rss version='2.0'><channel><title>Blog</title>{''.join(items)}</channel></rss>"
    return parse_feed(body.encode(), content_type=None, url="https://blog.otalk.example/feed/")


def item(number: int, description: str) -> str:
    inside = f"<guid>{number}</guid><title>T</title><description>{description}</description>"
    return f"<item>{inside}</item>"


@pytest.mark.parametrize(
    "attribute",
    [" a{}=1", " a{}='<>'", ' a{}="1"', "/a{}", " a{}", " a{} = x'", "\na{}=\t'>'", "a{}='1'"],
)
def test_of_a_tag_with_too_many_attributes_the_first_ones_stay(attribute: str) -> None:
    attributes = [attribute.format(number) for number in range(MANY)]
    html = f"<p {''.join(attributes)}>kite</p>"

    thin = thin_attributes(html)

    assert thin.startswith(f"<p {attributes[0]}")
    assert len(thin) < (MOST_ATTRIBUTES + 2) * len(attributes[-1])
    assert clean(html) == "kite"


@pytest.mark.parametrize(
    "html",
    [
        "<p " + "a=1 " * MOST_ATTRIBUTES + ">kite</p>",
        "<img src='data:image/png;base64," + "A" * MANY + "'>",
        "I <3 kites, a < b and " + "many = words " * MANY,
        "<p title='" + "a = 'b' " * 20 + "'>" + "word " * MANY,
    ],
)
def test_a_tag_with_fewer_stays_as_it_was(html: str) -> None:
    assert thin_attributes(html) == html


@pytest.mark.parametrize(
    "tag",
    ["<p>", "<li>", "</p>", "<b>", "<img src='https://x.example/k.png'>", "<iframe>", "<x>"],
)
def test_after_too_many_tags_the_text_stays_and_the_tags_go(tag: str) -> None:
    html = f"{tag}kite " * MANY

    thin = thin_tags(html)

    assert len(re.findall("<[/a-z]", thin)) == MOST_TAGS
    assert thin.count("kite") == MANY


def test_what_runs_does_not_become_text_after_too_many_tags() -> None:
    html = "<br>" * MANY + "<script>run()</script><style>p{}</style>kite"

    assert clean(html) == "kite"


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{''.join(f'<b id={number}>' for number in range(98))}</p>" + "<p>kite" * 5_000,
        f"<table>{''.join(f'<b id={number}>x<p>' for number in range(90))}" + "<tr>kite" * 5_000,
    ],
    ids=["paragraphs", "table"],
)
def test_tags_that_a_parser_multiplies_count_as_many(html: str) -> None:
    post = clean_entry(Entry(guid="g", link=None, title="Kites", html=html))

    assert len(re.findall("<[/a-z]", post.html)) <= MOST_TAGS + 200
    assert post.text.count("kite") == 5_000


def test_a_post_with_as_many_tags_as_allowed_stays_as_it_was() -> None:
    html = "<b>kite</b>" * (MOST_TAGS // 2)

    assert thin_tags(html) == html


@pytest.mark.parametrize(
    "description",
    ["<x>" * 300_000, "<x>" * MANY + "</x>" * MANY, "<x/>" * MANY],
    ids=["open", "closed", "empty"],
)
def test_an_item_with_too_many_tags_of_its_own_is_left_out_alone(description: str) -> None:
    feed = read(item(1, "kite"), item(2, description), item(3, "string"))

    assert [entry.guid for entry in feed.entries] == ["1", "3"]
    assert [fault.place for fault in feed.faults] == ["item 2"]


def test_the_tags_of_a_post_in_cdata_are_text_to_the_feed() -> None:
    html = "<b>kite</b>" * MOST_MARKS

    feed = read(item(1, f"<![CDATA[{html}]]>"))

    assert [entry.html for entry in feed.entries] == [html]


def test_an_item_with_too_many_attributes_keeps_its_text() -> None:
    attributes = " ".join(f"a{number}='1'" for number in range(MANY))

    feed = read(item(1, f"<x {attributes}/>kite"))

    assert feed.entries[0].html.endswith("kite")
    assert feed.entries[0].html.count("=") == MOST_ATTRIBUTES


def test_many_items_that_are_each_bearable_are_too_much_together() -> None:
    crowd = "<x/>" * (MOST_MARKS - 10)

    kept = list(bearable([crowd] * 20 + ["<item/>"]))

    assert kept == [crowd] * 10 + [""] * 10 + ["<item/>"]
