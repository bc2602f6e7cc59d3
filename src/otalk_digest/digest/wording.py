"""Plain text made fit for its place: clipped, wrapped, calmed, joined. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

#: RFC 5322 §2.1.1 advises it; many readers of plain text see no more.
TEXT_WIDTH: Final = 78
#: A longer word may be wider than a phone.
LONGEST_WORD: Final = 30
#: A place to break, of no width.
_BREAK: Final = "\u200b"
_ELLIPSIS: Final = "…"
#: Words this long in capitals are not an abbreviation.
_SHOUTING: Final = 8
_WEB: Final = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"`\\]+", re.IGNORECASE)
#: C0 and C1 but tab and newline; bidirectional overrides that could turn a whole mail round;
#: object marks, the byte order mark, non-characters and lone surrogates, which no mail carries.
_UNFIT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffc\ufeff\ufffe\uffff\ud800-\udfff]"
)
_ITEM: Final = re.compile(r" *(?:\d{1,3}\.|-) ")
_LONG_WORD: Final = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_TEMPLATE_MARKS: Final = re.compile(r"\{[{%#]|[}%#]\}|<%|%>")


def strip_unfit(text: str) -> str:
    """Leave out characters that no mail should carry."""
    return _UNFIT.sub("", text)


def break_marks(text: str) -> str:
    """Part `<%` with a break of no width: a provider's tags in a post stay words."""
    return text.replace("<%", f"<{_BREAK}%")


def is_web_address(url: str) -> bool:
    """Whether `url` is http or https, whole, with nothing in it that could end an attribute."""
    return _WEB.fullmatch(url) is not None


def web_address(url: str | None) -> str | None:
    """Return the address as an e-mail may carry it, or None where it is no web address.

    Always https: programs warn of anything else, and a blog of today answers to it.
    """
    if url is None or not is_web_address(url):
        return None
    return re.sub("^http:", "https:", url, flags=re.IGNORECASE)


def one_line(text: str) -> str:
    """Fold all white space into single spaces."""
    return " ".join(strip_unfit(text).split())


def calm(text: str) -> str:
    """Make a headline fit for a subject: one line, no shouting, no template's marks."""
    line = one_line(_TEMPLATE_MARKS.sub(" ", text.replace(_BREAK, "")))
    line = re.sub(r"!{2,}", "!", line)
    letters = [letter for letter in line if letter.isalpha()]
    if len(letters) >= _SHOUTING and all(letter.isupper() for letter in letters):
        return line.capitalize()
    return line


def clip(text: str, limit: int) -> str:
    """Cut at a space so that at most `limit` characters remain, with "…" for what is gone."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in head[limit // 2 :]:
        head = head.rpartition(" ")[0]
    while head and (unicodedata.combining(head[-1]) or not head[-1].isalnum()):
        head = head[:-1]
    return f"{head or text[: limit - 1]}{_ELLIPSIS}"


def clip_lines(text: str, limit: int) -> str:
    """Cut a text of several lines as `clip` does; lines without words are left out."""
    # A post can be a megabyte: look at no more of it than can be shown.
    head = text[: 4 * limit]
    lines = "\n".join(line for line in map(one_line, head.splitlines()) if line)
    return clip(lines if len(text) == len(head) else f"{lines} {_ELLIPSIS}", limit)


def breakable(text: str) -> str:
    """Let overlong words break: with a character, because `<wbr>` would nest in the inliner.

    Markup passes as it is: its words were made breakable before they were put into it.
    """
    if isinstance(text, Markup):
        return text
    return _LONG_WORD.sub(lambda word: _BREAK.join(pieces(word[0])), text)


def pieces(word: str) -> list[str]:
    """Split an overlong word where it may break, at a capital or a sign where there is one."""
    if len(word) <= LONGEST_WORD:
        return [word]
    parts = re.split(r"(?<=[a-z0-9])(?=[A-Z#@])|(?<=[-/_.=&?])(?=\w)", word)
    size = LONGEST_WORD
    return [part[at : at + size] for part in parts for at in range(0, len(part), size)]


def wrap(text: str) -> str:
    """Wrap each line at 78 columns; the lines of a list's item hang under its words.

    An address stays whole, because it could not be followed otherwise.
    """
    return "\n".join(line for long in text.splitlines() for line in _wrap_line(long))


def tidy(text: str) -> str:
    """Leave no more than two blank lines together, and none at the ends."""
    return re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"


def _wrap_line(line: str) -> list[str]:
    if len(line) <= TEXT_WIDTH:
        return [line.rstrip()]
    mark = _ITEM.match(line)
    head = mark[0] if mark else ""
    lines, current = [], head
    for word in _short_words(line[len(head) :], TEXT_WIDTH - len(head)):
        is_fresh = len(current) == len(head)
        if not is_fresh and len(current) + 1 + len(word) > TEXT_WIDTH:
            lines.append(current)
            current, is_fresh = " " * len(head), True
        current = f"{current}{word}" if is_fresh else f"{current} {word}"
    return [*lines, current]


def _short_words(line: str, width: int) -> list[str]:
    words: list[str] = []
    for word in line.split():
        if len(word) <= width or is_web_address(word.strip("()[]<>.,;")):
            words.append(word)
        else:
            words += [word[at : at + width] for at in range(0, len(word), width)]
    return words


def join(names: Sequence[str], last: str) -> str:
    """List names in a sentence: "A, B and C", with `last` for " and "."""
    if not names:
        return ""
    *most, end = names
    return f"{', '.join(most)}{last}{end}" if most else end


def group_digits(printed: str, separator: str) -> str:
    """Put separators into a bare number; leave every other form as its author printed it."""
    is_bare = printed.isascii() and printed.isdigit()
    return f"{int(printed):,}".replace(",", separator) if is_bare else printed


def fit(pattern: str, limit: int, **values: str) -> str:
    """Fill a pattern so that at most `limit` characters come out: the topic gives way."""
    topic = values.pop("topic")
    room = limit - len(pattern.format(topic="", **values))
    return pattern.format(topic=clip(topic, max(room, 1)), **values)
