"""The chat's questions, whole and as written. Pure.

A heading with "question" or question marks decide; an empty list beats a wrong one (T13).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from otalk_digest.collect.extract.lines import MARKER, sentences
from otalk_digest.collect.patterns import Pattern

_QUESTIONS = Pattern(r"\bquestions?\b", re.IGNORECASE)
_PROMPTS = Pattern(
    r"^(?:here\s+are\s+)?(?:some|a\s+few)\s+(?:thoughts?|points?|ideas"
    r"|prompts)\b.*(?::|;|…|\.\.)$|^(?:here\s+are\s+)?(?:some|a\s+few|our|the)\s+(?:thoughts?"
    r"|points?|things|ideas|prompts)\b"
    r".*\b(?:warm|weigh|discuss|consider|ponder|cover|chew|think|explor|start|debat|mull|rais)",
    re.IGNORECASE,
    needs=("thought", "point", "things", "ideas", "prompts"),
)
#: Lists under these are never questions to the chat.
_OTHER_LIST = Pattern(
    r"\b(?:themes?|findings?|standards?|references?|reading|resources|results|aims?|objectives?"
    r"|criteria"
    r"|outcomes?|recommendations?|research\s+questions?|examples?|memories|consent|cpd|evidence)\b"
    r"|\b(?:you|people|patients|clients|readers?|others)\s+(?:may|might|could|often|will"
    r"|sometimes)\s+(?:be\s+)?(?:ask|wonder)",
    re.IGNORECASE,
)
#: Headings and labels that end a list; a question may begin with the same words.
_END_HEADING = Pattern(
    r"^\W*(?:references?|further\s+reading|reading\s+list|bibliography|resources|links?|consent"
    r"|useful\s+links?|post[\s\-]?chat|about\s+(?:the\s+)?(?:host|author)s?|(?:more\s+)?information"
    r"|evidence\s+your|hcpc|host(?:s|ed\s+by)?\s*[:;]|(?:\w+\s+)?support\s*[:;])(?!\w)",
    re.IGNORECASE,
)
_REFERENCE = Pattern(
    r"^\W*©|\bcopyright\b|\bdoi\b|\b\d+\s?\(\d+\)\s?[,:]\s?(?:pp?\.\s?)?\d+", re.IGNORECASE
)
_CONSENT = Pattern(
    r"\b(?:by\s+(?:taking\s+part|participating|joining|tweeting)|your\s+tweets|anonymi[sz]ed"
    r"|(?:give|informed)\s+consent|consent\s+to|ethic(?:s|al)\s+(?:approval|committee)"
    r"|all\s+rights)\b",
    re.IGNORECASE,
)
_QUESTION_END = Pattern(r"\?[\s\"'”’)\].!]*$")
_INLINE = Pattern(r"\s*[•◦▪●‣]\s*")
_TERMINAL = Pattern(r"[.?!…:][\"'”’)\]]*$")
_SIGN_OFF = Pattern(
    r"^(?:[–—\-]\s?[A-Z]|many\s+thanks|thanks|thank\s+you|best\s+wishes|kind\s+regards|see\s+you"
    r"|we\s+look|looking\s+forward|please|remember|if\s+you|(?:hope|join)\b)",
    re.IGNORECASE,
)
_HEADING_STARTS = ("Some", "A few", "Our", "The", "Here", "QUESTION")
_HEADING_LIMIT = 110
#: A heading of more words is prose, unless it opens a list.
_HEADING_WORDS = 14
#: A paragraph that long is no question on a line of its own.
_PROSE = 500
_ITEM_LIMIT = 1500
_MOST = 30
_SUB_HEADING_WORDS = 7
_LOOK_AHEAD = 4
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class _Item:
    kind: str
    text: str


def find_questions(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the questions of a text, in order, without their numbers."""
    best: list[str] = []
    for index, line in enumerate(lines):
        if _is_heading(line):
            items = _list_after(lines, index + 1)
            if _marks(items) > _marks(best) or (items and not best):
                best = items
    return tuple(best) or tuple(_unheaded(lines))


def is_question_heading(line: str) -> bool:
    """Whether a line announces the list."""
    return _is_heading(line)


def _marks(items: Sequence[str]) -> int:
    return sum("?" in item for item in items)


def _is_heading(line: str) -> bool:
    if "uestion" not in line and not line.startswith(_HEADING_STARTS):
        return False
    last = line if len(line) <= _HEADING_LIMIT else sentences(line[-400:])[-1]
    is_announced = _QUESTIONS.search(last) or _PROMPTS.search(last)
    if len(last) > 2 * _HEADING_LIMIT or not is_announced or _OTHER_LIST.search(last):
        return False
    marker = MARKER.match(line)
    if marker and marker["q"] is None and not line.rstrip().endswith(":"):
        return False
    if re.match(r"\W*question\s*\d", line, re.IGNORECASE):
        return False
    if line is not last or len(last.split()) > _HEADING_WORDS:
        return last.rstrip().endswith((":", ";", "…", "..", ":)"))
    is_statement = (
        last.endswith(".") and not last.endswith(("..", "….")) and len(last.split()) > _ENOUGH
    )
    return not (last.endswith("?") or is_statement)


