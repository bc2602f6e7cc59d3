"""Rules over what the law and good manners want at the end of a mail. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from otalk_digest.check.addresses import split
from otalk_digest.check.headers import leaving
from otalk_digest.check.mail import Mail, in_part
from otalk_digest.check.page import is_hidden, squeezed, visible_text, words
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_INLINE: Final = frozenset(("a", "b", "em", "i", "span", "strong"))
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: Who and why are two sentences, of three words at least.
_SENTENCES: Final = 2
_FEWEST_WORDS: Final = 3
_FEWEST_COMMAS: Final = 2


def way_out(mail: Mail) -> lxml_html.HtmlElement | None:
    """Return the link by which a reader leaves, where it can be seen."""
    addresses = leaving(mail)
    return next((link for link in mail.links if (link.get("href") or "") in addresses), None)


def _no_unsubscribe(mail: Mail) -> Iterator[Place]:
    link = way_out(mail)
    if link is None or not visible_text(link):
        yield in_part(Part.HTML, "no link to unsubscribe that can be seen")


def _footer(mail: Mail) -> str:
    """Return the words after the last heading before the way out, links left out."""
    link = way_out(mail)
    said: list[str] = []
    is_past = False
    walk = etree.iterwalk(mail.body, events=("start", "end", "comment"))
    for event, element in walk:
        if event == "start":
            is_past = is_past or element is link
            if element.tag in _HEADINGS and not is_past:
                said = []
            if element.tag == "a" or element.tag in _HEADINGS or is_hidden(element):
                walk.skip_subtree()
            elif element.text:
                said.append(element.text)
        else:
            said += ("" if element.tag in _INLINE else "\n", element.tail or "")
    return "".join(said)


def _no_who(mail: Mail) -> Iterator[Place]:
    names = [name for name in (_name(mail, "From"), _name(mail, "List-Id")) if name]
    seen, text = squeezed(mail.seen), squeezed(mail.text)
    for part, said in ((Part.HTML, seen), (Part.TEXT, text)):
        if not any(squeezed(name) in said for name in names):
            yield in_part(part, "who sends it is not said")


def _name(mail: Mail, header: str) -> str:
    return (mail.header(header) or "").rpartition("<")[0].strip().strip('"').replace("\\", "")


def _no_why(mail: Mail) -> Iterator[Place]:
    if way_out(mail) is None:
        return
    sentences = [one for one in _SENTENCE_END.split(_footer(mail)) if _is_sentence(one)]
    if len(sentences) < _SENTENCES:
        yield in_part(Part.HTML, " ".join(sentences) or "no sentence in the footer")


def _is_sentence(said: str) -> bool:
    """Whether it is one: a postal address has commas or digits, and no end."""
    is_address = not said.endswith((".", "!", "?")) and (
        said.count(",") >= _FEWEST_COMMAS or any(letter.isdigit() for letter in said)
    )
    return len(words(said)) >= _FEWEST_WORDS and not is_address


def _no_contact(mail: Mail) -> Iterator[Place]:
    addresses = leaving(mail)
    writes = any(
        (link.get("href") or "").lower().startswith(("mailto:", "tel:"))
        and link.get("href") not in addresses
        for link in mail.links
    )
    if not writes and not _MAIL.search(mail.seen):
        yield in_part(Part.HTML, "no address to write to")


def _own_page(mail: Mail, step: str) -> bool:
    """Whether a link leads to a page of the reader's own, on the host where they unsubscribe."""
    hosts = {split(one).netloc for one in leaving(mail) if one.startswith("https://")}
    pages = (split(link.get("href") or "") for link in mail.links)
    return any(page.netloc in hosts and f"/{step}/" in page.path for page in pages)


def _no_preferences(mail: Mail) -> Iterator[Place]:
    if not _own_page(mail, "p"):
        yield in_part(Part.HTML, "no link to the preferences")


def _no_web_version(mail: Mail) -> Iterator[Place]:
    if not _own_page(mail, "e"):
        yield in_part(Part.HTML, "no link to the web version")


_TEMPLATE: Final = "Put it into the footer of the theme's digest.html.j2."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="footer-unsubscribe",
        level=Level.MUST,
        why="Every reader must find the way out, and it must be the one of the header "
        "(PECR, UK GDPR).",
        mend=f"{_TEMPLATE} Its address is {{{{ mark.html.unsubscribe_url }}}}.",
        find=_no_unsubscribe,
    ),
    Rule(
        name="footer-who",
        level=Level.MUST,
        why="Readers must see who writes to them (PECR regulation 23): the sender's or the list's "
        "name, in both parts.",
        mend=f"{_TEMPLATE} The name is {{{{ publication.name }}}}.",
        find=_no_who,
    ),
    Rule(
        name="footer-why",
        level=Level.MUST,
        why="Readers forget that they asked: a footer says in a sentence who sends it, and in "
        "another why it came (UK GDPR).",
        mend="Write a whole sentence as “why” of the segment in segments.toml, and keep it in the "
        "theme's footer.",
        find=_no_why,
    ),
    Rule(
        name="footer-contact",
        level=Level.MUST,
        why="Readers must be able to reach a person (PECR regulation 23; CAN-SPAM).",
        mend=f"{_TEMPLATE} The address is {{{{ publication.contact_address }}}}.",
        find=_no_contact,
    ),
    Rule(
        name="footer-preferences",
        level=Level.MUST,
        why="Who can choose less does not leave.",
        mend=f"Set base_url in [web] of the settings. {_TEMPLATE} Its address is "
        "{{ mark.html.preferences_url }}.",
        find=_no_preferences,
        needs_web=True,
    ),
    Rule(
        name="footer-web-version",
        level=Level.MUST,
        why="Where a mail program shows nonsense, the browser does not.",
        mend=f"Set base_url in [web] of the settings. {_TEMPLATE} Its address is "
        "{{ mark.html.browser_url }}.",
        find=_no_web_version,
        needs_web=True,
    ),
)
