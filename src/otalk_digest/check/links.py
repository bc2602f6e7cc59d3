"""Rules over links: where they lead, and what they say of it. Pure."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from lxml import etree
from lxml import html as lxml_html

from otalk_digest.check.addresses import host_of, scheme_of
from otalk_digest.check.mail import Mail, at, in_part
from otalk_digest.check.page import is_hidden, shown, spoken, visible_text
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

_MOST: Final = 40
_SCHEMES: Final = frozenset(("https", "mailto", "tel"))
#: Their addresses hide where they lead, and spam lists hold them.
_SHORTENERS: Final = frozenset(
    (
        *("bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "fb.me", "goo.gl", "ift.tt", "is.gd"),
        *("lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc"),
        *("tinyurl.com", "trib.al", "v.gd", "wp.me"),
    )
)
#: Alone, they say nothing of where a link leads.
_VAGUE: Final = frozenset(
    (
        *("click", "click here", "click this link", "continue", "continue reading", "details"),
        *("find out more", "follow this link", "go", "here", "info", "learn more", "link"),
        *("more", "more details", "more info", "more information", "open", "page", "post"),
        *("read", "read more", "read more here", "read on", "see more", "see more here", "tap"),
        *("tap here", "the link", "this", "this link", "this page", "view", "view more"),
        *("website", "weiterlesen", "hier", "ici", "aquí", "lire la suite", "leer más"),
    )
)
_WEB: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"“”]+", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def _address(link: lxml_html.HtmlElement) -> str:
    return (link.get("href") or "").strip()


def _wrong_scheme(mail: Mail) -> Iterator[Place]:
    for link in mail.elements("a", "area"):
        address = _address(link)
        if address and not address.startswith("#") and scheme_of(address) not in _SCHEMES:
            yield at(link, f"{shown(link.text_content())}: {address}")


def _leading_nowhere(mail: Mail) -> Iterator[Place]:
    for link in mail.elements("a", "area"):
        address = _address(link)
        leads_on = (
            scheme_of(address) not in _SCHEMES or len(address.partition(":")[2].strip("/")) > 0
        )
        if not address or address.startswith("#") or not leads_on:
            yield at(link, f"{shown(link.text_content())}: {address or 'no address'}")


def _shortened(mail: Mail) -> Iterator[Place]:
    for link in mail.links:
        if host_of(_address(link)) in _SHORTENERS:
            yield at(link, f"{spoken(link)}: {_address(link)}")


def _vague(mail: Mail) -> Iterator[Place]:
    for link in mail.links:
        said = spoken(link).casefold().strip(" .…!>»→›:,“”\"'()")
        if not said or said in _VAGUE:
            yield at(link, f"{spoken(link) or 'no words'}: {_address(link)}")


def _ambiguous(mail: Mail) -> Iterator[Place]:
    known: dict[str, str] = {}
    for link in mail.links:
        said = spoken(link).casefold()
        if said and known.setdefault(said, _address(link)) != _address(link):
            yield at(link, f"{spoken(link)}: {_address(link)} and {known[said]}")


def _raw(mail: Mail) -> Iterator[Place]:
    for link in mail.links:
        if _WEB.fullmatch(shown(visible_text(link)).strip("<>() .")):
            yield at(link)


def _mislabelled(mail: Mail) -> Iterator[Place]:
    """An address in a link's words that is not where it leads."""
    for link in mail.links:
        said, address = shown(visible_text(link)), _address(link)
        web = [found[0].rstrip(".,;:!?)”’") for found in _WEB.finditer(said)]
        leads_to = unquote(address.partition(":")[2].partition("?")[0]).casefold()
        mails = (
            [found[0] for found in _MAIL.finditer(said)] if scheme_of(address) == "mailto" else []
        )
        if any(not _is_same(one, address) for one in web) or any(
            one.casefold() != leads_to for one in mails
        ):
            yield at(link, f"{said}: {address}")


def _is_same(shown_address: str, address: str) -> bool:
    def bare(one: str) -> str:
        return re.sub(r"^https?://(?:www\.)?|^www\.", "", one.casefold()).rstrip("/…")

    return bare(address) == bare(shown_address)


