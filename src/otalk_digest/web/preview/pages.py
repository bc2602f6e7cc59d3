"""Draws a page of the preview from its view; the templates beside it hold the words.

They are whole without a script. Nothing but markup is decided here: how findings of one rule
stand together, how long runs of a comparison fold, how a size reads.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import jinja2

from otalk_digest.compiled import kept_compiled
from otalk_digest.pipeline.readiness import Verdict
from otalk_digest.web.preview import panels
from otalk_digest.web.preview.panels import DiffLine, MarkedFinding
from otalk_digest.web.preview.view import Readiness, View

_PAGES: Final = Path(__file__).parent / "pages"
_PARTS: Final = {
    panels.FindingsPanel: "findings",
    panels.TextPanel: "text",
    panels.HeadersPanel: "headers",
    panels.SizePanel: "size",
    panels.LinksPanel: "links",
    panels.CalendarPanel: "calendar",
    panels.ClientsPanel: "clients",
    panels.SourcePanel: "source",
    panels.DiffPanel: "diff",
    panels.ReadersPanel: "readers",
    panels.EditPanel: "edit",
}
#: Of a run of unchanged lines, so many stay at either end.
_CONTEXT: Final = 2
#: The standing of an edition, as a maintainer would say it, and its tone.
_STANDINGS: Final = {
    "nothing asked": ("No approval is asked for", "calm"),
    "waiting": ("Waiting for approval", "wait"),
    "approved": ("Approved", "good"),
    "held": ("On hold", "stop"),
    "changed since approval": ("Changed since it was approved", "wait"),
    "sent": ("Sent", "calm"),
}
_MAY_LEAVE: Final = {"nothing asked": "Ready to send", "approved": "Approved, ready to send"}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the edition stands, in a few words."""

    text: str
    #: "good", "wait", "stop" or "calm": colour and sign.
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Neighbouring lines of a comparison; a folded one is unchanged and long."""

    lines: tuple[DiffLine, ...]
    is_folded: bool


def render_page(view: View, *, cache: Path | None = None) -> str:
    """Return the page; it asks for nothing but what lies under `view.base`.

    `cache` is a folder for compiled templates.
    """
    part = None if view.panel is None else _PARTS[type(view.panel)]
    template = _environment(cache).get_template("page.html.j2")
    return template.render(
        view=view,
        panel=view.panel,
        part=part,
        state=None if view.readiness is None else state_of(view.readiness),
        standing=None if view.readiness is None else standing_of(view.readiness),
    )


def render_bug(base: str, kind: str) -> str:
    """Return the page for a mistake of ours; what exactly it was may hold a reader's words."""
    return _environment(None).get_template("bug.html.j2").render(base=base, kind=kind)


def standing_of(readiness: Readiness) -> State:
    """Return what approval has come to."""
    text, tone = _STANDINGS.get(readiness.standing, (readiness.standing, "calm"))
    return State(text=text, tone=tone)


def state_of(readiness: Readiness) -> State:
    """Return the one thing to know before sending; what is on hold or gone comes first."""
    unmet = sum(verdict is Verdict.UNMET for _, verdict, _ in readiness.rows)
    is_open = any(verdict is Verdict.OPEN for _, verdict, _ in readiness.rows)
    if readiness.standing in {"held", "sent"}:
        return standing_of(readiness)
    if unmet:
        return State(text=f"Not ready: {unmet} to see to", tone="stop")
    if readiness.standing not in _MAY_LEAVE:
        return standing_of(readiness)
    text = _MAY_LEAVE[readiness.standing]
    return State(text=text, tone="wait" if is_open else "good")


@cache
def _environment(cache: Path | None) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        bytecode_cache=kept_compiled(cache, Path(__file__)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        by_rule=_by_rule, by_group=_by_group, kilobytes=_kilobytes, runs=_runs
    )
    environment.globals.update(
        without=_without, address_without=_address_without, share=_share, counted=counted
    )
    return environment


def _without(view: View, name: str) -> list[tuple[str, str]]:
    """Return what a form that asks for `name` has to repeat of the address."""
    return [(word, value) for word, value in view.choices if word != name]


def _address_without(view: View, name: str) -> str:
    return f"{view.base}?{urlencode(_without(view, name))}"


def _by_group(options: Iterable[panels.Option]) -> list[tuple[str, list[panels.Option]]]:
    return [(group, list(found)) for group, found in groupby(options, key=lambda one: one.group)]


def _by_rule(rows: Iterable[MarkedFinding]) -> list[list[MarkedFinding]]:
    """Return findings of one rule together, in the order in which each rule came first."""
    rules: dict[tuple[str, ...], list[MarkedFinding]] = {}
    for row in rows:
        found = row.finding
        rules.setdefault((found.level, found.rule, found.why, found.mend), []).append(row)
    return list(rules.values())


def _runs(lines: Sequence[DiffLine]) -> Iterator[Run]:
    """Yield the lines with what is unchanged folded but for its ends."""
    groups = [(kind, tuple(run)) for kind, run in groupby(lines, key=lambda line: line.kind)]
    for at, (kind, run) in enumerate(groups):
        head = 0 if at == 0 else _CONTEXT
        tail = 0 if at == len(groups) - 1 else _CONTEXT
        if kind != "same" or len(run) <= head + tail + 1:
            yield Run(lines=run, is_folded=False)
            continue
        yield Run(lines=run[:head], is_folded=False)
        yield Run(lines=run[head : len(run) - tail], is_folded=True)
        yield Run(lines=run[len(run) - tail :], is_folded=False)


def _kilobytes(size: int) -> str:
    return f"{size:,} bytes" if size < 1000 else f"{size / 1000:,.1f} KB"  # noqa: PLR2004 - below, a decimal of KB says less


def _share(value: int, limit: int) -> str:
    """Return a place on a meter whose limit stands at four fifths of its length."""
    return f"{min(100.0, 80 * value / max(limit, 1)):.1f}%"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many}"
