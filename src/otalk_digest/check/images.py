"""Rules over pictures: words in their place, a size, a host that we know. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.addresses import host_of
from otalk_digest.check.mail import Mail, at, in_part
from otalk_digest.check.page import is_seen, shown, visible_text, words
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

_MOST: Final = 10
_LONGEST_ALT: Final = 150
#: Without pictures, fewer words are no message.
_FEWEST_WORDS: Final = 20
_PIXEL: Final = 3
_FILE: Final = re.compile(
    r"\S+\.(?:avif|bmp|gif|heic|jpe?g|png|svg|tiff?|webp)|(?:IMG|DSC)[-_ ]?\d+"
)
_IMAGE_OF: Final = re.compile(
    r"(?:an?\s+|the\s+)?(?:image|picture|photo(?:graph)?|graphic|icon)\s+of\b|(?:image|photo|picture)$",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d{1,4}")
_SHOWN_KINDS: Final = (".gif", ".jpeg", ".jpg", ".png")
_ENDING: Final = re.compile(r"\.[a-z0-9]{1,5}$", re.IGNORECASE)


def _images(mail: Mail) -> Iterator[lxml_html.HtmlElement]:
    return mail.elements("img")


def _source(image: lxml_html.HtmlElement) -> str:
    return (image.get("src") or "").strip()


def _without_alt(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        alone_in_link = any(
            link.tag == "a" and not visible_text(link) for link in image.iterancestors("a")
        )
        if image.get("alt") is None or (alone_in_link and not shown(image.get("alt") or "")):
            yield at(image, f"<img src={_source(image)}>")


def _poor_alt(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        alt = shown(image.get("alt") or "")
        if len(alt) > _LONGEST_ALT or _FILE.fullmatch(alt) or _IMAGE_OF.match(alt):
            yield at(image, alt)


def _without_size(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        sizes = (image.get("width") or "", image.get("height") or "")
        if not all(_NUMBER.fullmatch(size) for size in sizes):
            yield at(image, f"width={sizes[0]!r} height={sizes[1]!r} {_source(image)}")


def _not_https(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        if not _source(image).lower().startswith("https://"):
            yield at(image, _source(image) or "no src")


def _of_strangers(mail: Mail) -> Iterator[Place]:
    hosts = {host.lower().removeprefix("www.") for host in mail.expected.image_hosts}
    for image in _images(mail):
        host = host_of(_source(image))
        if hosts and host and host not in hosts:
            yield at(image, _source(image))


def _of_other_kinds(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        path = _source(image).partition("?")[0].partition("#")[0].rpartition("/")[2].lower()
        ending = _ENDING.search(path)
        if ending and not path.endswith(_SHOWN_KINDS):
            yield at(image, _source(image))


def _invisible(mail: Mail) -> Iterator[Place]:
    for image in _images(mail):
        sizes = (image.get("width") or "", image.get("height") or "")
        is_pixel = any(size.isdecimal() and int(size) < _PIXEL for size in sizes)
        if is_pixel or not is_seen(image):
            yield at(image, _source(image))


def _too_many(mail: Mail) -> Iterator[Place]:
    count = sum(1 for _ in _images(mail))
    if count > _MOST:
        yield in_part(Part.HTML, f"{count} pictures")


def _unreadable_without(mail: Mail) -> Iterator[Place]:
    if len(words(mail.seen)) < _FEWEST_WORDS:
        yield in_part(Part.HTML, mail.seen or "no words")
    for heading in mail.elements("h1", "h2", "h3"):
        if heading.find(".//img") is not None and not visible_text(heading):
            yield at(heading)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="image-alt",
        level=Level.MUST,
        why="A screen reader says the file's name in place of a picture without alt (WCAG 1.1.1).",
        mend='Give the picture an alt that says what it tells; alt="" where it only decorates.',
        find=_without_alt,
    ),
    Rule(
        name="image-alt-words",
        level=Level.MUST,
        why="A file's name, “image of” or a long tale is no help to who hears it (WCAG 1.1.1).",
        mend="Write one short sentence, of at most 150 characters, that says what the picture "
        "tells.",
        find=_poor_alt,
    ),
    Rule(
        name="image-size",
        level=Level.MUST,
        why="Outlook shows a picture without width and height at any size, and blocks it as a "
        "ragged box.",
        mend='Give the picture width and height as bare numbers, such as width="600".',
        find=_without_size,
    ),
    Rule(
        name="image-https",
        level=Level.MUST,
        why="Gmail shows no data: pictures, and others none without https "
        "(caniemail: image-base64).",
        mend="Put the picture on the blog and use its https address.",
        find=_not_https,
    ),
    Rule(
        name="image-host",
        level=Level.MUST,
        why="A picture on a stranger's server tells them who reads (UK PECR).",
        mend="Put the picture on the blog; or add its host to image_hosts in [digest] of the "
        "settings, if you trust it.",
        find=_of_strangers,
    ),
    Rule(
        name="image-kind",
        level=Level.MUST,
        why="Outlook shows PNG, JPEG and GIF only (caniemail: image-webp, image-svg).",
        mend="Save the picture as PNG or JPEG.",
        find=_of_other_kinds,
    ),
    Rule(
        name="image-seen",
        level=Level.MUST,
        why="A picture that nobody sees is there to track readers (UK PECR).",
        mend="Take it out.",
        find=_invisible,
    ),
    Rule(
        name="image-count",
        level=Level.MUST,
        why="More than 10 pictures load slowly, and spam filters count them.",
        mend="Leave out the pictures that tell nothing.",
        find=_too_many,
    ),
    Rule(
        name="images-off",
        level=Level.MUST,
        why="Outlook blocks pictures by default: what only a picture says is not read.",
        mend="Say in words what the pictures say.",
        find=_unreadable_without,
    ),
)
