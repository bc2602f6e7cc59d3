"""Invented digests of posts at their worst: too long, too many, hostile, in other scripts. Pure."""
# ruff: noqa: ANN401  the fields are those of a reading

from collections.abc import Iterator
from typing import Any, Final

from otalk_digest.digest.invented import Inventor, with_url
from otalk_digest.model.edition import Digest
from otalk_digest.model.news import KnownNews

_LONG_TOPIC: Final = (
    "What we learned about rest, work, play, sleep, kitchens, gardens, kites, bread, tide tables "
    "and the slow art of asking one good question of a person who has been asked too many, over "
    "ten years of Tuesday evenings in many towns, and what we would still like to ask of each "
    "other before the year is up?"
)
_LONG_WORD: Final = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)
_LONG_URL: Final = (
    "https://blog.example.org/2026/02/a-very-long-address-that-nobody-shortened/"
    + "and-it-goes-on/" * 12
    + "?from=feed&tab=comments#comment-4711"
)
#: One MB, as words: a whole thesis pasted into a post.
_HUGE: Final = "Every ward has a window and every window has somebody at it. " * 16_394
_THIRTY: Final = tuple(
    f"Harper Quill-Mossbank {number} (@quill_{number})" for number in range(1, 31)
)


def digests(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    """Yield name, title and digest."""
    yield from _long(make)
    yield from _scripts(make)
    yield from _hostile(make)


def _long(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    yield "long-topic", "A topic of 300 characters", _both(make, topic=_LONG_TOPIC)
    forty = tuple(f"Question {number}: what helps, and how do you know?" for number in range(1, 41))
    yield "forty-questions", "Forty questions", _both(make, questions=forty)
    yield "huge-post", "An introduction of one megabyte", _both(make, introduction=_HUGE)
    words = _both(
        make,
        topic=f"{_LONG_WORD} and rest",
        hosts=("@" + "a_very_long_handle_" * 6,),
        introduction=f"See {_LONG_URL} first.\n{'W' * 240}",
        questions=(f"Have you read {_LONG_URL}?", f"{_LONG_WORD}{_LONG_WORD}?"),
    )
    yield "long-words-and-urls", "Words and addresses that do not end", words
    yield "thirty-hosts", "Thirty hosts", _both(make, hosts=_THIRTY)
    yield "two-hundred-items", "Two hundred items", _two_hundred(make)


def _scripts(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    name = _both(
        make,
        hosts=("ليلى حدّاد (@layla_h)", "נועה ברק"),
        introduction="مرحبا: a word of welcome, then back to English (8pm, as ever).",
    )
    yield "right-to-left-name", "A host whose name reads from right to left", name
    emoji = _both(
        make,
        topic="🧶 Wool & 👩🏽‍🦽 wheels: São Tomé, Ærø, “Âge d’or”… naïve?",
        hosts=("Zoë Ångström-Ñandú 🪁",),
        introduction="Ça va? Ã is a letter, â € 5 ticket is not; 日本語も, 5 < 6 & 7 > 2. 🎉🎉🎉",
        questions=("½ or ⅓ — which? 🤔", "Fußgänger, señor, Łódź: what do you call it?"),
    )
    yield "emoji-and-accents", "Emoji and letters that look like a broken encoding", emoji


def _hostile(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    script = "<script>document.title='gone'</script>"
    tags = _both(
        make,
        topic=f"{script}Rest",
        hosts=(f"<img src=x onerror=alert(1)>{script}",),
        introduction=f"</div></td></table>{script}<!-- <style>*{{display:none}}</style>",
        questions=("--> <a href='javascript:alert(1)'>Here</a>?", "&lt;b&gt; or &amp;lt;?"),
    )
    yield "script-in-title", "A script in a title", tags
    marks = _both(
        make,
        topic="{{7*7}} {% for a in b %} {# rest #}",
        hosts=("{{ config }}",),
        introduction="{{7*7}} and {% include 'secret' %} and ${7*7} and %s and {0}.",
        questions=("{{ ''.__class__ }}?", "{%…%}"),
    )
    yield "template-marks", "The marks of a template", marks
    provider = _both(
        make,
        topic="<%asm_group_unsubscribe_raw_url%> and rest",
        hosts=("<%tag%>", "*|FNAME|*"),
        introduction="<%tag%> [unsubscribe] -name- %recipient.name% {{name}}",
        questions=("<% tag %>?",),
    )
    yield "provider-tags", "The tags of a mail provider", provider
    lines = "Bcc: all@example.org\r\nSubject: gone"
    headers = _both(make, topic=f"Rest\r\n{lines}", title=f"Rest\r\n{lines}", hosts=(lines,))
    yield "line-ends-in-title", "Header lines in a title", headers
    bad = "javascript:alert(document.domain)"
    chat = with_url(make.chat(1), bad)
    wrap_up = with_url(make.wrap_up(transcript_url="data:text/html,gone"), bad)
    yield "bad-addresses", "Addresses that must not be followed", _pair(make, chat, wrap_up)


def _both(make: Inventor, **fields: Any) -> Digest:
    """The same words in the next chat, one after it, a wrap-up and a notice."""
    notice = {key: fields[key] for key in ("topic", "title", "introduction") if key in fields}
    return make.digest(
        headline=make.chat(1, **fields),
        coming_up=(make.chat(2, weeks=1, **fields),),
        wrap_ups=(make.wrap_up(**fields),),
        notices=(make.notice(**notice),),
        trend=make.trend(298, 351, 286, 412),
    )


def _pair(make: Inventor, chat: KnownNews, wrap_up: KnownNews) -> Digest:
    return make.digest(headline=chat, wrap_ups=(wrap_up,), trend=make.trend(298, 412))


def _two_hundred(make: Inventor) -> Digest:
    """More than two years of Tuesdays in one e-mail, as after a feed that was made again."""
    ahead = tuple(make.chat(1000 + week, weeks=week, topic=f"Topic {week}") for week in range(100))
    past = tuple(
        make.wrap_up(2000 + week, weeks=-week, topic=f"Past topic {week}") for week in range(1, 91)
    )
    notices = tuple(make.notice(3000 + place, topic=f"Notice {place}") for place in range(10))
    return make.digest(
        headline=ahead[0],
        coming_up=ahead[1:],
        wrap_ups=past,
        notices=notices,
        trend=make.trend(298, 351, 286, 412),
    )
