"""Read a TOML file into a frozen value, with errors that name file, line and nearest key."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from otalk_digest.errors import SettingsError

T = TypeVar("T")

_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]+)`")
_NO_CHOICE = re.compile(r"Invalid enum value (?P<value>.+)", re.DOTALL)
_NO_MATCH = " matching regex "
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`")
_STEP = re.compile(r"\[(?P<index>\d+)\]|(?P<key>[\w-]+)")
_KINDS = re.compile(r"`(?P<kinds>\w+(?: \| \w+)*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_NAME = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_NAMES = rf"(?P<names>{_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADER = re.compile(rf"\s*(?P<marks>\[\[?)\s*{_NAMES}\s*\]")
_SETTING = re.compile(rf"\s*{_NAMES}\s*=")

#: The way to a value: names of tables and keys, and positions in lists, from 0.
Keys = Sequence[str | int]


def read_toml(path: Path, *, named_by: str) -> tuple[dict[str, Any], str]:
    """Return the document and its text. Raises SettingsError, which tells what names the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {path}. Make one with: otalk-digest init, or name another {named_by}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            f"{path} cannot be read: {reason}. Mend that, or name another {named_by}."
        ) from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Mend that line.") from error


def convert(document: object, kind: type[T], *, path: Path, text: str) -> T:
    """Return the document as `kind`. Raises SettingsError naming line, key and what it wants."""
    try:
        return msgspec.convert(document, kind, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error), kind, path, text)) from error


def line_of(text: str, keys: Keys) -> int | None:
    """Return the 1-based line that sets the key, or first opens the table, at this place."""
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str | int, ...], int] = {}
    wanted = tuple(keys)
    if not wanted:
        return None
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _open_table(_split(header["names"]), counts, is_item=len(header["marks"]) > 1)
            if table == wanted:
                return number
        elif (setting := _SETTING.match(line)) and (*table, *_split(setting["names"])) == wanted:
            return number
    return None


def _split(names: str) -> list[str]:
    return [name.strip("\"'") for name in re.findall(_NAME, names)]


def _open_table(
    names: Sequence[str], counts: dict[tuple[str | int, ...], int], *, is_item: bool
) -> tuple[str | int, ...]:
    """Return where a header leads: into the newest item of each list on the way."""
    place: tuple[str | int, ...] = ()
    for position, name in enumerate(names, 1):
        place = (*place, name)
        if is_item and position == len(names):
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def fields_of(kind: object) -> dict[str, object]:
    """Return key → type of a table, or of the tables in a list; nothing for anything else."""
    while elements := get_args(kind):
        kind = next((inner for inner in elements if inner is not type(None)), None)
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return {}
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def in_plain_words(what: str, kind: object) -> str:
    """Return msgspec's complaint about a value of this type as a maintainer would say it."""
    if missing := _MISSING.search(what):
        return f"it lacks the key {missing['key']}"
    if wrong := _NO_CHOICE.search(what):
        return f"{wrong['value']} is none of: {', '.join(_choices(kind))}"
    if _NO_MATCH in what and (wanted := _described(kind)):
        return f"expected {wanted}"
    what = _KINDS.sub(_in_words, what)
    return what[0].lower() + what[1:]


def _explain(message: str, kind: type, path: Path, text: str) -> str:
    place = _PLACE.search(message)
    keys: list[str | int] = [
        int(step["index"]) if step["index"] else step["key"]
        for step in _STEP.finditer(place["path"] if place else "")
    ]
    what = _PLACE.sub("", message)
    if unknown := _UNKNOWN.search(what):
        keys.append(unknown["key"])
        what = f"there is no such key{_nearest(kind, keys)}"
    else:
        what = in_plain_words(what, _kind_at(kind, keys))
    # A key inside a list on one line is found by the line of the list.
    places = (keys[:end] for end in range(len(keys), 0, -1))
    line = next((line for some in places if (line := line_of(text, some))), None)
    where = f"{path}, line {line}" if line else str(path)
    end = "" if what.endswith("?") else "."
    return f"{where}: {_dotted(keys) or 'the file'}: {what}{end}"


def _in_words(match: re.Match[str]) -> str:
    kinds = [kind for kind in match["kinds"].split(" | ") if kind != "null"]
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds) or "nothing"


def _dotted(keys: Keys) -> str:
    """Write a place as people count: `segment 2: match.tag`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f" {key + 1}:"
        elif text:
            text += f" {key}" if text.endswith(":") else f".{key}"
        else:
            text = key
    return text.rstrip(":")


def _kind_at(kind: object, keys: Keys) -> object:
    for key in keys:
        # `fields_of` looks into lists by itself.
        kind = kind if isinstance(key, int) else fields_of(kind).get(key)
    return kind


def _choices(kind: object) -> Sequence[str]:
    """Return the values that a key can have, where they are a closed set."""
    while get_origin(kind) is not Literal and (elements := get_args(kind)):
        kind = next(inner for inner in elements if inner is not type(None))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(choice.value) for choice in kind]
    return get_args(kind)


def _described(kind: object) -> str | None:
    """Return what a value has to look like, where its type says so in words."""
    for inner in get_args(kind):
        said = inner.description if isinstance(inner, msgspec.Meta) else _described(inner)
        if said:
            return said
    return None


def _nearest(kind: object, keys: list[str | int]) -> str:
    names = fields_of(_kind_at(kind, keys[:-1]))
    near = difflib.get_close_matches(str(keys[-1]), list(names), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known ones: {', '.join(sorted(names))}"
