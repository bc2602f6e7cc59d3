"""An edition as anybody may read it: the frozen bytes without a reader in them. Pure."""

import re
from html import escape

from otalk_digest.model.edition import Field, Variant

#: Whoever reads it in the archive has no such address.
_OF_A_READER = frozenset({Field.UNSUBSCRIBE_URL, Field.PREFERENCES_URL, Field.BROWSER_URL})


def public_html(variant: Variant) -> str:
    """Return the page: greeted without a name, in the chat's own zone, no reader's links."""
    html = variant.html
    for mark in variant.placeholders:
        if mark.field in _OF_A_READER:
            html = _without_link(html, mark.token)
        elif mark.field is Field.GREETING:
            html = html.replace(mark.token, escape(variant.greeting_unnamed))
        html = html.replace(mark.token, "")
    return html


def framed(html: str, *, head: str, body: str) -> str:
    """Return the page with more at the end of its head and at the start of its body."""
    html = re.sub(r"</head>", lambda end: head + end[0], html, count=1, flags=re.IGNORECASE)
    return re.sub(r"<body\b[^>]*>", lambda tag: tag[0] + body, html, count=1, flags=re.IGNORECASE)


def _without_link(html: str, token: str) -> str:
    """Take away the link that leads there, and the paragraph that held nothing else."""
    link = rf"<a\b[^>]*{re.escape(token)}[^>]*>(?:(?!</a>).)*</a>"
    alone = rf"<p\b[^>]*>\s*{link}\s*</p>\s*"
    html = re.sub(alone, "", html, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(link, "", html, flags=re.DOTALL | re.IGNORECASE)
