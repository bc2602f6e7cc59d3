"""Pure. The text of a feed, and why it is none: what is looked at before it is parsed."""

import codecs
import re

from otalk_digest.errors import FeedError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: XML 1.0 appendix F: `<?` without a byte order mark.
_SILENT = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_ROBOT_CHECK = re.compile(r"captcha|just a moment|checking your browser|challenge-", re.IGNORECASE)
_MAINTENANCE = re.compile(r"maintenance|briefly unavailable|back soon", re.IGNORECASE)
_OLD_RSS = re.compile(r"""<rss\b[^<>]*\sversion\s*=\s*["'](0\.\d{1,2})["']""")
_FEED_QUERY = re.compile(r"\bfeed=rss(?=&|$)")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,4000})|([0-9]{1,4000}));?")
#: XML 1.0 §2.2: what no document may hold. Named one by one, because the set of what it may
#: hold takes ten milliseconds to compile.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LAST_CHARACTER = 0x10FFFF
#: How far into a page we look for what it says it is.
_HEAD = 20_000


def decode(body: bytes, content_type: str | None) -> tuple[str, str | None]:
    """The text, and the name of a declared encoding that it turned out not to have."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _legal(body[len(mark) :].decode(encoding, "replace")), None
    declared = _declared(body, content_type)
    for encoding in (*declared, "utf-8", "cp1252"):
        try:
            text = body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        except ValueError:  # e.g. a codec that is no text encoding
            continue
        is_as_declared = not declared or encoding == declared[0]
        return _legal(text), None if is_as_declared else declared[0]
    return _legal(body.decode("utf-8", "replace")), "utf-8"


def _declared(body: bytes, content_type: str | None) -> tuple[str, ...]:
    """RFC 7303 §3: the header's charset first, then the declaration's."""
    found: list[str] = [encoding for start, encoding in _SILENT if body.startswith(start)]
    if charset := _CHARSET.search(content_type or ""):
        found.append(charset.group(1))
    if declaration := _DECLARED.search(body[:1_000]):
        found.append(declaration.group(1).decode("ascii"))
    return tuple(found)


def _legal(text: str) -> str:
    """Without characters, or references to characters, that stop every XML parser.

    One `&#xD800;` in one post would otherwise cost all the others.
    """
    return _FORBIDDEN.sub("", _REFERENCE.sub(_legal_reference, text))


def _legal_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if number > _LAST_CHARACTER or _FORBIDDEN.match(chr(number)):
        return "\ufffd"
    return match.group()


def refusal(text: str, content_type: str | None, *, place: str) -> FeedError:
    """Why a document without a feed in it is not one."""
    head = text[:_HEAD]
    start = head.lstrip()[:1]
    if not start:
        return FeedError(f"{place} gave an empty answer, not a feed; try again later.")
    if _WEB_PAGE.search(head) or "html" in (content_type or "").lower():
        return FeedError(f"{place} {_page_kind(head)}")
    if "<rdf:RDF" in head:
        return FeedError(f"{place} is RSS 1.0, which is not read; use the blog's /feed/ instead.")
    if old_rss := _OLD_RSS.search(head):
        better = _FEED_QUERY.sub("feed=rss2", place)
        better = "the blog's /feed/" if better == place else better
        return FeedError(
            f"{place} is RSS {old_rss[1]}, which has neither guids nor dates and is not read; use "
            f"{better} instead."
        )
    return FeedError(
        f"{place} is not a feed: it holds neither RSS 2.0 nor Atom; check the address."
    )


def _page_kind(head: str) -> str:
    if _ROBOT_CHECK.search(head):
        return "gave a page that checks for robots, not a feed; ask the blog's host to let us in."
    if _MAINTENANCE.search(head):
        return "gave a maintenance page, not a feed; try again later."
    return "is a web page, not a feed; on WordPress, add /feed/ to the blog's address."
