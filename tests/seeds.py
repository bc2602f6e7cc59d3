"""A good message with one fault sown into its HTML, and what the check then says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from tests.digests import VALUES, a_full_week, rendered
from tests.messages import DATE, SENDER, a_recipient

from otalk_digest.check import clients, structure, style, tables
from otalk_digest.check.mail import Expected, Mail, read_mail
from otalk_digest.check.rule import Rule
from otalk_digest.delivery.message import compile_message
from otalk_digest.model.edition import Digest, Variant

RULES: Final[tuple[Rule, ...]] = (
    *structure.RULES,
    *tables.RULES,
    *style.RULES,
    *clients.RULES,
)
#: Just after the first heading, in a cell whose font, size and lines hold.
HERE: Final = r"</h1>"
IN_STYLE: Final = r"</style>"
IN_HEAD: Final = r"</head>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one rule said about one place."""

    rule: str
    said: str
    #: The source line that it names, or "" where it names none.
    line: str
    #: The element that its path leads to, or "".
    tag: str


@cache
def good_variant() -> Variant:
    """One of everything but alerts."""
    return rendered(a_full_week())


def a_mail(variant: Variant) -> Mail:
    """A variant as one reader's message, taken apart."""
    times = variant.zone_values.get("Australia/Sydney", {})
    values = tuple(VALUES.get(m.field) or times.get(m.token, "") for m in variant.placeholders)
    raw = compile_message(variant, SENDER, date=DATE).fill(a_recipient(values=values))
    return read_mail(raw, Expected())


def digest_mail(digest: Digest) -> Mail:
    """A digest as one reader's message, taken apart."""
    return a_mail(rendered(digest))


def sown(pattern: str, new: str) -> Mail:
    """The good message, with the first match of a pattern changed."""
    html, count = re.subn(pattern, lambda _: new, good_variant().html, count=1, flags=re.DOTALL)
    assert count == 1, pattern
    return a_mail(replace(good_variant(), html=html))


def with_html(snippet: str) -> Mail:
    """The good message, with more after its first heading."""
    return sown(HERE, f"</h1>\n{snippet}\n")


def with_css(css: str) -> Mail:
    """The good message, with more in its style block."""
    return sown(IN_STYLE, f"{css}\n</style>")


def found(mail: Mail, rules: Iterable[Rule] = RULES) -> list[Found]:
    """What the rules say."""
    lines = mail.html.split("\n")
    return [
        Found(
            rule=rule.name,
            said=place.excerpt,
            line="" if place.line is None else lines[place.line - 1],
            tag=mail.tree.getroottree().xpath(place.path)[0].tag if place.path else "",
        )
        for rule in rules
        for place in rule.find(mail)
    ]


def names(mail: Mail) -> set[str]:
    """The rules that a message breaks."""
    return {each.rule for each in found(mail)}
