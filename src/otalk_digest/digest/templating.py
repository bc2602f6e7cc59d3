"""What a template is compiled with and what it may do: the other home of jinja2.

Templates hold loops and ifs only; undefined names and absent values fail with their place, and
nothing of a post is ever compiled as a template. Nothing that one does goes on without an end:
steps are counted, output is bounded, and Python's insides are out of reach.
"""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from otalk_digest.compiled import kept_compiled
from otalk_digest.digest import wording

#: Two hundred items with forty questions each take a tenth of it; a machine, a second.
STEPS_MOST: Final = 200_000
#: Characters of one file. Twenty times what any client shows uncut.
OUTPUT_MOST: Final = 2_000_000


@dataclass(slots=True)
class _Meter:
    """How many steps one rendering has taken."""

    steps: int = 0


_meter: ContextVar[_Meter] = ContextVar("meter")


class TooMuchError(jinja2.TemplateRuntimeError):
    """A template that would go on and on."""


@contextlib.contextmanager
def metered() -> Iterator[None]:
    """Count what one rendering does; outside of this, templates do not run."""
    token = _meter.set(_Meter())
    try:
        yield
    finally:
        _meter.reset(token)


class _Counting(CodeGenerator):
    """Writes a step at the head of every body: of a template, a macro, a loop, an if."""

    def blockvisit(self, nodes: Iterable[jinja2.nodes.Node], frame: Frame) -> None:
        self.writeline("environment.step()")
        super().blockvisit(nodes, frame)


class Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, whose templates come to an end."""

    code_generator_class = _Counting
    #: "x" * 10**9 and 9**9**9 are endless too.
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Jinja's own, whatever they are
        self._safe: dict[tuple[type, str], bool] = {}
        super().__init__(**options)

    def step(self) -> None:
        """Take one step. Raises TooMuchError after the last one."""
        meter = _meter.get()
        meter.steps += 1
        if meter.steps > STEPS_MOST:
            raise TooMuchError(
                f"more than {STEPS_MOST:,} steps: loops in loops, or macros that call each other"
            )

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Ask the sandbox once for each type: it is asked a thousand times a digest."""
        key = (type(obj), attr)
        if key not in self._safe:
            self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return self._safe[key]

    def call_binop(
        self, context: jinja2.runtime.Context, operator: str, left: object, right: object
    ) -> object:
        """Multiply numbers, and nothing else."""
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"{operator} is for numbers that are multiplied")
        return super().call_binop(context, operator, left, right)

    @staticmethod
    def concat(chunks: Iterable[str]) -> str:
        """Join what a template or a macro gives out. Raises TooMuchError where it is too much."""
        kept: list[str] = []
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > OUTPUT_MOST:
                _stop(chunks)
            kept.append(chunk)
        return "".join(kept)


def _stop(chunks: Iterable[str]) -> None:
    """Raise where the template stands, so that the error knows its line."""
    error = TooMuchError(f"more than {OUTPUT_MOST:,} characters come out")
    if isinstance(chunks, Generator):
        chunks.throw(error)
    raise error


def make_environment(places: Sequence[Path], cache: Path | None) -> Environment:
    """Make what compiles the templates of these folders; the first that has a file wins."""
    environment = Environment(
        loader=jinja2.FileSystemLoader(list(places)),
        bytecode_cache=kept_compiled(cache, Path(__file__)),
        # select_autoescape() looks at the last extension and would leave .html.j2 bare.
        autoescape=_is_html,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        # Folding constants costs a fifth of compiling and finds none here.
        optimized=False,
    )
    # Loops and ifs only: without `range` a template ends.
    environment.globals.clear()
    environment.filters |= {
        "breakable": wording.breakable,
        "calm": wording.calm,
        "clip": wording.clip,
        "fill": _fill,
        "fit": wording.fit,
        "isolate": _isolate,
        "listed": wording.join,
    }
    return environment


def _is_html(file: str | None) -> bool:
    return file is not None and file.endswith(".html.j2")


@jinja2.pass_eval_context
def _finalize(context: jinja2.nodes.EvalContext, value: object) -> object:
    """Look at every value on its way out: the one place that makes text fit for a mail."""
    if value is None:
        raise jinja2.UndefinedError("a value is absent here: ask for it with an if")
    if isinstance(value, Markup):
        return value
    text = wording.strip_unfit(str(value))
    return text if context.autoescape else wording.break_marks(text)


def _isolate(names: Sequence[str], last: str) -> Markup:
    """List names, each with its own direction: an Arabic name turns nothing else round."""
    marked = [
        Markup('<span dir="auto">{}</span>').format(wording.breakable(wording.strip_unfit(name)))
        for name in names
    ]
    return Markup(wording.join(marked, escape(last)))  # noqa: S704 - every part is escaped above


@jinja2.pass_eval_context
def _fill(context: jinja2.nodes.EvalContext, pattern: str, **values: object) -> str:
    """Put values into a pattern of the theme's words."""
    try:
        return (escape(pattern) if context.autoescape else pattern).format(**values)
    except (LookupError, ValueError) as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise jinja2.TemplateRuntimeError(
            f"the words {pattern!r} cannot be filled in: here is {known or 'nothing'}"
        ) from error