def _item(line: str) -> _Item:
    match = MARKER.match(line)
    if not match:
        return _Item("", line)
    kind = "q" if match["q"] else "number" if match["number"] else match["bullet"] or "dash"
    return _Item(kind, line[match.end() :].strip())


def _list_after(lines: Sequence[str], start: int) -> list[str]:
    start = _skip_remark(lines, start)
    if start >= len(lines) or _is_stop(lines[start]):
        return []
    first = _item(lines[start])
    if first.kind:
        items = _marked(lines, start, first.kind)
        if len(items) == 1 and len(inline := _inline(items[0])) > 1:
            items = inline
    elif len(inline := _inline(lines[start])) > 1:
        items = inline
    else:
        items = _unmarked(lines, start)
    return items[:_MOST]


def _skip_remark(lines: Sequence[str], start: int) -> int:
    """A remark or a sub-heading may stand between the heading and a marked list."""
    for index in range(start, min(start + 2, len(lines))):
        if _item(lines[index]).kind or "?" in lines[index]:
            return index
        if _is_stop(lines[index]) or _OTHER_LIST.search(lines[index]):
            return start
    return start


def _inline(line: str) -> list[str]:
    if "•" not in line and "●" not in line and "▪" not in line:
        return []
    return [part.strip() for part in _INLINE.split(line) if part.strip()]


def _marked(lines: Sequence[str], start: int, kind: str) -> list[str]:
    items: list[str] = []
    last = 0
    for index in range(start, len(lines)):
        item = _item(lines[index])
        number = MARKER.match(lines[index])
        if item.kind == kind:
            if _is_stop(item.text) or _is_restart(number, last, items):
                break
            if item.text:
                items.append(item.text)
            last = int(number["number"]) if number and number["number"] else last
        elif not items or not _continues(lines, index, items[-1], kind):
            break
        else:
            items[-1] = f"{items[-1]} {lines[index]}"[:_ITEM_LIMIT]
    return [text[:_ITEM_LIMIT] for text in items]


def _is_restart(number: re.Match[str] | None, last: int, items: Sequence[str]) -> bool:
    """A second list that begins at 1 again; "1." on every item is no restart (T14)."""
    return bool(number and number["number"] == "1" and last > 1 and len(items) > 1)


def _is_stop(text: str) -> bool:
    is_heading = "?" not in text and _END_HEADING.match(text)
    return bool(is_heading or _REFERENCE.search(text[:_ITEM_LIMIT]))


def _continues(lines: Sequence[str], index: int, previous: str, kind: str) -> bool:
    """Whether an unmarked line belongs to the item before it."""
    line = lines[index]
    if _item(line).kind or _is_stop(line) or _is_heading(line):
        return False
    if line[:1].islower() or not _TERMINAL.search(previous):
        return not _SIGN_OFF.match(line)
    ahead = lines[index + 1 : index + 1 + _LOOK_AHEAD]
    return any(_item(other).kind == kind for other in ahead) and not _OTHER_LIST.search(line)


def _unmarked(lines: Sequence[str], start: int) -> list[str]:
    """One question a line or paragraph; statements count only between questions."""
    items: list[str] = []
    waiting: list[str] = []
    for index in range(start, min(len(lines), start + 2 * _MOST)):
        line = lines[index]
        if _is_stop(line) or _CONSENT.search(line):
            break
        if "?" in line:
            items.extend([*waiting, line[:_ITEM_LIMIT]])
            waiting = []
        elif _SIGN_OFF.match(line):
            break
        elif _is_sub_heading(line):
            continue
        elif line[:1].islower() and items and not _QUESTION_END.search(items[-1]):
            items[-1] = f"{items[-1]} {line}"
        elif waiting:
            break
        else:
            waiting.append(line[:_ITEM_LIMIT])
    return items


def _is_sub_heading(line: str) -> bool:
    return len(line.split()) <= _SUB_HEADING_WORDS and not line.endswith((".", "…", "!"))


def _unheaded(lines: Sequence[str]) -> list[str]:
    """Return the first list of questions that has no heading of its own."""
    index = 0
    while index < len(lines):
        item = _item(lines[index])
        before = lines[index - 1] if index else ""
        if item.kind:
            items = _marked(lines, index, item.kind)
            inline = _inline(items[0]) if len(items) == 1 else []
            if _is_asking(items) and not (before.endswith(":") and _OTHER_LIST.search(before)):
                return items[:_MOST]
            if _is_asking(inline):
                return inline
            index += max(1, len(items))
            continue
        inline = _inline(lines[index])
        if len(inline) > 1 and _is_asking(inline[1:]):
            return inline if "?" in inline[0] else inline[1:]
        run = _run_of_questions(lines, index)
        if len(run) >= _ENOUGH and not _OTHER_LIST.search(before[-200:]):
            return run[:_MOST]
        index += max(1, len(run))
    return []


def _is_asking(items: Sequence[str]) -> bool:
    """Whether at least two, and more than half of them, hold a question."""
    return len(items) > 1 and 2 * _marks(items) > len(items)


def _run_of_questions(lines: Sequence[str], start: int) -> list[str]:
    run: list[str] = []
    for line in lines[start : start + _MOST]:
        is_question = len(line) < _PROSE and _QUESTION_END.search(line)
        if not is_question or _item(line).kind or _CONSENT.search(line):
            break
        run.append(line)
    return run
