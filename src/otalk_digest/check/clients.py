"""Rules about what mail programs leave out, and what that costs a reader. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from otalk_digest.check.caniemail import facts
from otalk_digest.check.features import Use, used
from otalk_digest.check.mail import Mail
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Place

#: What may be missing although it stands outside of the style block: each fails softly.
SOFT: Final[Mapping[str, str]] = {
    "css-border-radius": "Corners are square.",
    "css-display-none": "The preheader shows as a first line; its words are true there too.",
    "css-white-space": "A date or a number beside a bar may take two lines.",
    "css-word-break": "Only a word longer than a line would stick out, and the next setting or "
    "the program's own breaks it.",
    "html-body": "The first element inside carries colours, language and direction again.",
    "html-doctype": "Tables with everything set to 0 come out the same by the old rules.",
    "html-meta-color-scheme": "The program chooses light or dark itself; both are legible.",
}
#: What the style block may add, where the reason is not the usual one.
_BLOCK_SOFT: Final[Mapping[str, str]] = {
    "css-at-media": "The page keeps its wide margins on a phone, and its light colours.",
    "css-at-media-prefers-color-scheme": "The page keeps its light colours, or the program "
    "darkens it by itself; bars and words keep their contrast.",
    "css-color-scheme": "The meta and the colours in style attributes say it too.",
    "css-pseudo-class-hover": "The line under a link stays as thin as it is.",
    "css-text-decoration-thickness": "The line under a link stays as thin as it is.",
    "css-selector-attribute": "Only Outlook's own dark mode needs it, and Outlook reads it there.",
    "html-style": "All that matters stands in style attributes.",
}
#: What a rule of its own reports: one fault, one finding.
_SAID_ELSEWHERE: Final = frozenset(
    (
        *("css-background-image", "css-float", "css-list-style-image", "css-position"),
        *("css-display-flex", "css-display-grid", "css-flex-direction", "css-flex-wrap"),
        *("css-grid-template", "html-anchor-links", "html-aria-label", "html-srcset"),
        *(f"html-{tag}" for tag in ("audio", "base", "form", "link", "object", "picture")),
        *(f"html-{tag}" for tag in ("select", "svg", "textarea", "video")),
        *(f"html-button-{kind}" for kind in ("reset", "submit")),
        *(f"html-input-{kind}" for kind in ("checkbox", "hidden", "radio", "reset", "submit")),
        "html-input-text",
        *(f"image-{kind}" for kind in ("apng", "avif", "base64", "hdr", "heif", "ico", "mp4")),
        *(f"image-{kind}" for kind in ("svg", "tiff", "webp")),
    )
)
_QUIET: Final = _SAID_ELSEWHERE | set(SOFT)
_BLOCK_USUAL: Final = "It stands in the style block only; style attributes hold without it."
_HARMFUL: Final = "Not harmless: a finding says where it stands."


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One feature that a program leaves out."""

    #: E.g. "border-radius".
    feature: str
    is_harmless: bool
    #: What becomes of it, and why that is harmless where it is.
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLoss:
    """What one mail program leaves out of a mail."""

    client: str
    lost: tuple[Loss, ...]


def losses(mail: Mail) -> tuple[ClientLoss, ...]:
    """Return what each program leaves out, also programs that leave out nothing."""
    known = facts()
    found = {slug: _loss(slug, is_inline=is_inline) for slug, is_inline in _slugs(mail).items()}
    return tuple(
        ClientLoss(
            client=client,
            lost=tuple(loss for slug, loss in found.items() if client in known.lacking(slug)),
        )
        for client in known.clients
    )


def source() -> str:
    """Return where the facts come from, and of when, in words."""
    return f"caniemail.com, as of {facts().date} (npm package {facts().version}, MIT License)"


def _slugs(mail: Mail) -> Mapping[str, bool]:
    """Return what is used that someone lacks, and whether outside of the style block."""
    known, found = facts().features, dict[str, bool]()
    for use in used(mail, known):
        found[use.slug] = found.get(use.slug, False) or use.block is None
    return found


def _loss(slug: str, *, is_inline: bool) -> Loss:
    title = facts().features[slug].title
    if not is_inline:
        why = _BLOCK_SOFT.get(slug, _BLOCK_USUAL)
        return Loss(feature=title, is_harmless=True, why=why)
    return Loss(feature=title, is_harmless=slug in SOFT, why=SOFT.get(slug, _HARMFUL))


def _unsupported(mail: Mail) -> Iterator[Place]:
    first: dict[str, Use] = {}
    for use in used(mail, facts().features.keys() - _QUIET):
        if use.block is None:
            first.setdefault(use.slug, use)
    for use in first.values():
        yield _place(use)


def _place(use: Use) -> Place:
    place, lacking = use.place, facts().lacking(use.slug)
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return Place(
        part=place.part,
        excerpt=f"{use.said[:80]}: not in {lacking[0]}{more}",
        line=place.line,
        path=place.path,
    )


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="client-support",
        level=Level.MUST,
        why="A program that readers use does not know it, and it does not fail softly "
        "(caniemail.com).",
        mend="Say it in another way, or move it into the style block if the mail does without.",
        find=_unsupported,
    ),
)
