"""Names that caniemail gives to properties and values. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from otalk_digest.check.stylesheet import URL, Declaration

_VENDOR: Final = re.compile(r"-(?:webkit|moz|ms|o)-")
#: Properties by another name than their own, the first that fits.
_RENAMED: Final = (
    (re.compile(r"--.*"), "css-variables"),
    (re.compile(r"border-(?:start|end)-(?:start|end)-radius"), "css-border-radius-logical"),
    (re.compile(r"border-.*radius"), "css-border-radius"),
    (re.compile(r"border-image-.*"), "css-border-image"),
    (re.compile(r"border-(?:inline|block)"), "css-border-inline-block"),
    (re.compile(r"border-(?:inline|block)-(?:start|end)"), "css-border-inline-block-individual"),
    (re.compile(r"border-(?:inline|block)-.*"), "css-border-inline-block-longhand"),
    (re.compile(r"margin-(?:inline|block)"), "css-margin-inline-block"),
    (re.compile(r"margin-inline-.*"), "css-margin-inline-start-end"),
    (re.compile(r"margin-block-.*"), "css-margin-block-start-end"),
    (re.compile(r"padding-(?:inline|block)"), "css-padding-inline-block"),
    (re.compile(r"padding-inline-.*"), "css-padding-inline-start-end"),
    (re.compile(r"padding-block-.*"), "css-padding-block-start-end"),
    (re.compile(r"(?:block|inline)-size"), "css-block-inline-size"),
    (re.compile(r"left|right|top|bottom"), "css-left-right-top-bottom"),
    (re.compile(r"inset-.*"), "css-inset"),
    (re.compile(r"(?:grid-|column-|row-)?gap"), "css-gap"),
    (re.compile(r"columns|column-(?!count).*"), "css-column-layout-properties"),
    (re.compile(r"grid-template-.*"), "css-grid-template"),
    (
        re.compile(r"(overflow|transition|animation|scroll-snap|outline)-(?!offset|wrap).*"),
        r"css-\1",
    ),
    (re.compile(r"mask(?:-.*)?"), "css-mask-image"),
    (re.compile(r"text-emphasis-(?!position).*"), "css-text-emphasis"),
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
    for pattern, slug in _RENAMED:
        found = pattern.fullmatch(name)
        if found is not None:
            return found.expand(slug)
    return f"css-{name}"
