"""Rules over what a list of mails shows: subject and preheader. Pure."""

from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at, in_part
from otalk_digest.check.page import is_hidden, shown, squeezed
from otalk_digest.check.residue import FILLER, mark_in
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

_SUBJECT_MOST: Final = 60
_PREHEADER: Final = range(40, 131)
#: Words this long in capitals are not an abbreviation.
_SHOUTING: Final = 8


def _subject(mail: Mail) -> str:
    return " ".join((mail.header("Subject") or "").split())


def _place(said: str) -> Place:
    return in_part(Part.HEADER, f"Subject: {said}")


def _wrong_length(mail: Mail) -> Iterator[Place]:
    subject = _subject(mail).removeprefix("[TEST] ")
    if not 1 <= len(subject) <= _SUBJECT_MOST:
        yield _place(subject or "empty")


def _shouting(mail: Mail) -> Iterator[Place]:
    subject = _subject(mail).removeprefix("[TEST] ")
    letters = [letter for letter in subject if letter.isalpha()]
    is_loud = len(letters) >= _SHOUTING and all(letter.isupper() for letter in letters)
    if is_loud or "!!" in subject:
        yield _place(subject)


def _marks(mail: Mail) -> Iterator[Place]:
    if mark_in(_subject(mail), mail):
        yield _place(_subject(mail))


def _first_text(mail: Mail) -> lxml_html.HtmlElement | None:
    """Return the element that holds the first words of the body."""
    for event, element in etree.iterwalk(mail.body, events=("start", "end", "comment")):
        if event == "start":
            if shown(element.text or ""):
                return element
        elif element is not mail.body and shown(element.tail or ""):
            return element.getparent()
    return None


def preheader_of(mail: Mail) -> lxml_html.HtmlElement | None:
    """Return the hidden element with which the body begins; None when it begins otherwise."""
    first = _first_text(mail)
    if first is None:
        return None
    hidden = [each for each in (first, *first.iterancestors()) if is_hidden(each)]
    return hidden[-1] if hidden else None


def _no_preheader(mail: Mail) -> Iterator[Place]:
    first = _first_text(mail)
    if first is not None and preheader_of(mail) is None:
        yield at(first)


def _preheader_length(mail: Mail) -> Iterator[Place]:
    preheader = preheader_of(mail)
    if preheader is not None and len(shown(preheader.text_content())) not in _PREHEADER:
        yield at(preheader)


def _preheader_repeats(mail: Mail) -> Iterator[Place]:
    preheader = preheader_of(mail)
    subject = squeezed(_subject(mail))
    if preheader is not None and subject and squeezed(preheader.text_content()).startswith(subject):
        yield at(preheader)


def _preheader_filled(mail: Mail) -> Iterator[Place]:
    preheader = preheader_of(mail)
    if preheader is not None and FILLER.search(preheader.text_content()):
        yield at(preheader)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="subject-length",
        level=Level.MUST,
        why="Lists of mails cut a subject, phones after about 40 characters; 60 is the most "
        "(NHS service manual: short, descriptive subject lines).",
        mend="Shorten the topic with “otalk-digest chats set”, or the words of [subject] in the "
        "theme's theme.toml.",
        find=_wrong_length,
    ),
    Rule(
        name="subject-calm",
        level=Level.MUST,
        why="Capitals and “!!” read as shouting, and spam filters count them.",
        mend="Write the topic in small letters with “otalk-digest chats set”.",
        find=_shouting,
    ),
    Rule(
        name="subject-template",
        level=Level.MUST,
        why="The reader sees a template's own marks in place of words.",
        mend="Look for braces that are not filled in: in subject.txt.j2 and in [subject] of the "
        "theme's theme.toml.",
        find=_marks,
    ),
    Rule(
        name="preheader-first",
        level=Level.MUST,
        why="Lists of mails show the first words of the body after the subject; without a hidden "
        "first line they show “Hello” or an address.",
        mend="Put a hidden element with the preheader first into the body of digest.html.j2, as "
        "the classic theme does.",
        find=_no_preheader,
    ),
    Rule(
        name="preheader-length",
        level=Level.MUST,
        why="Under 40 characters the list goes on with the greeting; over 130 no list shows it.",
        mend="Change the words of [preheader] in the theme's theme.toml.",
        find=_preheader_length,
    ),
    Rule(
        name="preheader-not-subject",
        level=Level.MUST,
        why="The same words twice tell the reader nothing new.",
        mend="Change the words of [preheader] in the theme's theme.toml.",
        find=_preheader_repeats,
    ),
    Rule(
        name="preheader-filler",
        level=Level.MUST,
        why="Screen readers read invisible filler aloud, and Apple has stopped honouring it "
        "(Email Markup Consortium, 2025).",
        mend="Take the run of invisible characters out of the theme's preheader.",
        find=_preheader_filled,
    ),
)
