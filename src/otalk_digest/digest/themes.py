"""A theme is a folder of templates and words: one home of jinja2, beside `templating`.

Folders are looked through in order, file by file: a file of the same name in an earlier
folder stands in for the bundled one. `words/de.toml` lays German over the theme's own words.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

import jinja2
from markupsafe import Markup

from otalk_digest.digest.languages import fallbacks, is_same_language, lay_over
from otalk_digest.digest.templating import Environment, make_environment, metered
from otalk_digest.errors import TemplateError

WORDS: Final = "theme.toml"
SUBJECT: Final = "subject.txt.j2"
PREHEADER: Final = "preheader.txt.j2"
HTML: Final = "digest.html.j2"
TEXT: Final = "digest.txt.j2"
INLINE_CSS: Final = "inline.css"
CLIENT_CSS: Final = "client.css"
#: Where words of other languages lie, in files that are named for them.
LANGUAGES: Final = "words"
#: The folder of the public web's pages, and their style.
PAGES: Final = "web"
PAGE_CSS: Final = "page.css"
FILES: Final = (WORDS, SUBJECT, PREHEADER, HTML, TEXT, INLINE_CSS, CLIENT_CSS)

_LOOP: Final = "templates or macros that take in themselves, without an end"
#: What a template can do wrong while it runs.
_FAULTS: Final = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A loaded theme. Its templates are compiled once and serve every variant."""

    name: str
    #: Its folders, the maintainer's own first.
    places: tuple[Path, ...]
    words: Mapping[str, Any]
    #: BCP 47; None as long as nobody asked for one.
    language: str | None = None
    environment: Environment
    inline_css: str
    client_css: str

    def speaking(self, language: str) -> "Theme":
        """Return the theme in this language (BCP 47); it shares the compiled templates.

        For "de-AT", words/de-AT.toml lies over words/de.toml, and that over theme.toml. Raises
        TemplateError when a file is broken, or the theme's own words are in another language and
        no file has these.
        """
        tags = fallbacks(language)
        files = [file for tag in reversed(tags) for file in self._find_words(tag)]
        own = self.words.get("language")
        if not files and own is not None and not is_same_language(own, language):
            raise TemplateError(
                f"theme {self.name} has no words in {tags[0]}: write"
                f" {self.places[0] / LANGUAGES / tags[-1]}.toml"
            )
        words = self.words
        for file in files:
            words = lay_over(words, _read_words(file), str(file))
        return replace(self, words=words, language=tags[0])

    def languages(self) -> tuple[str, ...]:
        """Return the languages that it has words in, its own first."""
        files = (file for place in self.places for file in (place / LANGUAGES).glob("*.toml"))
        own = str(self.words["language"])
        return (own, *sorted({file.stem for file in files} - {own}))

    def _find_words(self, tag: str) -> Iterator[Path]:
        paths = (place / LANGUAGES / f"{tag}.toml" for place in self.places)
        yield from [path for path in paths if path.is_file()][:1]

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Render one file of the theme. Raises TemplateError that names file and line."""
        names = {"words": self.words, "css": self._css(), **context}
        try:
            with metered():
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
                f"theme {self.name}: {self._words_file} needs a text {key} in [{table}]"
                f" that uses no other braces than {', '.join(values) or 'none'}"
            ) from fault

    @property
    def _words_file(self) -> str:
        return WORDS if self.language is None else f"{WORDS}, or {LANGUAGES}/ in {self.language},"

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
        places=tuple(places),
        words=_read_words(paths[WORDS]),
        environment=make_environment(places, cache),
        inline_css=_read(paths[INLINE_CSS]),
        client_css=_read(paths[CLIENT_CSS]),
    )


def load_pages(*, folders: Sequence[Path], cache: Path | None = None) -> Theme:
    """Load what the public web pages are made of: a theme that makes no e-mails.

    Raises TemplateError when a file is missing or cannot be read.
    """
    places = [folder / PAGES for folder in folders if (folder / PAGES).is_dir()]
    return Theme(
        name=PAGES,
        places=tuple(places),
        words=_read_words(_find(WORDS, PAGES, places)),
        environment=make_environment(places, cache),
        inline_css="",
        client_css=_read(_find(PAGE_CSS, PAGES, places)),
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


def _template_error(theme: str, template: str, fault: Exception) -> TemplateError:
    if isinstance(fault, jinja2.TemplateSyntaxError):
        place = f"{fault.filename or fault.name or template}, line {fault.lineno}"
    else:
        frames = [f for f in extract_tb(fault.__traceback__) if f.filename.endswith(".j2")]
        place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else template
    said = _LOOP if isinstance(fault, RecursionError) else fault
    return TemplateError(f"theme {theme}: {place}: {said}")
