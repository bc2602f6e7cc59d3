"""What a conditional comment asks, and which classic Outlook says yes. Pure."""

import re
from functools import lru_cache
from typing import Final

#: Versions of Word that lay out mail: Outlook 2007, 2010, 2013, and 2016 to 2024.
OUTLOOKS: Final = (12, 14, 15, 16)
_WORD: Final = re.compile(r"\s*(lte|lt|gte|gt|!|\(|\)|\||&|[A-Za-z]+|\d+(?:\.\d+)?)", re.IGNORECASE)


def is_readable(when: str) -> bool:
    """Whether a condition can be read."""
    return _read(when, OUTLOOKS[-1]) is not None


@lru_cache(maxsize=256)
def holds(when: str, version: int) -> bool:
    """Whether a classic Outlook of this version opens it; what cannot be read stays shut."""
    return bool(_read(when, version))


def _read(when: str, version: int) -> bool | None:
    words = [word.lower() for word in _WORD.findall(when)]
    if "".join(words) != "".join(when.lower().split()):
        return None
    try:
        return _Reader(words, version).whole()
    except (IndexError, ValueError):
        return None


class _Reader:
    """`a | b`, `a & b`, `!a`, `(a)`, `gte mso 9`: the grammar of conditional comments."""

    def __init__(self, words: list[str], version: int) -> None:
        self._words, self._version = words, version

    def whole(self) -> bool:
        found = self._either()
        if self._words:
            raise ValueError(self._words[0])
        return found

    def _either(self) -> bool:
        found = self._both()
        while self._words[:1] == ["|"]:
            self._words.pop(0)
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._words[:1] == ["&"]:
            self._words.pop(0)
            found = self._one() and found
        return found

    def _one(self) -> bool:
        word = self._words.pop(0)
        if word == "!":
            return not self._one()
        if word == "(":
            found = self._either()
            if self._words.pop(0) != ")":
                raise ValueError(word)
            return found
        return self._feature(word)

    def _feature(self, word: str) -> bool:
        compare = "eq"
        if word in {"lt", "lte", "gt", "gte"}:
            compare, word = word, self._words.pop(0)
        if word not in {"mso", "ie", "vml", "true", "false"}:
            raise ValueError(word)
        number = None
        if self._words and self._words[0][0].isdigit():
            number = float(self._words.pop(0))
        if word == "mso" and number is not None:
            return _compared(self._version, compare, number)
        if compare != "eq" and word != "ie":
            raise ValueError(compare)
        # Word says yes to vml, and no to ie: it is no browser.
        return word in {"mso", "vml", "true"}


def _compared(version: int, how: str, number: float) -> bool:
    return {
        "eq": version == number,
        "lt": version < number,
        "lte": version <= number,
        "gt": version > number,
        "gte": version >= number,
    }[how]
