"""One defect for each rule of the check: what to do to a good message so that it breaks it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tests.checked import a_message

from otalk_digest.model.edition import Field, Variant

Breaking = Callable[[Variant], bytes]

_END: Final = "</div>\n</body>"
_PICTURE: Final = (
    '<p><img src="https://blog.example.org/a.png" alt="Two people at a gate" width="600" '
    'height="200"></p>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A rule, and what breaks it."""

    rule: str
    breaking: Breaking
    #: Rules that cannot hold without this one.
    also: frozenset[str] = frozenset()


def _html(old: str, new: str) -> Breaking:
    return lambda variant: a_message(replace(variant, html=_swapped(variant.html, old, new)))


def _text(old: str, new: str) -> Breaking:
    return lambda variant: a_message(replace(variant, text=_swapped(variant.text, old, new)))


def _calendar(old: str, new: str) -> Breaking:
    return lambda variant: a_message(
        replace(variant, calendar=_swapped(variant.calendar or "", old, new))
    )


def _added(html: str, text: str = "") -> Breaking:
    """Put something at the end of the HTML, and its words at the end of the text."""
    return lambda variant: a_message(
        replace(
            variant, html=_swapped(variant.html, _END, f"{html}{_END}"), text=variant.text + text
        )
    )


def _preheader(words: str) -> Breaking:
    def broken(variant: Variant) -> bytes:
        pattern = r'(<div class="preheader"[^>]*>)[^<]*'
        changed, count = re.subn(pattern, rf"\g<1>{words}", variant.html)
        assert count == 1
        return a_message(replace(variant, html=changed))

    return broken


def _picture(old: str, new: str) -> Breaking:
    return _added(_swapped(_PICTURE, old, new))


def _link(words: str, address: str) -> Breaking:
    return _added(f'<p>So: <a href="{address}">{words}</a></p>', f"{words}:\n{address}\n")


def _header(name: str, line: str) -> Breaking:
    """Put another line in the place of a header, which may have been folded."""

    def broken(variant: Variant) -> bytes:
        pattern = rf"(?m)^{name}: .*\r\n(?:[ \t].*\r\n)*".encode()
        changed, count = re.subn(pattern, line.encode(), a_message(variant), count=1)
        assert count == 1, name
        return changed

    return broken


def _first(line: str) -> Breaking:
    return lambda variant: f"{line}\r\n".encode() + a_message(variant)


def _raw(old: str, new: str) -> Breaking:
    def broken(variant: Variant) -> bytes:
        changed, count = re.subn(old.encode(), new.encode(), a_message(variant), count=1)
        assert count == 1, old
        return changed

    return broken


def _subject(subject: str) -> Breaking:
    return lambda variant: a_message(replace(variant, subject=subject))


def _without(part: str, field: Field, there: str) -> Breaking:
    """Lead elsewhere than to the reader's own page."""

    def broken(variant: Variant) -> bytes:
        marks = {
            mark.field: mark.token
            for mark in variant.placeholders
            if mark.is_html == (part == "html")
        }
        left = tuple(mark for mark in variant.placeholders if mark.token != marks[field])
        known = replace(variant, placeholders=left)
        if part == "html":
            return a_message(replace(known, html=_swapped(known.html, marks[field], there)))
        return a_message(replace(known, text=_swapped(known.text, marks[field], there)))

    return broken


def _hidden_way_out(variant: Variant) -> bytes:
    (token,) = (
        mark.token
        for mark in variant.placeholders
        if mark.is_html and mark.field is Field.UNSUBSCRIBE_URL
    )
    return _html(f'href="{token}"', f'hidden="hidden" href="{token}"')(variant)


