import re

import pytest
from tests.seeds import a_mail, found, good_variant, names, with_css, with_html

from otalk_digest.check import clients
from otalk_digest.check.caniemail import FILE, facts
from otalk_digest.check.clients import losses, source

#: A style attribute or an element, and how caniemail calls what it uses.
USES = [
    ('<p style="box-shadow:0 0 2px #000">x</p>', "box-shadow"),
    ('<p style="-webkit-box-shadow:0 0 2px #000">x</p>', "box-shadow"),
    ('<p style="OPACITY:.5">x</p>', "opacity"),
    ('<p style="width:calc(100% - 2px)">x</p>', "CSS calc() function"),
    ('<p style="width:20VW">x</p>', "vw unit"),
    ('<p style="width:9rem">x</p>', "rem unit"),
    ('<p style="color:var(--ink)">x</p>', "CSS Variables (Custom Properties)"),
    ('<p style="--ink:#000">x</p>', "CSS Variables (Custom Properties)"),
    ('<p style="color:RGBA(0,0,0,.5)">x</p>', "rgba()"),
    ('<p style="color:oklch(40% .2 0)">x</p>', "lch(), oklch(), lab(), oklab()"),
    ('<p style="padding-inline-start:2px">x</p>', "padding-inline-start & padding-inline-end"),
    ('<p style="overflow-x:auto">x</p>', "overflow"),
    ('<p style="transition-delay:1s">x</p>', "transition"),
    ('<p style="top:0">x</p>', "left, right, top, bottom"),
    ('<p style="width:min-content">x</p>', "fit-content, min-content, max-content"),
    ('<p style="color:initial">x</p>', "initial unit"),
    (
        '<ul style="list-style:inside square"><li style="margin:0">x</li></ul>',
        "list-style-position",
    ),
    ('<section style="margin:0">x</section>', "HTML5 semantics"),
    ('<p style="margin:0"><bdi>x</bdi></p>', "<bdi> element"),
    ('<p style="margin:0"><abbr title="x">x</abbr></p>', "<abbr> element"),
    ('<p style="margin:0" hidden>x</p>', "hidden attribute"),
    (
        '<p style="margin:0"><a target="_blank" href="https://a.example/">x</a></p>',
        "target attribute",
    ),
]


@pytest.mark.parametrize(("snippet", "title"), USES)
def test_what_readers_programs_lack_is_found_and_named(snippet: str, title: str) -> None:
    mail = with_html(snippet)

    (only,) = found(mail)

    lost = {loss.feature: loss for each in losses(mail) for loss in each.lost}
    assert only.rule == "client-support"
    assert re.search(r": not in \w", only.said)
    assert not lost[title].is_harmless


@pytest.mark.parametrize(
    ("css", "title"),
    [
        (".x > p { color: #000 }", "Child combinator"),
        ("p:nth-child(2) { color: #000 }", ":nth-child"),
        ("p::before { color: #000 }", "::before"),
        ("* { color: #000 }", "Universal selector *"),
        (".x { box-shadow: none }", "box-shadow"),
        ("@supports (color: #000) { .x { color: #000 } }", "@supports"),
        ("@media (hover) { .x { color: #000 } }", "@media (hover), @media (any-hover)"),
    ],
)
def test_what_stands_in_the_style_block_only_is_a_harmless_loss(css: str, title: str) -> None:
    mail = with_css(css)

    lost = {loss.feature: loss for each in losses(mail) for loss in each.lost}

    assert names(mail) == set()
    assert lost[title].is_harmless
    assert lost[title].why


def test_the_digests_lose_nothing_that_matters() -> None:
    every = [loss for each in losses(a_mail(good_variant())) for loss in each.lost]

    assert every
    assert all(loss.is_harmless and loss.why.endswith(".") for loss in every)


def test_each_program_is_listed_once_with_what_it_loses() -> None:
    found_losses = losses(a_mail(good_variant()))
    by_name = {each.client: {loss.feature for loss in each.lost} for each in found_losses}

    assert len(found_losses) == len(by_name) == 15
    assert "border-radius" in by_name["Outlook for Windows, classic"]
    assert "border-radius" not in by_name["Apple Mail on a Mac"]
    assert "<style> element" in by_name["Gmail in a phone's browser"]


def test_one_fault_is_one_finding_though_it_stands_in_many_places() -> None:
    (only,) = found(with_html('<p style="opacity:.5">x</p>' * 3))

    assert only.tag == "p"


def test_what_fails_softly_is_known_to_somebody_as_missing() -> None:
    assert set(clients.SOFT) <= set(facts().features)


def test_the_facts_say_of_when_and_whose_they_are() -> None:
    text = FILE.read_text(encoding="utf-8")

    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", facts().date)
    assert facts().date in source()
    assert "MIT License, Copyright (c) 2019 HTeuMeuLeu" in text


def test_the_facts_have_one_letter_a_program() -> None:
    known = facts()

    assert len(known.clients) == 15
    assert all(re.fullmatch("[ynau]{15}", each.support) for each in known.features.values())
    assert all("n" in each.support for each in known.features.values())
    assert list(known.features) == sorted(known.features)
