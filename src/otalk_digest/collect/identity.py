"""Pure. What is the same in every format: an entry's identity, its title, its years."""

import hashlib
import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from otalk_digest.collect.fold import fold_line
from otalk_digest.collect.mojibake import repair

#: Dates outside are somebody's slip: no blog is older, none publishes so far ahead.
FIRST_YEAR, LAST_YEAR = 1995, 2100
#: Tags that writers put into titles; anything else in angle brackets is text.
_TITLE_TAG = re.compile(
    r"</?(?:a|abbr|b|br|cite|code|del|em|font|i|img|ins|mark|q|s|small|span|strong|sub|sup|u)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
#: A longer guid is kept as its hash: it is compared, never read.
_LONGEST_GUID = 1_000


def plain_line(value: str) -> str:
    """A title or a name as one line of text, however often it was escaped (F20, F22)."""
    value = _TITLE_TAG.sub("", value)
    for _ in range(2):
        value = _ENTITY.sub(lambda match: html.unescape(match.group()), value)
    # T23: half of a broken no-break space is a blank, so repair comes before folding.
    return fold_line(repair(value))


def guid_of(written: str, link: str | None) -> str | None:
    """F12, F13: opaque. Without one, the link in one spelling identifies the item."""
    guid = fold_line(written)
    if not guid:
        return None if link is None else _canonical(link)
    if len(guid) > _LONGEST_GUID:
        return "sha256:" + hashlib.sha256(guid.encode()).hexdigest()
    return guid


def _canonical(link: str) -> str:
    parts = urlsplit(link)
    query = urlencode([pair for pair in parse_qsl(parts.query) if not pair[0].startswith("utm_")])
    return urlunsplit(("https", parts.netloc.lower(), parts.path.rstrip("/"), query, ""))
