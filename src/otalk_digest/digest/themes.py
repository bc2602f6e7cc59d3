"""A theme is a folder of templates and words: the home of jinja2.

Folders are looked through in order, file by file: a file of the same name in an earlier
folder stands in for the bundled one. Templates hold loops and ifs only; undefined names and
absent values fail with their place, and nothing of a post is ever compiled as a template.
Compiled templates are kept in the account's cache, because compiling takes as long as inlining.
"""

import contextlib
import hashlib
import os
import pickle
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from traceback import extract_tb
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from otalk_digest.digest import wording
from otalk_digest.errors import TemplateError

WORDS: Final = "theme.toml"
SUBJECT: Final = "subject.txt.j2"
PREHEADER: Final = "preheader.txt.j2"
HTML: Final = "digest.html.j2"
TEXT: Final = "digest.txt.j2"
INLINE_CSS: Final = "inline.css"
CLIENT_CSS: Final = "client.css"
FILES: Final = (WORDS, SUBJECT, PREHEADER, HTML, TEXT, INLINE_CSS, CLIENT_CSS)

#: What a template can do wrong while it runs.
_FAULTS: Final = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A loaded theme. Its templates are compiled once and serve every variant."""

    name: str
    words: Mapping[str, Any]
    environment: jinja2.Environment
    inline_css: str
    client_css: str

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Render one file of the theme. Raises TemplateError that names file and line."""
        names = {"words": self.words, "css": self._css(), **context}
        try:
            return self.environment.get_template(template).render(names)
        except _FAULTS as fault:
            raise _template_error(self.name, template, fault) from fault

    def phrase(self, table: str, key: str, **values: object) -> str:
        """Fill one of the theme's words. Raises TemplateError when it is missing or broken."""
        try:
            pattern: str = self.words[table][key]
            return pattern.format(**values)
        except _FAULTS as fault:
            raise TemplateError(
                f"theme {self.name}: {WORDS} needs a text {key} in [{table}]"
                f" that uses no other braces than {', '.join(values) or 'none'}"
            ) from fault

    def _css(self) -> dict[str, Markup]:
        # Whole files, never compiled: `{#` in minified rules would open a comment of Jinja.
        return {"inline": Markup(self.inline_css), "client": Markup(self.client_css)}  # noqa: S704 - the theme's own files


def load_theme(name: str, *, folders: Sequence[Path], cache: Path | None = None) -> Theme:
    """Load a theme by name; the first folder that has a file wins.

    `cache` is a folder for compiled templates; one that is not ours alone is left unused.

    Raises TemplateError when no folder has the theme, or a file is missing or cannot be read.
    """
    places = [folder / name for folder in folders if (folder / name).is_dir()]
    if not places:
        looked = ", ".join(str(folder) for folder in folders)
        raise TemplateError(f"there is no theme {name!r} in {looked}: make a folder of that name")
    paths = {file: _find(file, name, places) for file in FILES}
    return Theme(
        name=name,
        words=_read_words(paths[WORDS]),
        environment=_environment(places, cache),
        inline_css=_read(paths[INLINE_CSS]),
        client_css=_read(paths[CLIENT_CSS]),
    )


def _find(file: str, name: str, places: Sequence[Path]) -> Path:
    for place in places:
        if (place / file).is_file():
            return place / file
    looked = ", ".join(str(place) for place in places)
    raise TemplateError(f"theme {name} lacks {file}: put one into {looked}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error


def _read_words(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path} is not TOML: {error}") from error


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Jinja's own, known by path and content; trouble with the disk costs time, nothing else."""

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            # Cut short, as by a power failure.
            bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled(cache: Path | None) -> _Compiled | None:
    """What is kept depends on this file and on Jinja, so another version has another folder."""
    if cache is None:
        return None
    try:
        makers = Path(__file__).read_bytes() + jinja2.__version__.encode()
        folder = cache / hashlib.sha256(makers).hexdigest()[:16]
        is_private = _make_private(cache) and _make_private(folder)
    except OSError:
        return None
    return _Compiled(str(folder)) if is_private else None


def _make_private(folder: Path) -> bool:
    """Whether nobody else can put code there for us to run; makes the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    return S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _environment(places: Sequence[Path], cache: Path | None) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(list(places)),
        bytecode_cache=_compiled(cache),
        # select_autoescape() looks at the last extension and would leave .html.j2 bare.
        autoescape=_is_html,  # noqa: S701 - on for HTML, off for text, where it would show
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
    if context.autoescape:
        return escape(pattern).format(**values)
    return pattern.format(**values)


def _template_error(theme: str, template: str, fault: Exception) -> TemplateError:
    if isinstance(fault, jinja2.TemplateSyntaxError):
        place = f"{fault.filename or fault.name or template}, line {fault.lineno}"
    else:
        frames = [f for f in extract_tb(fault.__traceback__) if f.filename.endswith(".j2")]
        place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else template
    return TemplateError(f"theme {theme}: {place}: {fault}")