def _larger_by(size: int) -> Breaking:
    # Words behind the last part are shown by nobody.
    return lambda variant: a_message(variant) + b"filled up, and so on\r\n" * (size // 22)


def _with_another_part(variant: Variant) -> bytes:
    raw = a_message(variant)
    end = raw.rindex(b"--=_")
    boundary = raw[end:].strip().removesuffix(b"--")
    return raw[:end] + boundary + b"\r\nContent-Type: application/pdf\r\n\r\nx\r\n" + raw[end:]


def _without_text(variant: Variant) -> bytes:
    return a_message(replace(variant, text="\n"))


def _without_calendar(variant: Variant) -> bytes:
    return a_message(replace(variant, calendar=None))


def _swapped(content: str, old: str, new: str) -> str:
    assert old in content, old
    return content.replace(old, new)


_ELSEWHERE: Final = "https://blog.example.org/3/"
_OWN_PAGES: Final = frozenset(("footer-preferences", "footer-web-version"))
_LEAVING: Final = frozenset(("footer-unsubscribe", "text-unsubscribe", *_OWN_PAGES))
_HEADERS: Final = (
    Defect(rule="from-named", breaking=_header("From", "From: <digest@otalk.example>\r\n")),
    Defect(
        rule="from-named",
        breaking=_header("From", "From: A <a@example.org>, B <b@example.org>\r\n"),
    ),
    Defect(
        rule="reply-to-people",
        breaking=_header("Reply-To", "Reply-To: <no-reply@otalk.example>\r\n"),
    ),
    Defect(rule="to-one", breaking=_header("To", "To: <a@example.org>, <b@example.org>\r\n")),
    Defect(rule="no-copies", breaking=_first("Cc: <a@example.org>")),
    Defect(rule="no-copies", breaking=_first("Bcc: <a@example.org>")),
    Defect(rule="date-valid", breaking=_header("Date", "Date: in autumn\r\n")),
    Defect(rule="message-id-valid", breaking=_header("Message-ID", "Message-ID: 7\r\n")),
    Defect(rule="header-once", breaking=_first("Subject: Another one")),
    Defect(rule="header-ascii", breaking=_first("X-Note: café")),
    Defect(
        rule="list-unsubscribe",
        breaking=_header("List-Unsubscribe", ""),
        also=_LEAVING | {"list-unsubscribe-web"},
    ),
    Defect(
        rule="list-unsubscribe-web",
        breaking=_header("List-Unsubscribe", "List-Unsubscribe: <mailto:leave@example.org>\r\n"),
        also=_LEAVING,
    ),
    Defect(rule="list-one-click", breaking=_header("List-Unsubscribe-Post", "")),
    Defect(rule="list-id", breaking=_header("List-Id", "List-Id: the digest\r\n")),
    Defect(rule="subject-length", breaking=_subject("Rest " * 13)),
    Defect(rule="subject-calm", breaking=_subject("REST IN BUSY WEEKS")),
    Defect(rule="subject-calm", breaking=_subject("Rest!!")),
    Defect(rule="subject-template", breaking=_subject("{{ topic }} on Tuesday")),
    Defect(rule="subject-template", breaking=_subject("{topic} on Tuesday")),
)
_WHOLE: Final = (
    Defect(rule="message-parses", breaking=_raw("--=_[0-9a-f]+_mixed--\r\n$", "")),
    Defect(rule="message-alternative", breaking=_raw("multipart/alternative", "multipart/related")),
    Defect(
        rule="message-utf8",
        breaking=_raw("text/calendar; charset=utf-8", "text/calendar; charset=us-ascii"),
    ),
    Defect(rule="message-encoding", breaking=_raw("</body>", "=ZZ</body>")),
    Defect(rule="message-lines", breaking=_first(f"X-Note: {'so it goes ' * 100}")),
    Defect(rule="message-size", breaking=_larger_by(200_000)),
    Defect(
        rule="message-size-limit", breaking=_larger_by(520_000), also=frozenset(("message-size",))
    ),
    Defect(rule="message-attachments", breaking=_with_another_part),
)
_TEXT: Final = (
    Defect(
        rule="text-present",
        breaking=_without_text,
        also=frozenset(
            (
                *("bar-numbered", "calendar-offered", "footer-who", "join-told", "text-addresses"),
                *("text-headings", "text-unsubscribe", "time-zone"),
            )
        ),
    ),
    Defect(rule="text-plain", breaking=_text("Who helps?", "Who <b>helps</b>?")),
    Defect(rule="text-plain", breaking=_text("Who helps?", "Who&nbsp;helps?")),
    Defect(rule="text-addresses", breaking=_text(_ELSEWHERE, "https://blog.example.org/")),
    Defect(rule="text-headings", breaking=_text("Hands after the ward", "Hands")),
    Defect(rule="text-words", breaking=_added(f"<p>{'Only here, as in no text. ' * 40}</p>")),
    Defect(rule="text-width", breaking=_text("Who helps?", f"Who helps{' us' * 30}?")),
    Defect(
        rule="text-unsubscribe",
        breaking=_without("text", Field.UNSUBSCRIBE_URL, "(ask us)"),
        also=frozenset(("text-addresses",)),
    ),
    Defect(rule="text-filler", breaking=_text("Who helps?", "Who helps?\u200b \u200b \u200b")),
)
_LINKS: Final = (
    Defect(rule="link-scheme", breaking=_link("All about gates", "http://gates.example/")),
    Defect(rule="link-scheme", breaking=_link("All about gates", "javascript:alert(1)")),
    Defect(rule="link-address", breaking=_link("All about gates", "#gates")),
    Defect(rule="link-address", breaking=_added("<p><a>All about gates</a></p>")),
    Defect(rule="link-shortener", breaking=_link("All about gates", "https://bit.ly/gates")),
    Defect(rule="link-says-where", breaking=_link("Click here", "https://gates.example/")),
    Defect(rule="link-says-where", breaking=_link("Read more…", "https://gates.example/")),
    Defect(rule="link-text-unique", breaking=_link("Visit the blog", "https://gates.example/")),
    Defect(
        rule="link-no-raw-address",
        breaking=_link("https://gates.example/", "https://gates.example/"),
    ),
    Defect(
        rule="link-shown-address",
        breaking=_link("Gates at www.hinges.example", "https://gates.example/"),
    ),
    Defect(
        rule="link-shown-address", breaking=_link("hinge@example.org", "mailto:gate@example.org")
    ),
    Defect(
        rule="link-twins",
        breaking=_added(
            f'<p><a href="{_ELSEWHERE}">A gate</a> <a href="{_ELSEWHERE}">A green gate</a></p>'
        ),
    ),
    Defect(
        rule="link-count",
        breaking=_added(
            "".join(f'<p>So: <a href="{_ELSEWHERE}">Gate {n}</a></p>' for n in range(41)),
            "".join(f"So: Gate {n}\n" for n in range(41)),
        ),
    ),
    Defect(
        rule="link-not-image-only",
        breaking=_added(_PICTURE.replace("<p>", f'<p>So: <a href="{_ELSEWHERE}">')),
    ),
    Defect(rule="no-aria-label", breaking=_added('<p aria-label="All about gates"></p>')),
)
_IMAGES: Final = (
    Defect(rule="image-alt", breaking=_picture(' alt="Two people at a gate"', "")),
    Defect(rule="image-alt-words", breaking=_picture("Two people at a gate", "Image of a gate")),
    Defect(rule="image-alt-words", breaking=_picture("Two people at a gate", "gate.png")),
    Defect(rule="image-alt-words", breaking=_picture("Two people", "Two people " * 20)),
    Defect(rule="image-size", breaking=_picture(' height="200"', "")),
    Defect(rule="image-https", breaking=_picture("https://", "http://")),
    Defect(
        rule="image-https",
        breaking=_picture("https://blog.example.org/a.png", "data:image/png;base64,AAAA"),
    ),
    Defect(rule="image-host", breaking=_picture("blog.example.org", "gates.example")),
    Defect(rule="image-kind", breaking=_picture("a.png", "a.webp")),
    Defect(rule="image-seen", breaking=_picture('"600" height="200"', '"1" height="1"')),
    Defect(rule="image-seen", breaking=_picture("<img ", '<img style="display:none" ')),
    Defect(rule="image-count", breaking=_added(_PICTURE * 11)),
    Defect(
        rule="images-off",
        breaking=_added(_PICTURE.replace("<p>", "<h3>").replace("</p>", "</h3>")),
    ),
)
_PAGE: Final = (
    Defect(rule="preheader-first", breaking=_html('<div class="preheader"', "<p>Hello</p><div")),
    Defect(rule="preheader-length", breaking=_preheader("Too short.")),
    Defect(rule="preheader-length", breaking=_preheader("Far too long. " * 10)),
    Defect(
        rule="preheader-not-subject",
        breaking=_preheader("Rest in busy weeks: what helps? (Tue 25 Nov). Host: Marlow Beek."),
    ),
    Defect(
        rule="preheader-filler",
        breaking=_preheader(f"Tuesday 25 November 2025, 8pm to 9pm GMT.{'&zwnj;&nbsp;' * 9}"),
    ),
    Defect(rule="element-forbidden", breaking=_added("<form></form>")),
    Defect(rule="element-forbidden", breaking=_added("<svg></svg>")),
    Defect(rule="attribute-handler", breaking=_added('<p onclick="go()">So it goes.</p>')),
    Defect(rule="post-leftovers", breaking=_added('<p class="near wp-block">So it goes.</p>')),
    Defect(rule="post-leftovers", breaking=_added('<p data-id="7">So it goes.</p>')),
    Defect(rule="attribute-plain", breaking=_added('<div height="auto">So it goes.</div>')),
    Defect(rule="attribute-plain", breaking=_added('<div width="9px !important">So.</div>')),
)
_WORDS: Final = (
    Defect(rule="residue-token", breaking=_added("<p>OTD0123456789xU00Hz</p>")),
    Defect(rule="residue-token", breaking=_text("Who helps?", "OTD0123456789xU00Tz")),
    Defect(rule="residue-mark", breaking=_added("<p>So {{ words.moment }} goes.</p>")),
    Defect(rule="residue-mark", breaking=_added("<p>So {moment} goes.</p>")),
    Defect(rule="residue-mark", breaking=_added('<p class="{{ look }}">So it goes.</p>')),
    Defect(rule="residue-mark", breaking=_text("Who helps?", "Who helps {% if this %}?")),
    Defect(rule="residue-nothing", breaking=_added("<p>None</p>")),
    Defect(rule="residue-nothing", breaking=_text("Who helps?", "Who helps?\nHost: None")),
    Defect(rule="double-escape", breaking=_added("<p>Tea &amp;amp; cake</p>", "Tea & cake\n")),
    Defect(rule="mojibake", breaking=_added("<p>Rest: it\u00e2\u20ac\u2122s all</p>")),
    Defect(rule="mojibake", breaking=_text("Who helps?", "Who helps Zo\u00c3\u00ab?")),
    Defect(rule="control-characters", breaking=_added("<p>\u202eSo it goes.</p>")),
    Defect(rule="footer-unsubscribe", breaking=_hidden_way_out),
    Defect(rule="footer-who", breaking=_html("#OTalk weekly digest", "The digest")),
    Defect(rule="footer-why", breaking=_html("You asked for #OTalk news by e-mail.", "")),
    Defect(rule="footer-contact", breaking=_html("mailto:team@example.org", _ELSEWHERE)),
    Defect(rule="footer-preferences", breaking=_without("html", Field.PREFERENCES_URL, _ELSEWHERE)),
    Defect(rule="footer-web-version", breaking=_without("html", Field.BROWSER_URL, _ELSEWHERE)),
)
_CHATS: Final = (
    Defect(rule="time-zone", breaking=_html(" GMT", "")),
    Defect(rule="time-zone", breaking=_text(" GMT", "")),
    Defect(rule="calendar-offered", breaking=_without_calendar),
    Defect(rule="join-told", breaking=_html("https://chat.example/tag/otalk", _ELSEWHERE)),
    Defect(rule="bar-numbered", breaking=_html(">298</td>", "></td>")),
    Defect(rule="bar-numbered", breaking=_text("298", "many")),
    Defect(rule="calendar-parses", breaking=_calendar("END:VCALENDAR\r\n", "")),
    Defect(rule="calendar-crlf", breaking=_raw("VERSION:2.0\r\n", "VERSION:2.0=0A=\r\n")),
    Defect(rule="calendar-folded", breaking=_calendar("SUMMARY:", f"SUMMARY:{'so ' * 30}")),
    Defect(rule="calendar-uid", breaking=_calendar("UID:", "X-UID:")),
    Defect(rule="calendar-stamp", breaking=_calendar("DTSTAMP:20251124T070000Z", "DTSTAMP:2025")),
    Defect(rule="calendar-start", breaking=_calendar("DTSTART;TZID=Europe/London:", "DTSTART:")),
    Defect(rule="calendar-end", breaking=_calendar("DTEND;", "X-END;")),
    Defect(rule="calendar-end", breaking=_calendar(":20251125T210000", ":20251125T190000")),
    Defect(rule="calendar-method", breaking=_calendar("METHOD:PUBLISH", "METHOD:REQUEST")),
)

DEFECTS: Final = (*(*_HEADERS, *_WHOLE, *_TEXT, *_LINKS, *_IMAGES, *_PAGE, *_WORDS, *_CHATS),)
