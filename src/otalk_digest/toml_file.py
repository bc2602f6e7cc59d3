"""Read a TOML file into a frozen value, with errors that name file, line and nearest key."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from otalk_digest.errors import SettingsError

T = TypeVar("T")

_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`")
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`")
_WORDS = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`str`": "text in quotes",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "a table",
    "`null`": "nothing",
}


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return the document and its text. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {path}. Make one with: otalk-digest init, or name another with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{path} cannot be read: {reason}.") from error
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


def line_of(text: str, keys: list[str]) -> int | None:
    """Return the 1-based line that sets the key (or opens the table) with this dotted path."""
    if not keys:
        return None
    table: list[str] = []
    opened: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = [part.strip(" \"'") for part in header[1].split(".")]
            if table == keys:
                opened = number
        elif table == keys[:-1] and re.match(rf"\s*[\"']?{re.escape(keys[-1])}[\"']?\s*=", line):
            return number
    return opened


def fields_of(kind: object) -> dict[str, object]:
    """Return key → type of a table, or of the tables in a list; nothing for anything else."""
    while elements := get_args(kind):
        kind = next((inner for inner in elements if inner is not type(None)), None)
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return {}
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _explain(message: str, kind: type, path: Path, text: str) -> str:
    place = _PLACE.search(message)
    keys = re.findall(r"[\w-]+", place["path"]) if place else []
    what = _PLACE.sub("", message)
    if unknown := _UNKNOWN.search(what):
        keys = [*keys, unknown["key"]]
        what = f"there is no such key{_nearest(kind, keys)}"
    else:
        what = re.sub(r"`\w+`", lambda word: _WORDS.get(word[0], word[0]), what)
        what = what[0].lower() + what[1:]
    line = line_of(text, keys) or line_of(text, keys[:-1])
    where = f"{path}, line {line}" if line else str(path)
    return f"{where}: {'.'.join(keys) or 'the file'}: {what}."


def _nearest(kind: object, keys: list[str]) -> str:
    names: dict[str, object] = {}
    for key in [*keys[:-1], ""]:
        names = fields_of(kind)
        kind = names.get(key)
    near = difflib.get_close_matches(keys[-1], list(names), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known ones: {', '.join(sorted(names))}"
