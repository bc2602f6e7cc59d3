"""A pattern that looks for words first finds what it would find without them."""

import importlib
import pkgutil
import re
from functools import cache

import pytest
from tests.post_corpus import all_cases

from otalk_digest.collect import extract
from otalk_digest.collect.patterns import Pattern


def the_patterns() -> dict[str, Pattern]:
    modules = [
        importlib.import_module(f"{extract.__name__}.{found.name}")
        for found in pkgutil.iter_modules(extract.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Pattern) and value.needs
    }


@cache
def the_lines() -> frozenset[str]:
    texts = [text for case in all_cases() for text in (case.post.title, case.post.text)]
    lines = {line for text in texts for line in text.splitlines()}
    return frozenset(lines | {line.upper() for line in lines})


@pytest.mark.parametrize("name", the_patterns())
def test_no_line_of_the_corpus_matches_without_one_of_the_words(name: str) -> None:
    pattern = the_patterns()[name]
    plain = re.compile(pattern.source, pattern.flags)

    missed = [line for line in the_lines() if plain.search(line) and not pattern.may_match(line)]

    assert missed == []


def test_a_text_without_the_words_compiles_nothing() -> None:
    # Compiling this one would raise.
    pattern = Pattern("(moved", needs=("moved",))

    assert pattern.search("Here as ever") is None
    assert pattern.match("Here as ever") is None
    assert list(pattern.finditer("Here as ever")) == []
    assert pattern.sub("", "Here as ever") == "Here as ever"
    assert pattern.split("Here as ever") == ["Here as ever"]


def test_a_text_with_a_word_in_any_case_is_searched() -> None:
    pattern = Pattern(r"\bmoved\b", re.IGNORECASE, needs=("moved",))

    assert pattern.search("It has MOVED on")
    assert pattern.match("Moved on")
    assert [match.start() for match in pattern.finditer("moved, Moved")] == [0, 7]
    assert pattern.sub("gone", "We moved") == "We gone"
    assert pattern.split("we moved on") == ["we ", " on"]
