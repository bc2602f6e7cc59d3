"""Names that caniemail gives to properties and values. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from otalk_digest.check.stylesheet import URL, Declaration

_VENDOR: Final = re.compile(r"-(?:webkit|moz|ms|o)-")
#: Properties by another name than their own.
_RENAMED: Final = {
    **dict.fromkeys(("border-inline", "border-block"), "css-border-inline-block"),
    **{
        f"border-{axis}-{side}": "css-border-inline-block-individual"
        for axis in ("inline", "block")
        for side in ("start", "end")
    },
    **dict.fromkeys(("margin-inline", "margin-block"), "css-margin-inline-block"),
    **dict.fromkeys(("padding-inline", "padding-block"), "css-padding-inline-block"),
    **dict.fromkeys(("block-size", "inline-size"), "css-block-inline-size"),
    **dict.fromkeys(("left", "right", "top", "bottom"), "css-left-right-top-bottom"),
    **dict.fromkeys(("gap", "grid-gap", "column-gap", "row-gap"), "css-gap"),
    "columns": "css-column-layout-properties",
    "column-count": "css-column-count",
    "mask": "css-mask-image",
    "outline-offset": "css-outline-offset",
    "text-emphasis-position": "css-text-emphasis-position",
}
#: Families of properties: the first beginning that fits.
_FAMILIES: Final = (
    ("--", "css-variables"),
    ("border-start-", "css-border-radius-logical"),
    ("border-end-", "css-border-radius-logical"),
    ("border-image-", "css-border-image"),
    ("border-inline-", "css-border-inline-block-longhand"),
    ("border-block-", "css-border-inline-block-longhand"),
    ("margin-inline-", "css-margin-inline-start-end"),
    ("margin-block-", "css-margin-block-start-end"),
    ("padding-inline-", "css-padding-inline-start-end"),
    ("padding-block-", "css-padding-block-start-end"),
    ("inset-", "css-inset"),
    ("column-", "css-column-layout-properties"),
    ("grid-template-", "css-grid-template"),
    ("mask-", "css-mask-image"),
    ("text-emphasis-", "css-text-emphasis"),
    ("overflow-x", "css-overflow"),
    ("overflow-y", "css-overflow"),
    *((f"{name}-", f"css-{name}") for name in ("animation", "outline", "scroll-snap")),
    ("transition-", "css-transition"),
)
_FUNCTIONS: Final = {
    "calc": "css-unit-calc",
    "rgba": "css-rgba",
    "var": "css-variables",
    **{name: f"css-function-{name}" for name in ("clamp", "light-dark", "max", "min")},
    **dict.fromkeys(("lch", "oklch", "lab", "oklab"), "css-modern-color"),
    **{
        f"{repeat}{shape}-gradient": f"css-{shape}-gradient"
        for repeat in ("", "repeating-")
        for shape in ("conic", "linear", "radial")
    },
}
_WORDS: Final = {
    "initial": "css-unit-initial",
    "fit-content": "css-intrinsic-size",
    "max-content": "css-intrinsic-size",
    "min-content": "css-intrinsic-size",
    "system-ui": "css-sytem-ui",
    "ui-serif": "css-sytem-ui",
    "ui-sans-serif": "css-sytem-ui",
    "ui-rounded": "css-sytem-ui",
    "ui-monospace": "css-sytem-ui",
}
_UNITS: Final = frozenset({"ch", "rem", "vh", "vmax", "vmin", "vw"})
#: A shorthand that says what has a name of its own.
_WITH_URL: Final = {
    "background": "css-background-image",
    "border-image-source": "css-border-image",
    "list-style": "css-list-style-image",
}


@lru_cache(maxsize=2048)
def features_of(declaration: Declaration) -> tuple[str, ...]:
    """Return the names of what a declaration uses, each once."""
    return tuple(dict.fromkeys(_features(declaration)))


def _features(declaration: Declaration) -> Iterator[str]:
    name = _VENDOR.sub("", declaration.name, count=1)
    yield _property(name)
    if URL in declaration.functions and name in _WITH_URL:
        yield _WITH_URL[name]
    yield from (_FUNCTIONS[each] for each in sorted(declaration.functions) if each in _FUNCTIONS)
    yield from (f"css-unit-{unit}" for unit in sorted(declaration.units & _UNITS))
    words = re.split(r"[\s,]+", declaration.value)
    yield from (_WORDS[word] for word in words if word in _WORDS)
    if name == "display":
        yield from (f"css-display-{word.rpartition('inline-')[2]}" for word in words)
    if name == "list-style" and {"inside", "outside"} & set(words):
        yield "css-list-style-position"


def _property(name: str) -> str:
    if name in _RENAMED:
        return _RENAMED[name]
    for beginning, slug in _FAMILIES:
        if name.startswith(beginning):
            return slug
    return "css-border-radius" if name.endswith("-radius") else f"css-{name}"
