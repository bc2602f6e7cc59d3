"""Pure. An entry's HTML made safe to show, and its text, so that no room after needs to ask.

Twice through nh3 (html5ever, the way browsers read), with our own pruning between: first it
balances whatever the blog sent, last it lets through only what the allow-list names.
"""

import hashlib
import re

import nh3
from lxml import html as lxml_html

from otalk_digest.collect.crowds import thin_tags
from otalk_digest.collect.flatten import flatten
from otalk_digest.collect.fold import fold_line
from otalk_digest.collect.lines import Line, read_lines
from otalk_digest.collect.mojibake import repair
from otalk_digest.collect.prune import EMBEDS, prune
from otalk_digest.model.feed import Entry, Post

_SCHEMES = {"http", "https", "mailto", "tel"}
#: Gone with what is inside them.
_DROPPED = {
    *("script", "style", "noscript", "noembed", "noframes", "template", "title", "head"),
    *("form", "button", "select", "textarea", "svg", "math", "applet", "dialog", "canvas"),
}
_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
#: What pruning looks at, on its way to be removed.
_LABELS = {"id", "class", "style", "hidden", "src", "data", "href", "alt", "width", "height"}
_BALANCE = nh3.Cleaner(
    tags=_TAGS | EMBEDS | {"section", "article", "aside", "header", "footer", "span", "nav"},
    clean_content_tags=_DROPPED,
    attributes={"*": _LABELS, **_ATTRIBUTES},
    url_schemes=_SCHEMES,
    link_rel=None,
)
_SANITISE = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    url_relative="deny",
    link_rel=None,
)
#: Characters that no HTML may hold, and half surrogates, at which encoders stop.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


def clean_entry(entry: Entry) -> Post:
    """Never raises, whatever the HTML; what cannot be shown is left out."""
    title = fold_line(repair(entry.title))
    html = _safe_html(entry.html, entry.link)
    lines, targets = read_lines(html)
    return Post(
        guid=entry.guid,
        link=entry.link,
        title=title,
        author=None if entry.author is None else fold_line(repair(entry.author)) or None,
        published_at=entry.published_at,
        html=html,
        text="\n".join(line.text for line in lines),
        fingerprint=_fingerprint(title, lines, targets),
        is_summary=entry.is_summary,
        is_protected=entry.is_protected,
    )


def _safe_html(html: str, link: str | None) -> str:
    balanced = _BALANCE.clean(flatten(_FORBIDDEN.sub("", html)))
    # Once more: they may have been written as references.
    balanced = _FORBIDDEN.sub("", balanced)
    # Balancing may multiply: unclosed `<b id=1><b id=2>…` are opened again in each paragraph.
    balanced = thin_tags(balanced)
    if not balanced.strip():
        return ""
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = lxml_html.document_fromstring(f"<div>{balanced}</div>".encode(), parser=parser)
    prune(root, base_url=link)
    safe = _SANITISE.clean(lxml_html.tostring(root, encoding="unicode"))
    return safe.strip().removeprefix("<div>").removesuffix("</div>").strip()


def _fingerprint(title: str, lines: list[Line], targets: list[str]) -> str:
    """F5, F25, T24: over words and link targets, so that new markup is not news."""
    words = " ".join(line.words for line in lines)
    joined = "\0".join([title, words, *targets])
    return hashlib.sha256(joined.encode()).hexdigest()
