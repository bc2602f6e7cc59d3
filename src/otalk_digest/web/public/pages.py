"""Draws the public pages from templates/web, in the reader's language. Nothing is decided here."""

import contextlib
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse

from otalk_digest.digest.themes import Theme
from otalk_digest.errors import TemplateError
from otalk_digest.web.public.desk import PublicDesk

MESSAGE: Final = "message.html.j2"


def render_page(
    desk: PublicDesk, template: str, *, language: str | None = None, **values: object
) -> str:
    """Return a page as HTML. Raises TemplateError, which names file and line.

    Every page knows `words`, `publication`, `language` and `root`, the path before all of ours.
    """
    theme = speaking(desk, language)
    names: Mapping[str, object] = {
        "publication": desk.press.publication,
        "language": theme.language,
        "root": desk.root,
        **values,
    }
    return theme.render(template, names).strip() + "\n"


def page(
    desk: PublicDesk,
    template: str,
    *,
    status: int = 200,
    language: str | None = None,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Return a page as an answer."""
    html = render_page(desk, template, language=language, **values)
    return HTMLResponse(html, status_code=status, headers=headers)


def notice_page(
    desk: PublicDesk, name: str, *, status: int = 200, language: str | None = None
) -> HTMLResponse:
    """Return the page that only says something: a title and a text of `[said.NAME]`."""
    return page(desk, MESSAGE, status=status, language=language, name=name)


def speaking(desk: PublicDesk, language: str | None) -> Theme:
    """Return the pages in a reader's language, or in the publication's where they lack it."""
    own = desk.press.publication.language
    wanted = language or own
    if wanted not in desk.spoken:
        desk.spoken[wanted] = in_language(desk.pages, wanted, own)
    return desk.spoken[wanted]


def in_language(pages: Theme, *wanted: str) -> Theme:
    """Return the pages in the first of these languages that they know."""
    for tag in wanted:
        with contextlib.suppress(TemplateError):
            return pages.speaking(tag)
    # A community whose language the pages do not know reads them in the one they are written in.
    return pages.speaking(str(pages.words["language"]))
