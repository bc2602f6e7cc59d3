"""The mail in its frame: the bytes as they are sent, changed only as the choices ask. Pure."""

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Final

from otalk_digest.pipeline.dissecting import outlined
from otalk_digest.web.preview.forced import force_dark
from otalk_digest.web.preview.state import State

#: Put into each link. A frame without `allow-popups` opens nothing in a new window, so a link
#: does nothing but say where it leads.
_INERT: Final = ' target="_blank" title="{}"'
_LINK: Final = re.compile(
    r"""(?i)<a(?=\s)(?P<rest>[^>]*?\shref=(?P<mark>["'])(?P<url>.*?)(?P=mark))"""
)
_STYLE: Final = re.compile(r"(?is)<style\b[^>]*>.*?</style\s*>")
_QUERY: Final = re.compile(r"(?i)\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")
_SCHEME: Final = re.compile(
    r"""(?i)((?:supported-)?color-schemes?"?\s*(?:content=["']|:)\s*)light\s+dark"""
)
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
_ALWAYS: Final = "(min-width:0)"
_NEVER: Final = "(max-width:0)"


def framed(html: str, state: State) -> str:
    """Return what stands in the frame."""
    if state.mark:
        html = outlined(html, state.mark)
    if state.styles == "off":
        # As in mail programs that drop the block: what was inlined stays.
        html = _STYLE.sub("", html)
    return inert(_in_mode(html, state.mode))


def inert(html: str) -> str:
    """Let links say where they lead, and lead nowhere; changes nothing else."""

    def with_title(found: re.Match[str]) -> str:
        url = escape(unescape(found["url"]))
        return f"<a{_INERT.format(url)}{found['rest']}"

    return _LINK.sub(with_title, html)


def _in_mode(html: str, mode: str) -> str:
    if mode == "sent":
        return html
    if mode == "forced":
        return force_dark(_as_if(html, "light"))
    return _as_if(html, mode)


def _as_if(html: str, scheme: str) -> str:
    """Decide what the page asks the device: some browsers take the device's word only."""

    def answered(found: re.Match[str]) -> str:
        return _ALWAYS if found[1].lower() == scheme else _NEVER

    return _SCHEME.sub(rf"\g<1>{scheme}", _QUERY.sub(answered, html))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a frame may load: its own style, and pictures of our own host only."""

    picture_hosts: tuple[str, ...]

    def header(self, state: State) -> str:
        """Return the Content-Security-Policy."""
        hosts = filter(_HOST.fullmatch, self.picture_hosts if state.images == "on" else ())
        pictures = " ".join(f"https://{host}" for host in hosts) or "'none'"
        return (
            "default-src 'none'; style-src 'unsafe-inline'; "
            f"img-src {pictures}; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
        )
