"""Invented panels of the preview, each filled as the server would fill it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from otalk_digest.model.finding import Finding, Level, Part, Place
from otalk_digest.web.preview import panels
from otalk_digest.web.preview.panels import Option, Picker

BASE: Final = "/a-token-nobody-guesses/"
HOSTILE: Final = "<script>alert('no')</script>\"'><b onload=x>{{7*7}}"
LONG: Final = "Occupationalperformancecoachingintheearlyyears" * 7


def picker(name: str, label: str, options: list[Option]) -> Picker:
    return Picker(name=name, label=label, options=tuple(options))


def option(chosen: Mapping[str, str], name: str, value: str, **more: str) -> Option:
    label = more.pop("label", value.capitalize())
    href = f"?{urlencode({**chosen, name: value})}"
    return Option(label=label, href=href, is_current=chosen.get(name) == value, **more)


def a_finding(
    rule: str,
    excerpt: str,
    *,
    level: Level = Level.SHOULD,
    part: Part = Part.HTML,
    line: int | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        level=level,
        place=Place(part=part, excerpt=excerpt, line=line),
        why=f"What {rule} does to somebody who hears the mail instead of seeing it (WCAG 2.4.4).",
        mend="Say in the words of the link where it leads, such as “Transcript of 18 November”.",
    )


def _findings(chosen: Mapping[str, str]) -> panels.FindingsPanel:
    found = [
        a_finding("unsubscribe-visible", "(none)", level=Level.MUST, part=Part.TEXT),
        *(a_finding("link-text-unique", f"Read more {n}", line=80 + n) for n in range(6)),
        a_finding("subject-first-words", "Subject: " + LONG[:70], part=Part.HEADER),
    ]
    rows = tuple(
        panels.MarkedFinding(
            finding=one,
            href=None if one.place.line is None else f"?{urlencode({**chosen, 'mark': str(at)})}",
            is_marked=chosen.get("mark") == str(at),
        )
        for at, one in enumerate(found)
    )
    return panels.FindingsPanel(musts=1, shoulds=7, rows=rows)


_TEXT: Final = """#OTALK WEEKLY DIGEST
24 November 2026

THIS WEEK'S CHAT
Sleep and self-care: what helps?
Tuesday 24 November 2026, 8pm to 9pm GMT
Your time: 9pm to 10pm CET (Madrid)

Three questions to think about
1. What do you ask about sleep, and when?
2. Which routine has worked for somebody you know?
3. What would you like to learn?

