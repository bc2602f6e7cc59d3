"""A letter to one reader about their own subscription becomes a variant. Pure.

It is rendered like a digest, with a theme's `letter.html.j2` and `letter.txt.j2` and the words
of `[letter.KIND]`.
"""

from typing import Final

from otalk_digest.digest import wording
from otalk_digest.digest.inline import inline_css
from otalk_digest.digest.placeholders import token, used_placeholders
from otalk_digest.digest.themes import Theme
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.edition import Field, LetterKind, Publication, Variant

HTML: Final = "letter.html.j2"
TEXT: Final = "letter.txt.j2"


def render_letter(
    kind: LetterKind,
    *,
    theme: Theme,
    publication: Publication,
    profile: ChatProfile,
    token_prefix: str,
) -> Variant:
    """Render a letter. Raises TemplateError, which names file and line."""
    name = publication.name
    table = f"letter_{kind}"
    subject = wording.one_line(theme.phrase(table, "subject", name=name))
    preheader = wording.one_line(theme.phrase(table, "preheader", name=name))
    context = {
        "kind": str(kind),
        "letter": {
            key: theme.phrase(table, key, name=name) for key in ("title", "text", "after", "why")
        },
        "button": theme.phrase(table, "button"),
        "action": "confirm_url" if kind is LetterKind.CONFIRMATION else "preferences_url",
        "subject": subject,
        "preheader": preheader,
        "publication": publication,
        "language": theme.language or publication.language,
        "blog_url": wording.web_address(publication.blog_url),
        "links": (),
        "left_out": 0,
        "is_reminder": False,
        "why": theme.phrase(table, "why", name=name),
        "profile": profile,
        "mark": {
            part: {
                field.value: token(token_prefix, field, is_html=part == "html") for field in Field
            }
            for part in ("html", "text")
        },
    }
    html = inline_css(theme.render(HTML, context).strip() + "\n")
    text = wording.tidy(wording.wrap(theme.render(TEXT, context)))
    return Variant(
        segment=str(kind),
        subject=subject,
        preheader=preheader,
        html=html,
        text=text,
        calendar=None,
        placeholders=used_placeholders(token_prefix, (), html=html, text=text),
        zone_values={},
        greeting_named=theme.phrase("greeting", "named", name="{name}"),
        greeting_unnamed=theme.phrase("greeting", "unnamed"),
        news_ids=(),
    )
