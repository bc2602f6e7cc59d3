"""Which mail program lacks what: the facts of caniemail.com in caniemail.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something that at least one of our mail programs lacks."""

    #: As caniemail writes it, e.g. "border-radius".
    title: str
    #: One letter a program, in the order of `Facts.clients`: yes, no, almost, unknown.
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What caniemail.com said on a day."""

    #: Of the npm package.
    version: str
    #: ISO 8601.
    date: str
    #: Names that people know, in caniemail's order of ours.
    clients: tuple[str, ...]
    #: By caniemail's name, e.g. "css-border-radius".
    features: Mapping[str, Feature]

    def lacking(self, slug: str) -> tuple[str, ...]:
        """Return the programs that do not support a feature at all."""
        feature = self.features.get(slug)
        letters = "" if feature is None else feature.support
        return tuple(
            client for client, letter in zip(self.clients, letters, strict=False) if letter == "n"
        )


@cache
def facts() -> Facts:
    """Read the file that came with the program, once."""
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return Facts(
        version=read["version"],
        date=read["date"],
        clients=tuple(read["clients"].values()),
        features={
            slug: Feature(title=fact["title"], support=fact["support"])
            for slug, fact in read["features"].items()
        },
    )
