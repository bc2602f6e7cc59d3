"""Style rules into style attributes: the home of premailer.

Imported where it is used, because the import costs as much as the work and most runs have
nothing to render.
"""

import logging
from functools import cache
from typing import Any

from otalk_digest.errors import TemplateError
from otalk_digest.memory import leaving_out

DOCTYPE = "<!DOCTYPE html>"


def inline_css(page: str) -> str:
    """Move the rules of the unmarked style block into the elements; ask the network nothing.

    The block marked `data-premailer="ignore"` comes out byte for byte. Raises TemplateError
    when the page does not begin with the one doctype that premailer keeps.
    """
    if not page.startswith(DOCTYPE):
        raise TemplateError(f"digest.html.j2 must begin with {DOCTYPE}, in exactly that spelling")
    inliner = _premailer()(
        page,
        # A stylesheet that a page names is never fetched.
        allow_network=False,
        # Three quarters of the time, and no use to us: the rules are the project's own.
        disable_validation=True,
        preserve_internal_links=True,
        cssutils_logging_level=logging.CRITICAL,
    )
    inlined: str = inliner.transform(pretty_print=False)
    return inlined


@cache
def _premailer() -> Any:  # noqa: ANN401 - the package is untyped
    # Half of what it loads is what would fetch stylesheets.
    with leaving_out("requests"):
        from premailer import Premailer  # noqa: PLC0415 - heavy, and needed here only
    return Premailer
