"""Each rule against a message that is good but for one thing."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from tests.checked import EXPECTED, a_digest_message, broken_rules, findings, good_variant
from tests.defects import DEFECTS, Defect
from tests.digests import (
    a_cancellation,
    a_digest,
    a_move,
    a_notice,
    a_trend,
    a_wrap_up,
    news,
    ten_items,
)
from tests.golden_emails import golden_digests

from otalk_digest.check import (
    calendar,
    chats,
    elements,
    footer,
    headers,
    images,
    links,
    mime,
    residue,
    subject,
    text,
)
from otalk_digest.check.expected import Expected
from otalk_digest.check.mail import read_mail
from otalk_digest.check.message import RULES
from otalk_digest.model.edition import Digest
from otalk_digest.model.finding import Level

MODULES: Final = (
    *(mime, headers, subject, text, links, images, elements, residue, footer, chats, calendar),
)
#: The rules that this file is about.
OURS: Final = frozenset(rule.name for module in MODULES for rule in module.RULES)
READERS: Final = (
    {"name": "Wren Alder", "zone": "Australia/Sydney"},
    {"name": None, "zone": None},
)
#: What a post may say, and its readers see.
HOSTILE: Final = (
    "{{7*7}} is forty-nine",
    "{% if gates %} and {# notes #}",
    "<%tag%> and more",
    "${gate} and *|GATE|*",
    "{name}, {topic} and {host}",
    "<script>alert(1)</script>",
    "None",
    "Café “Ñandú”: déjà vu",
    "يوم هادئ في الحديقة",
)


def ids(defect: Defect) -> str:
    return defect.rule


@pytest.mark.parametrize("defect", DEFECTS, ids=ids)
def test_a_defect_breaks_its_rule_and_no_other(defect: Defect) -> None:
    found = broken_rules(defect.breaking(good_variant())) & OURS

    assert found == {defect.rule, *defect.also}


def test_every_rule_has_a_defect() -> None:
    assert {defect.rule for defect in DEFECTS} == OURS


@pytest.mark.parametrize("reader", READERS, ids=["named and far away", "unnamed"])
@pytest.mark.parametrize("digest", [*golden_digests().values(), ten_items()])
def test_a_good_message_breaks_nothing(digest: Digest, reader: dict[str, str | None]) -> None:
    found = findings(a_digest_message(digest, **reader))

    assert [finding for finding in found if finding.rule in OURS] == []


@pytest.mark.parametrize("words", HOSTILE)
def test_a_post_may_say_what_looks_like_a_template(words: str) -> None:
    digest = a_digest(
        headline=news(1, topic=words, introduction=words, hosts=(words,), questions=(words,)),
        coming_up=(news(2, topic=f"Later: {words}"),),
        wrap_ups=(a_wrap_up(3, topic=words, hosts=(words,), cpd=(words,)),),
        notices=(a_notice(4, topic=f"Notice: {words}", introduction=words),),
    )

    assert broken_rules(a_digest_message(digest)) & OURS == set()


def test_a_double_escape_is_told_from_a_post_that_speaks_of_entities() -> None:
    spoken_of = a_digest(notices=(a_notice(topic="What &amp; means"),))

    assert broken_rules(a_digest_message(spoken_of)) & OURS == set()


def test_without_a_web_address_what_needs_one_is_advice() -> None:
    digest = a_digest(headline=news(1), alerts=(a_cancellation(2), a_move(3)))
    expected = Expected(has_web=False, image_hosts=EXPECTED.image_hosts)

    found = findings(a_digest_message(digest, base_url=None), expected)

    ours = {finding.rule: finding.level for finding in found if finding.rule in OURS}
    assert set(ours.values()) == {Level.SHOULD}
    assert set(ours) == {
        *("footer-preferences", "footer-web-version", "list-one-click", "list-unsubscribe-web"),
    }


def test_beside_a_bar_a_day_may_be_short_and_its_sentence_may_be_wrapped() -> None:
    # From the old year into the new one, so that the days carry years and fill two lines.
    later = timedelta(weeks=7)
    trend = tuple(
        replace(point, starts_at=point.starts_at + later)
        for point in a_trend(298, 351, 286, 330, 412)
    )
    wrap_up = a_wrap_up(starts_at=trend[-1].starts_at)

    message = a_digest_message(a_digest(wrap_ups=(wrap_up,), trend=trend))

    assert {point.starts_at.year for point in trend} == {2025, 2026}
    assert broken_rules(message) & OURS == set()


def test_musts_come_first() -> None:
    (both,) = (defect for defect in DEFECTS if defect.rule == "message-size-limit")

    levels = [finding.level for finding in findings(both.breaking(good_variant()))]

    assert levels == sorted(levels, key=[Level.MUST, Level.SHOULD].index)


@pytest.mark.parametrize("defect", DEFECTS, ids=ids)
def test_a_place_in_the_html_can_be_found_again(defect: Defect) -> None:
    raw = defect.breaking(good_variant())
    tree = read_mail(raw, EXPECTED).tree.getroottree()

    paths = [finding.place.path for finding in findings(raw) if finding.place.path is not None]

    assert all(len(tree.xpath(path)) == 1 for path in paths)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"no mail at all",
        b"From: \xff\r\nSubject: =?utf-8?q?=ZZ?=\r\nDate: x\r\n\r\n<p>",
        b"Content-Type: multipart/alternative\r\n\r\n--x",
        b"Content-Type: text/html; charset=klingon\r\n\r\n<!-- only this -->",
        b"Content-Type: text/html\r\n\r\n<a href='http://[::1'>x</a><img src='//[' alt>",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 3000 + b"deep",
        b'Content-Type: text/calendar; method="\r\n\r\nEND:VEVENT\r\nBEGIN:\r\n :::;;\r\n',
        b"Content-Type: text/html\r\n\r\n<?xml version='1.0' encoding='x'?>\x00<p>a\x00b",
        b"To: a@\r\nTo: <\r\nFrom: @\r\nMessage-ID: <\r\nList-Id: <\r\n\r\n",
        b"List-Unsubscribe: <<>,\r\n <https://[::1>\r\nDate: 99 Foo 0\r\n\r\n",
    ],
)
def test_whatever_the_bytes_are_the_check_has_an_answer(raw: bytes) -> None:
    assert findings(raw)


def test_a_rule_says_why_and_how_to_mend_in_whole_sentences() -> None:
    assert all(rule.why.endswith((".", ".)")) and rule.mend.endswith(".") for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
