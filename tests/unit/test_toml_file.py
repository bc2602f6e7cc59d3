from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from otalk_digest.errors import SettingsError
from otalk_digest.toml_file import convert, line_of, read_toml


class Spoon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    length: int = 1
    use: "list[Spoon] | None" = None


class Drawer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    colour: str | None = None
    depth: Annotated[float, Meta(gt=0)] = 1.0
    handle: Literal["brass", "wood"] = "wood"
    is_open: bool = False
    spoon: Spoon = Spoon()
    labels: tuple[str, ...] = ()


class Kitchen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    drawer: list[Drawer] = []
    top: Drawer = Drawer()


def refusal_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "kitchen.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        convert(read_toml(path, named_by="with --config")[0], Kitchen, path=path, text=text)
    message = str(refusal.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[top]\ncolour = 'red'\ncolor = 'red'\n",
            ", line 3: top.color: there is no such key; did you mean colour?",
        ),
        ("[tpo]\ncolour = 'red'\n", ", line 1: tpo: there is no such key; did you mean top?"),
        (
            "[top]\nzzz = 1\n",
            ", line 2: top.zzz: there is no such key; known ones: colour, depth, handle, is_open",
        ),
        ("[top.spoon]\nlenght = 1\n", ", line 2: top.spoon.lenght: there is no such key; did you "),
        ("[top]\nspoon.lenght = 1\n", ", line 2: top.spoon.lenght: there is no such key; did you "),
        ("[top]\ncolour = 3\n", ", line 2: top.colour: expected text in quotes, got a whole numbe"),
        ("[top]\n\ndepth = 'x'\n", ", line 3: top.depth: expected a number, got text in quotes."),
        ("[top]\ndepth = 0\n", ", line 2: top.depth: expected a number > 0.0."),
        ("[top]\nis_open = 'x'\n", ", line 2: top.is_open: expected true or false, got text in"),
        ("[top]\nlabels = 'x'\n", ", line 2: top.labels: expected a list, got text in quotes."),
        ("top = 3\n", ", line 1: top: expected a table, got a whole number."),
        (
            "[top]\nhandle = 'steel'\n",
            ", line 2: top.handle: 'steel' is none of: brass, wood.",
        ),
        (
            "[[drawer]]\ncolour = 'red'\n[[drawer]]\ncolr = 'red'\n",
            ", line 4: drawer 2: colr: there is no such key; did you mean colour?",
        ),
        (
            "[[drawer]]\n[drawer.spoon]\nlength = 1\n[[drawer]]\n[drawer.spoon]\nlength = 'x'\n",
            ", line 6: drawer 2: spoon.length: expected a whole number, got text in quotes.",
        ),
        (
            "[[drawer]]\n[drawer.spoon]\nuse = [\n  { length = 1 },\n  { lenght = 2 },\n]\n",
            ", line 3: drawer 1: spoon.use 2: lenght: there is no such key; did you mean length?",
        ),
        ("[[drawer]]\nlabels = ['a', 3]\n", ", line 2: drawer 1: labels 2: expected text in quo"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_its_key_and_what_to_write(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal_of(tmp_path, text).startswith(message)


def test_what_is_not_toml_names_its_line(tmp_path: Path) -> None:
    message = refusal_of(tmp_path, "[top]\ncolour = red\n")

    assert "is not valid TOML" in message
    assert "line 2" in message


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no .*nothing\.toml\. Make .* init"):
        read_toml(tmp_path / "nothing.toml", named_by="with --config")


def test_a_folder_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_toml(tmp_path, named_by="with --config")
    with pytest.raises(SettingsError, match="cannot be read: it is not UTF-8 text"):
        read_toml(binary, named_by="with --config")


def test_a_mark_at_the_beginning_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "kitchen.toml"
    path.write_text("[top]\n", encoding="utf-8-sig")

    assert read_toml(path, named_by="with --config")[0] == {"top": {}}


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), None),
        (("top",), 2),
        (("top", "colour"), 3),
        (("top", "spoon"), 4),
        (("top", "spoon", "length"), 5),
        (("drawer", 0), 6),
        (("drawer", 0, "colour"), 7),
        (("drawer", 1), 8),
        (("drawer", 1, "spoon", "length"), 10),
        (("drawer", 2), None),
        (("elsewhere",), None),
        (("colour",), None),
    ],
)
def test_keys_are_found_again_in_the_text(keys: tuple[str | int, ...], line: int | None) -> None:
    text = (
        "# top.colour = 1\n[top]\ncolour = 'red'\n[ top . spoon ]\nlength = 1\n[[drawer]]\n"
        "colour = 'x'\n[[drawer]]\n[drawer.spoon]\n'length' = 3\n"
    )

    assert line_of(text, keys) == line
