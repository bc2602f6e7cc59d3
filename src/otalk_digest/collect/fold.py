"""Pure. Text as people read it: on one line, without characters that cannot be seen (F21)."""

import re

from otalk_digest.collect.patterns import Pattern

#: Spaces of every kind, line ends and controls: U+0000 to U+0020, U+007F to U+00A0, and above.
_BLANKS = re.compile(
    "[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufffc\ud800-\udfff]+"
)
#: Soft hyphen, zero-width space, word joiner, byte order mark, and the marks of direction that
#: can make a title read backwards.
_INVISIBLE = re.compile("[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
#: A joiner is kept where it holds an emoji or an Indic syllable together.
_LOOSE_JOINERS = re.compile(r"(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_NO_LETTER = Pattern(r"[\W_]+")


def fold_line(text: str) -> str:
    """One line, single spaces, no control or zero-width characters, plain hyphens."""
    text = _INVISIBLE.sub("", text)
    text = _LOOSE_JOINERS.sub("", text)
    return _BLANKS.sub(" ", text).replace("\u2011", "-").strip()


def squash(text: str) -> str:
    """Return what two wordings must share to count as the same: letters and digits."""
    return _NO_LETTER.sub("", text.casefold())
