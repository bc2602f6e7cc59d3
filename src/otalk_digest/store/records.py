"""Nouns to JSON and back, for the columns that keep them whole."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def to_json(noun: object) -> str:
    """Return the noun as JSON, byte for byte the same for the same noun."""
    return msgspec.json.encode(noun, order="deterministic").decode()


def from_json(record: str, kind: type[T]) -> T:
    """Return the noun that `to_json` wrote."""
    return msgspec.json.decode(record, type=kind)