def _twins(mail: Mail) -> Iterator[Place]:
    """Two links to one place with no word between them, as of a picture and its caption."""
    before: str | None = None
    walk = etree.iterwalk(mail.body, events=("start", "end", "comment"))
    for event, element in walk:
        if event == "start" and element.tag == "a":
            if before == _address(element) and before:
                yield at(element, f"{spoken(element)}: {before}")
            before = _address(element)
            walk.skip_subtree()
        elif event == "start" and is_hidden(element):
            walk.skip_subtree()
        elif event == "start":
            before = None if (element.text or "").strip() else before
        if event != "start" and (element.tail or "").strip():
            before = None


def _wrong_count(mail: Mail) -> Iterator[Place]:
    if not 1 <= len(mail.links) <= _MOST:
        yield in_part(Part.HTML, f"{len(mail.links)} links")


def _of_pictures(mail: Mail) -> Iterator[Place]:
    for link in mail.links:
        if link.find(".//img") is not None and not visible_text(link):
            yield at(link, f"{spoken(link)}: {_address(link)}")


def _relying_on_aria(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        label = element.get("aria-label")
        if label is not None and element.tag != "table" and not visible_text(element):
            yield at(element, label)


_TEMPLATE: Final = "Change the words of the link in the theme's templates or its theme.toml."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="link-scheme",
        level=Level.MUST,
        why="Programs warn of links without https, and cut off others (caniemail).",
        mend="Use the https address of the page. If it stands in a post, mend it there, or with "
        "“otalk-digest chats set”.",
        find=_wrong_scheme,
    ),
    Rule(
        name="link-address",
        level=Level.MUST,
        why="Links that are empty or lead within the mail do nothing in Gmail, Yahoo and "
        "Samsung's program (caniemail: html-anchor-links; hteumeuleu/email-bugs#10).",
        mend="Give the link an address, or take it out.",
        find=_leading_nowhere,
    ),
    Rule(
        name="link-shortener",
        level=Level.MUST,
        why="A shortened address hides where it leads, and spam filters block it.",
        mend="Use the full address. If it stands in a post, mend it there, or with "
        "“otalk-digest chats set”.",
        find=_shortened,
    ),
    Rule(
        name="link-says-where",
        level=Level.MUST,
        why="Screen readers list links without the words around them (WCAG 2.4.4).",
        mend=f"{_TEMPLATE} Say where it leads, not “click here”.",
        find=_vague,
    ),
    Rule(
        name="link-text-unique",
        level=Level.MUST,
        why="Two links that say the same and lead to two places cannot be told apart in a list "
        "(WCAG 2.4.4).",
        mend=f"{_TEMPLATE} Name the day or the topic in it.",
        find=_ambiguous,
    ),
    Rule(
        name="link-no-raw-address",
        level=Level.MUST,
        why="A screen reader spells an address out, letter by letter (WCAG 2.4.4).",
        mend=f"{_TEMPLATE} Say where it leads.",
        find=_raw,
    ),
    Rule(
        name="link-shown-address",
        level=Level.MUST,
        why="A link that shows one address and leads to another is how phishing looks: NHS staff "
        "are trained to report it.",
        mend=f"{_TEMPLATE} Show no address, or the one it leads to.",
        find=_mislabelled,
    ),
    Rule(
        name="link-twins",
        level=Level.MUST,
        why="Two links side by side to one place are two stops for the keyboard (WCAG 2.4.4).",
        mend="Make one link of the two in the theme's template.",
        find=_twins,
    ),
    Rule(
        name="link-count",
        level=Level.MUST,
        why="Without a link nothing can be done; over 40, nobody finds the one that matters.",
        mend="Send fewer items: hide some, or send more often.",
        find=_wrong_count,
    ),
    Rule(
        name="link-not-image-only",
        level=Level.SHOULD,
        why="TalkBack in Outlook for Android cannot follow a link that is a picture "
        "(hteumeuleu/email-bugs#136).",
        mend="Put words into the link, beside the picture or in its place.",
        find=_of_pictures,
    ),
    Rule(
        name="no-aria-label",
        level=Level.SHOULD,
        why="NVDA in Outlook ignores aria-label (nvaccess/nvda#12513).",
        mend="Say it in words that everybody sees.",
        find=_relying_on_aria,
    ),
)
