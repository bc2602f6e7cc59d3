"""What the blog's software adds to a post is taken out, and each address made whole or dropped.

Changes the tree that it is given and touches nothing else. By element, never by word: a post
may speak of advertisements (F37 to F39).
"""

import re

from lxml.html import HtmlElement
from lxml.html.builder import A

from otalk_digest.collect.mojibake import repair
from otalk_digest.collect.targets import absolute, host_of, is_furniture

#: Shown as a link to what they would load.
EMBEDS = frozenset({"iframe", "embed", "object", "video", "audio", "source"})
_FURNITURE_CLASSES = frozenset(
    {
        *(
            "wpcnt",
            "wpa",
            "wpa-about",
            "wpa-notice",
            "sharedaddy",
            "sd-sharing-enabled",
            "sd-title",
        ),
        *(
            "sd-like-enabled",
            "sd-block",
            "sd-social",
            "sd-like",
            "jp-relatedposts",
            "jp-post-flair",
        ),
        *("post-password-form", "screen-reader-text", "feedflare"),
    }
)
_FURNITURE_IDS = frozenset({"jp-post-flair", "wordads-preview-parent", "jp-relatedposts"})
_FURNITURE_ID_STARTS = ("atatags-", "crt-", "like-post-wrapper")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TINY_STYLE = re.compile(
    r"(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|$)", re.IGNORECASE
)
_TINIEST = 2
#: As wide as a mail can show; a wider picture loses its height and keeps its shape.
_WIDEST = 600


def prune(root: HtmlElement, *, base_url: str | None) -> None:
    """Remove furniture and pixels, turn embeds into links and emoji pictures into emoji."""
    # Parents come before children, and what was taken out with its parent can be pruned again
    # without harm.
    for element in [each for each in root.iter() if each.getparent() is not None]:
        if _is_furniture(element):
            element.drop_tree()
        elif element.tag in EMBEDS:
            _replace_embed(element, base_url)
        elif element.tag == "img":
            _settle_image(element, base_url)
        elif element.tag == "a":
            _settle_link(element, base_url)
    for element in root.iter():
        if element.text and not element.text.isascii():
            element.text = repair(element.text)
        if element.tail and not element.tail.isascii():
            element.tail = repair(element.tail)


def _is_furniture(element: HtmlElement) -> bool:
    attributes = element.attrib
    if not attributes:
        return False
    if not _FURNITURE_CLASSES.isdisjoint(attributes.get("class", "").split()):
        return True
    name = attributes.get("id", "")
    if name in _FURNITURE_IDS or name.startswith(_FURNITURE_ID_STARTS):
        return True
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
        return True
    return is_furniture(attributes.get("href") or attributes.get("src"))


def _replace_embed(element: HtmlElement, base_url: str | None) -> None:
    """By a link; what cannot be linked to, or was not meant to be seen, goes without one."""
    sources = [element.get("src"), element.get("data")]
    sources += [source.get("src") for source in element.iter("source", "embed")]
    address = absolute(next(filter(None, sources), None), base_url)
    # `source` and `embed` inside another embed are what that one linked to.
    is_shown = element.tag != "source" and not (_is_tiny(element) or is_furniture(address))
    if address is not None and is_shown and host_of(address) is not None:
        element.addprevious(A(address, href=address))
    element.drop_tree()


def _is_tiny(element: HtmlElement) -> bool:
    sizes = (_pixels(element.get("width")), _pixels(element.get("height")))
    has_tiny_size = any(size is not None and size <= _TINIEST for size in sizes)
    return has_tiny_size or bool(_TINY_STYLE.search(element.get("style", "")))


def _pixels(value: str | None) -> int | None:
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 5 else None  # noqa: PLR2004 a picture is not 100,000 wide


def _settle_image(image: HtmlElement, base_url: str | None) -> None:
    """Keep a picture that is loaded safely; of any other, what it stands for in words."""
    address = absolute(image.get("src"), base_url)
    if _is_emoji(image, address):
        _replace_by_text(image, image.get("alt", ""))
    elif _is_tiny(image) or is_furniture(address):
        image.drop_tree()
    elif address is None or not address.startswith("https://"):
        _replace_by_text(image, image.get("alt", ""))
    else:
        image.set("src", address)
        image.set("alt", repair(image.get("alt", "")))
        _clamp(image)


def _is_emoji(image: HtmlElement, address: str | None) -> bool:
    """F24: feeds carry an emoji as a picture with the emoji itself as its alt text."""
    classes = image.get("class", "").split()
    return not {"wp-smiley", "emoji"}.isdisjoint(classes) or "/images/core/emoji/" in (
        address or ""
    )


def _clamp(image: HtmlElement) -> None:
    for side in ("width", "height"):
        if _pixels(image.get(side)) is None:
            image.attrib.pop(side, None)
    if (_pixels(image.get("width")) or 0) > _WIDEST:
        image.set("width", str(_WIDEST))
        image.attrib.pop("height", None)


def _settle_link(link: HtmlElement, base_url: str | None) -> None:
    address = absolute(link.get("href"), base_url)
    if address is None:
        link.drop_tag()
    elif is_furniture(address):
        # What the address was until invisible characters were taken out of it hid that.
        link.drop_tree()
    else:
        link.set("href", address)


def _replace_by_text(element: HtmlElement, text: str) -> None:
    element.tail = text + (element.tail or "")
    element.drop_tree()