Add to your calendar: https://digest.example.org/calendar/2026-11-24.ics
"""
_HTML: Final = "\n".join(
    f'<tr><td style="padding:0;font-size:16px;line-height:26px">Line {n} &amp; more</td></tr>'
    for n in range(60)
)


def _diff(chosen: Mapping[str, str]) -> panels.DiffPanel:
    against = picker(
        "against",
        "Against",
        [
            option({"against": "sent", **chosen}, "against", "sent", label="Last sent"),
            option({"against": "sent", **chosen}, "against", "approved", label="Last approved"),
        ],
    )
    same = [panels.DiffLine(kind="same", text=f"A line that stays, {n}") for n in range(12)]
    changed = [
        panels.DiffLine(kind="gone", text="Tuesday 17 November 2026, 8pm to 9pm GMT"),
        panels.DiffLine(kind="new", text="Tuesday 24 November 2026, 8pm to 9pm GMT"),
    ]
    return panels.DiffPanel(
        against=against,
        title="Edition 41, sent on 17 November at 7.02am",
        parts=(
            panels.DiffPart(label="Subject", lines=tuple(changed), gone=1, new=1),
            panels.DiffPart(label="Preheader", lines=tuple(same[:1]), gone=0, new=0),
            panels.DiffPart(
                label="Text", lines=(*same, *changed, *same, *changed[:1]), gone=2, new=1
            ),
        ),
    )


def _links(chosen: Mapping[str, str]) -> panels.LinksPanel:
    rows = [
        ("Add to your calendar", "https://digest.example.org/calendar/2026-11-24.ics", "ok"),
        (
            "Transcript of 18 November",
            "https://files.example.org/t/2026-11-18.pdf",
            "404 not found",
        ),
        ("Read the post", f"https://blog.example.org/{'a-very-long-address-' * 8}", ""),
    ]
    return panels.LinksPanel(
        rows=tuple(
            panels.LinkRow(
                text=text,
                url=url,
                href=f"?{urlencode({**chosen, 'mark': str(at)})}",
                state=state,
                is_ok=state == "ok",
                is_marked=chosen.get("mark") == str(at),
            )
            for at, (text, url, state) in enumerate(rows)
        ),
        check_action=f"{BASE}links",
    )


def items() -> tuple[panels.Item, ...]:
    reading = (
        ("topic", "Sleep and self-care: what helps?", "Words; none where the post has no topic."),
        ("starts_at", "2026-11-24T20:00", "A day and an hour, such as 2026-11-24T20:00."),
    )
    topics = ("Sleep and self-care: what helps?", "Hand therapy after the ward", "Our new hosts")
    return tuple(
        panels.Item(
            news_id=at,
            part=("This week's chat", "Last week's chat", "Notices")[at],
            topic=topic,
            is_hidden=at == 2,
            can_go_up=at > 0,
            can_go_down=at == 0,
            guid=f"https://blog.example.org/?p={at}",
            reading=reading if at == 0 else (),
        )
        for at, topic in enumerate(topics)
    )


def panel_of(name: str, chosen: Mapping[str, str]) -> panels.Panel:
    """Return a filled panel."""
    known: dict[str, panels.Panel] = {
        "findings": _findings(chosen),
        "text": panels.TextPanel(text=_TEXT, widest=75, words=74),
        "headers": panels.HeadersPanel(
            rows=(
                ("From", "OTalk digest <digest@example.org>"),
                ("To", "Ana <a…@example.org>"),
                ("Subject", "Sleep and self-care: what helps? Tuesday 8pm GMT"),
                ("List-Unsubscribe", f"<https://digest.example.org/u/{LONG[:120]}>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            )
        ),
        "size": panels.SizePanel(
            meters=(
                panels.Meter(
                    label="HTML",
                    value=15_200,
                    advised=60_000,
                    limit=102_000,
                    said="Far from where Gmail cuts.",
                ),
                panels.Meter(
                    label="Style block",
                    value=9_900,
                    advised=8_000,
                    limit=16_000,
                    said="Gmail drops it above 16 KB.",
                ),
                panels.Meter(
                    label="Message",
                    value=230_000,
                    advised=None,
                    limit=200_000,
                    said="Some servers refuse what is larger.",
                ),
            )
        ),
        "links": _links(chosen),
        "calendar": panels.CalendarPanel(
            rows=(
                panels.CalendarRow(
                    summary="#OTalk: Sleep and self-care",
                    starts="Tuesday 24 November 2026, 8pm GMT",
                    ends="9pm GMT",
                    status="Confirmed",
                    sequence=0,
                ),
            ),
            source="BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n",
        ),
        "clients": panels.ClientsPanel(
            rows=(
                panels.ClientRow(
                    client="Outlook on Windows",
                    lost=(
                        ("border-radius", "Corners are square; nothing else changes."),
                        ("max-width", "A table of fixed width stands in for it."),
                    ),
                ),
                panels.ClientRow(client="Apple Mail", lost=()),
            ),
            source="Can I email, 29 June 2026.",
        ),
        "source": panels.SourcePanel(html=_HTML, message="Subject: Sleep\r\nMIME-Version: 1.0\r\n"),
        "diff": _diff(chosen),
        "readers": panels.ReadersPanel(
            counts=(
                ("weekly", "gets it", "", 128),
                ("students", "gets it", "", 17),
                ("weekly", "left out", "has not confirmed yet", 3),
                ("", "left out", "in no segment", 1),
            ),
            total=149,
            query="example",
            search_action=BASE,
            found=(
                ("a…@example.org", "weekly", "gets it"),
                ("l…@example.com", "weekly", "pending"),
            ),
            more=12,
            hrefs=("?reader=1", None),
        ),
        "edit": panels.EditPanel(
            is_open=True,
            note="Next week we **rest**.",
            last_edit="Sam, today at 10.14am",
            items=items(),
        ),
    }
    return known[name]
