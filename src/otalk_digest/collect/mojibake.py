"""Pure. UTF-8 that was once read as Windows-874 or Windows-1252, put right (T23).

Good and broken characters stand side by side, so each broken one is repaired alone, and only
when its bytes are exactly the UTF-8 of one printable character. Where real Thai is about, Thai
letters are left alone: many words of two or three look like broken characters.
"""

import re
import unicodedata

from otalk_digest.collect.patterns import Pattern


def _byte_of() -> dict[str, int]:
    """Which byte each character was; Windows-874 wins where both have one."""
    table = {chr(byte): byte for byte in range(0x80, 0xA0)}  # holes of both code pages
    for encoding in ("cp1252", "cp874"):
        for byte in range(0x80, 0x100):
            character = bytes([byte]).decode(encoding, "ignore")
            if character:
                table[character] = byte
    return table


_BYTE_OF = _byte_of()
_THAI = re.compile("[\u0e00-\u0e7f]+")
#: Every broken character begins with one of these; most texts hold none.
_FIRST = frozenset(each for each, byte in _BYTE_OF.items() if byte in range(0xC2, 0xF5))


def _class(first: int, last: int) -> str:
    members = (re.escape(each) for each, byte in _BYTE_OF.items() if first <= byte <= last)
    return f"[{''.join(members)}]"


_NEXT = _class(0x80, 0xBF)
_BROKEN = Pattern(
    f"{_class(0xC2, 0xDF)}{_NEXT}|{_class(0xE0, 0xEF)}{_NEXT}{{2}}|{_class(0xF0, 0xF4)}{_NEXT}{{3}}"
)
# A broken no-break space whose second half, a blank, was stripped at the end of the text.
_TORN = Pattern("(?<=[!-~’”])[ยÂ]\\Z")


def repair(text: str) -> str:
    """The same text with what round-trips repaired; everything else as it was."""
    if text.isascii() or _FIRST.isdisjoint(text):
        return text
    text = _TORN.sub("\u00a0", text)
    is_thai_text = _THAI.search(_BROKEN.sub("", text)) is not None

    def repaired(match: re.Match[str]) -> str:
        broken = match.group()
        if is_thai_text and _THAI.fullmatch(broken):
            return broken
        return _decoded(broken)

    return _BROKEN.sub(repaired, text)


def _decoded(broken: str) -> str:
    try:
        repaired = bytes(_BYTE_OF[each] for each in broken).decode("utf-8")
    except UnicodeDecodeError:
        return broken
    return broken if unicodedata.category(repaired) in {"Cc", "Cn", "Co"} else repaired
