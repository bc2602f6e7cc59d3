"""Bars as SVG that stretch to any width; what they say stands beside them as text. Pure.

Letters in a picture shrink with it, so there are none: the scale is text around the picture,
and every picture is followed by its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_HEIGHT: Final = 100
#: Of the room of one bar; the rest stands between it and the next.
_FULL: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of the bars: a number for each label, None where nothing was counted."""

    name: str
    #: The class that has its colour.
    css: str
    values: tuple[int | None, ...]


def draw_bars(name: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Return a figure of stacked bars from zero; `name` is its place in the page."""
    heights = [sum(each.values[place] or 0 for each in series) for place in range(len(labels))]
    most = max(heights, default=0)
    rects = "".join(
        rect for place in range(len(labels)) for rect in _stack(place, series, most or 1)
    )
    legend = "".join(
        f'<li><span class="swatch {each.css}"></span>{escape(each.name)}</li>' for each in series
    )
    key = f'<ul class="legend">{legend}</ul>\n' if len(series) > 1 else ""
    ends = [labels[0], labels[-1]] if len(labels) > 1 else list(labels)
    sides = "".join(f"<span>{escape(end)}</span>" for end in ends)
    return (
        f'<figure>\n<figcaption>{escape(title)}</figcaption>\n{key}<p class="most">{most:,}</p>\n'
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {len(labels) or 1} {_HEIGHT}" preserveAspectRatio="none">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(_said(labels, heights))}</desc>\n'
        f"{rects}</svg>\n"
        f'<p class="ends">{sides}</p>\n</figure>\n'
    )


def _stack(place: int, series: Sequence[Series], most: int) -> list[str]:
    found, bottom = [], float(_HEIGHT)
    for each in series:
        value = each.values[place] or 0
        if value:
            # What was counted is never without a bar.
            height = max(_HEIGHT * value / most, 0.7)
            bottom -= height
            left = place + (1 - _FULL) / 2
            found.append(
                f'<rect class="{each.css}" x="{left:.2f}" y="{max(bottom, 0):.2f}" '
                f'width="{_FULL}" height="{height:.2f}"/>'
            )
    return found


def _said(labels: Sequence[str], heights: Sequence[int]) -> str:
    """Return what the bars show, in words."""
    if not labels:
        return "Nothing was counted."
    high = max(range(len(heights)), key=heights.__getitem__)
    bars = "1 bar" if len(labels) == 1 else f"{len(labels)} bars"
    return (
        f"{bars}, from {labels[0]} ({heights[0]:,}) to {labels[-1]} "
        f"({heights[-1]:,}); the highest is {labels[high]} ({heights[high]:,}). "
        "The table below has every number."
    )
