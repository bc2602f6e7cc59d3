"""Header values, ready for the wire: ASCII, folded, never a second field. Pure."""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

#: A line with an encoded word in it is at most 76 characters: RFC 2047 §2.
_LINE: Final = 76
#: Left for the name of the field: "Reply-To: " is the longest before a value that folds.
_NAME_ROOM: Final = 10
_WORD_ROOM: Final = _LINE - _NAME_ROOM - len("=?utf-8?q??=")
#: RFC 5322 §2.1.1 allows 998 octets for a line with its name.
_UNFOLDED: Final = 900
_FOLD: Final = "\r\n "
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BLANKS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
_SPECIAL: Final = re.compile(r'(["\\])')
#: RFC 2047 §5 (3): what a "q" word inside a phrase may hold as it is.
_Q_SAFE: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"

_Part = TypeVar("_Part", str, bytes)


def one_line(text: str) -> str:
    """Return the text with control characters, line ends and runs of blanks as one space."""
    return _BLANKS.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).strip(" ")


def fields(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the lines of a header from names and values that are ready."""
    return "".join(f"{name}: {value}\r\n" for name, value in pairs)


def unfolded(value: str) -> str:
    """Return the value as given. Raises ValueError unless it is one line of printable ASCII."""
    if not 0 < len(value) <= _UNFOLDED or not (value.isascii() and value.isprintable()):
        raise ValueError("a header value is not one short line of printable ASCII")
    return value


def all_unfolded(values: Sequence[str]) -> Sequence[str]:
    """Return the values as given: `unfolded`, in one look for all of them."""
    together = "".join(values)
    are_short = values and min(map(len, values)) > 0 and max(map(len, values)) <= _UNFOLDED
    # A third of what it costs to ask a text whether it is printable.
    if are_short and together.isascii() and not together.encode().translate(None, _PRINTABLE):
        return values
    return [unfolded(value) for value in values]


def text(value: str) -> str:
    """Return an unstructured value: as it is where it fits, else in encoded words.

    Raises ValueError when it holds a line end or a control character.
    """
    _refuse_controls(value)
    is_plain = value.isascii() and "=?" not in value and len(value) <= _LINE - _NAME_ROOM
    return value if is_plain else _encoded(value)


def mailbox(label: str | None, bracketed: str) -> str:
    """Return one mailbox, or one list id: a name and what stands in angle brackets.

    Raises ValueError when either holds a line end or a control character.
    """
    _refuse_controls(bracketed)
    if not label:
        return f"<{bracketed}>"
    _refuse_controls(label)
    phrase = _phrase(label)
    used = _NAME_ROOM + len(phrase.rpartition("\r\n")[2]) + len(bracketed) + 3
    return f"{phrase}{' ' if used <= _LINE else _FOLD}<{bracketed}>"


def _refuse_controls(value: str) -> None:
    if _CONTROL.search(value):
        raise ValueError("a header value holds a line end or a control character")


def _phrase(label: str) -> str:
    quoted = '"' + _SPECIAL.sub(r"\\\1", label) + '"'
    is_plain = label.isascii() and "=?" not in label and len(quoted) <= _LINE - _NAME_ROOM
    return quoted if is_plain else _encoded(label)


def _encoded(value: str) -> str:
    """Encoded words, in the shorter of both codes, whole characters in each: RFC 2047 §5."""
    quoted = [_q(char) for char in value]
    plain = [char.encode() for char in value]
    if 3 * sum(map(len, quoted)) <= 4 * sum(map(len, plain)):
        words = [f"=?utf-8?q?{''.join(run)}?=" for run in _runs(quoted, _WORD_ROOM)]
    else:
        room = _WORD_ROOM // 4 * 3
        words = [f"=?utf-8?b?{b64encode(b''.join(run)).decode()}?=" for run in _runs(plain, room)]
    return _FOLD.join(words)


def _q(char: str) -> str:
    if char == " ":
        return "_"
    return "".join(chr(byte) if byte in _Q_SAFE else f"={byte:02X}" for byte in char.encode())


def _runs(parts: Sequence[_Part], room: int) -> list[list[_Part]]:
    runs: list[list[_Part]] = [[]]
    used = 0
    for part in parts:
        if used + len(part) > room:
            runs.append([])
            used = 0
        runs[-1].append(part)
        used += len(part)
    return runs
