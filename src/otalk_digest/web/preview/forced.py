"""Dark as some mail programs force it: an approximation. Pure.

Light surfaces become dark and dark words light, hue kept; what is dark or light already stays.
The author's own dark rules are ignored, as Gmail does.
"""

import colorsys
import re
from collections.abc import Callable
from typing import Final

_NAMED: Final = {
    "white": "#ffffff",
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "navy": "#000080",
    "maroon": "#800000",
    "yellow": "#ffff00",
    "whitesmoke": "#f5f5f5",
}
_COLOUR: Final = re.compile(
    r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[^)]*\)"
    rf"|\b(?:{'|'.join(_NAMED)})\b"
)
_DECLARATION: Final = re.compile(
    r"(?<![-\w])(?P<name>background(?:-color)?|(?:border|outline)[a-z-]*|color)(?P<colon>\s*:\s*)"
    r"(?P<value>[^;{}\"]*)"
)
_STYLED: Final = re.compile(r'(?<=\sstyle=")[^"]*(?=")|(?<=<style>)[^<]*|(?<=\sbgcolor=")[^"]*')
#: Gmail's darkest surface, about.
_DARKEST: Final = 0.07
#: What nobody coloured: the page itself.
_GROUND: Final = "<style>html{background:#121212;color:#e8e8e8}</style>"
_HALF: Final = 0.5


def force_dark(html: str) -> str:
    """Return the page in forced colours."""
    coloured = _STYLED.sub(_restyled, re.sub(r"<style[^>]*>", "<style>", html))
    # First, so that anything the mail says itself wins.
    return re.sub(r"(?i)<head>", lambda found: found.group() + _GROUND, coloured, count=1)


def _restyled(found: re.Match[str]) -> str:
    text = found.group()
    if found.string[: found.start()].endswith('bgcolor="'):
        return _recoloured(text, _darkened)
    return _DECLARATION.sub(_redeclared, text)


def _redeclared(found: re.Match[str]) -> str:
    turn = _lightened if found["name"] == "color" else _darkened
    return f"{found['name']}{found['colon']}{_recoloured(found['value'], turn)}"


def _recoloured(value: str, turn: Callable[[float], float]) -> str:
    def turned(found: re.Match[str]) -> str:
        red, green, blue = _channels(found)
        hue, light, vivid = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
        channels = colorsys.hls_to_rgb(hue, turn(light), vivid)
        return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)

    return _COLOUR.sub(turned, value)


def _channels(found: re.Match[str]) -> tuple[int, int, int]:
    if found[1] is not None:
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    digits = _NAMED.get(found.group(), found.group())[1:]
    if len(digits) == 3:  # noqa: PLR2004 as in #fff
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _darkened(light: float) -> float:
    return max(1 - light, _DARKEST) if light > _HALF else light


def _lightened(light: float) -> float:
    return 1 - light if light < _HALF else light
