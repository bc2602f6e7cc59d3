"""Pure. The addresses inside a post: made absolute, or judged unfit for a mail."""

import re
from urllib.parse import urljoin, urlsplit

#: Browsers skip these inside a scheme, so `java<tab>script:` would run.
_SKIPPED = re.compile("[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_FURNITURE_HOSTS = frozenset(
    {
        *("pixel.wp.com", "stats.wp.com", "stats.wordpress.com"),
        *("feeds.wordpress.com", "widgets.wp.com"),
    }
)
_LONGEST = 4_000


def absolute(address: str | None, base_url: str | None) -> str | None:
    """As http, https, mailto or tel; None for everything else, and for what leads nowhere."""
    if not address:
        return None
    written = _SKIPPED.sub("", address).strip().replace(" ", "%20")
    if not written or len(written) > _LONGEST:
        return None
    try:
        joined = urljoin(base_url, written) if base_url and not _is_whole(written) else written
        parts = urlsplit(joined)
        is_web = parts.scheme in {"http", "https"} and parts.hostname is not None
    except ValueError:
        return None
    is_contact = parts.scheme in {"mailto", "tel"} and bool(parts.path)
    return joined if is_web or is_contact else None


def _is_whole(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def host_of(address: str) -> str | None:
    """The host of an absolute address; None when it has none."""
    return urlsplit(address).hostname


def is_furniture(address: str | None) -> bool:
    """F37: a picture that counts readers, or an icon or link for sharing and commenting."""
    if not address or not ("wordpress.com" in address or "wp.com" in address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = parts.hostname or ""
    is_wordpress = host.endswith((".wordpress.com", ".wp.com"))
    return host in _FURNITURE_HOSTS or (is_wordpress and parts.path.endswith("/b.gif"))
