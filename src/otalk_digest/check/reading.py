"""Rules about how words are set: fonts, sizes, lines, sides, capitals, lists. Pure."""

from collections.abc import Iterator
from typing import Final

from otalk_digest.check.listing import typed_lists
from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.check.stylesheet import Declaration
from otalk_digest.check.styling import blocks, declared, value_of
from otalk_digest.check.typeset import Setting, families, lines, pixels, resized, sizes, texts
from otalk_digest.model.finding import Level, Place

#: CSS pixels.
SIZE_LEAST: Final = 14.0
#: Lines to the size of their letters: for text, and for what is at least so large.
LINE_LEAST: Final = 1.4
LARGE: Final = 20.0
LARGE_LINE_LEAST: Final = 1.2
#: Characters of about two lines on a phone.
CENTRED_MOST: Final = 100
_GENERIC: Final = frozenset({"serif", "sans-serif", "monospace", "cursive", "fantasy"})
_AS_AROUND: Final = frozenset({"inherit", "unset"})
_BLOCKS: Final = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "div", "dd", "blockquote")
)
_CAPS: Final = frozenset({"font-variant", "font-variant-caps", "font"})
#: Rounding of em and pt.
_A_HAIR: Final = 0.001


def _stacks(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        stack = families(stated.declaration)
        if stack is not None and stack not in _AS_AROUND and not _ends_well(stack):
            yield stated.place
    for text in texts(mail):
        if text.setting.family is None:
            yield at(text.element, f"no font for: {text.words}")


def _ends_well(stack: str) -> bool:
    return stack.rsplit(",", 1)[-1].strip() in _GENERIC


def _small(mail: Mail) -> Iterator[Place]:
    for text in texts(mail):
        size = text.setting.size
        if size is not None and size < SIZE_LEAST - _A_HAIR:
            yield at(text.element, f"{size:g}px: {text.words}")
    for block in blocks(mail):
        for rule in block.sheet.rules:
            if value_of(rule.declarations, "display") == "none":
                continue
            for declaration in rule.declarations:
                if _is_small(declaration):
                    yield block.at(declaration.line, f"{rule.selector} {{ {declaration} }}")


def _is_small(declaration: Declaration) -> bool:
    value = sizes(declaration)
    size = None if value is None else resized(value, None)
    return size is not None and size < SIZE_LEAST - _A_HAIR


def _tight(mail: Mail) -> Iterator[Place]:
    for text in texts(mail):
        said = _tightness(text.setting)
        if said is not None:
            yield at(text.element, f"{said}: {text.words}")
    for block in blocks(mail):
        for rule in block.sheet.rules:
            size, line = _last(rule.declarations)
            if size is not None and line is not None and line < _least(size) * size - _A_HAIR:
                excerpt = f"{rule.selector} {{ {line:g}px lines for {size:g}px letters }}"
                yield block.at(rule.line, excerpt)


def _tightness(setting: Setting) -> str | None:
    if setting.line is None and setting.is_line_known:
        return "no line-height"
    line, size = setting.line_px, setting.size
    if line is None or size is None or line >= _least(size) * size - _A_HAIR:
        return None
    return f"{line:g}px lines for {size:g}px letters"


def _least(size: float) -> float:
    return LARGE_LINE_LEAST if size >= LARGE else LINE_LEAST


def _last(declarations: tuple[Declaration, ...]) -> tuple[float | None, float | None]:
    size = line = None
    for each in declarations:
        if (said := sizes(each)) is not None:
            size = resized(said, None)
        if (said := lines(each)) is not None:
            line = pixels(said, size)
    return size, line


def _justified(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        said = stated.declaration
        if said.name.startswith("text-align") and said.value == "justify":
            yield stated.place
    for element in mail.elements():
        if element.get("align", "").strip().lower() == "justify":
            yield at(element)


def _centred(mail: Mail) -> Iterator[Place]:
    for text in texts(mail):
        if text.setting.align == "center" and text.element.tag in _BLOCKS:
            said = " ".join(text.element.text_content().split())
            if len(said) > CENTRED_MOST:
                yield at(text.element)


def _capitals(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        said = stated.declaration
        is_upper = said.name == "text-transform" and "uppercase" in said.value
        if is_upper or (said.name in _CAPS and "caps" in said.value):
            yield stated.place


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="font-stack",
        level=Level.MUST,
        why="Where no font of the stack is there, classic Outlook falls back to Times.",
        mend="End each font-family in sans-serif or serif, and let each text have one.",
        find=_stacks,
    ),
    Rule(
        name="font-size",
        level=Level.MUST,
        why=f"Letters below {SIZE_LEAST:g} pixels cannot be read on a phone at arm's length.",
        mend=f"Set them at {SIZE_LEAST:g}px or more, or leave the text out.",
        find=_small,
    ),
    Rule(
        name="line-height",
        level=Level.MUST,
        why="Lines that stand close are hard to follow, most of all with dyslexia (WCAG 1.4.12).",
        mend=f"Set line-height to {LINE_LEAST} times the font size or more, for letters of "
        f"{LARGE:g}px and up to {LARGE_LINE_LEAST}.",
        find=_tight,
    ),
    Rule(
        name="not-justified",
        level=Level.MUST,
        why="Justified lines have rivers of white that lead the eye astray (WCAG 1.4.8).",
        mend="Let lines begin at one side and end where they end.",
        find=_justified,
    ),
    Rule(
        name="not-centred",
        level=Level.MUST,
        why=f"Each line of a centred text begins elsewhere; over {CENTRED_MOST} characters that "
        "tires (BDA style guide).",
        mend="Align it to the left, or to the right where the language reads so.",
        find=_centred,
    ),
    Rule(
        name="no-capitals",
        level=Level.MUST,
        why="Words in capitals have no shape to know them by, and some voices spell them out.",
        mend="Take text-transform: uppercase and small-caps out; use bold or size instead.",
        find=_capitals,
    ),
    Rule(
        name="real-lists",
        level=Level.MUST,
        why="A typed “1.” or “•” is no list to a screen reader: it says neither how many there "
        "are nor where one ends (WCAG 1.3.1).",
        mend="Write <ol> or <ul> with <li>; a post's own words go into an element with "
        'dir="auto".',
        find=typed_lists,
    ),
)
