"""Pure. HTML nested without end, made flat before a parser pays for it.

html5ever needs time that grows with the square of the depth: 100,000 levels took 100 s.
No post is nested a hundred deep, so one that is loses its inner structure, not its text.
"""

import re

from otalk_digest.collect.crowds import thin_attributes, thin_tags

_DEEPEST = 100
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,30})")
#: Elements that hold nothing, or that end by themselves when the next one begins.
_FLAT = frozenset(
    {
        *("br", "img", "hr", "input", "wbr", "source", "track", "col", "area", "link", "meta"),
        *("embed", "param", "base", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody"),
        *("tfoot", "option"),
    }
)
#: All tags but those that keep lines and links, or whose content is dropped later.
_NESTING = re.compile(
    r"</?(?!(?:p|br|li|h[1-6]|img|script|style|form|noscript|svg|textarea|iframe)[\s/>])"
    r"[a-z][^<>]*>",
    re.IGNORECASE,
)


def flatten(html: str) -> str:
    """The same HTML, or without its nesting tags when they are nested too deep."""
    html = thin_tags(thin_attributes(html))
    return _NESTING.sub("\n", html) if _depth(html) > _DEEPEST else html


def _depth(html: str) -> int:
    """How deep it may be: unclosed tags count as open, as they are to a parser."""
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag.group(2).lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest
