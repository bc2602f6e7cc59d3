"""Invented pages of the preview: every panel and state, as the server would fill them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from otalk_digest.model.finding import Finding, Level, Part, Place
from otalk_digest.web.preview import panels
from otalk_digest.web.preview.panels import Option, Picker
from otalk_digest.web.preview.view import Fault, Frame, InboxLine, Readiness, View

BASE: Final = "/a-token-nobody-guesses/"
HOSTILE: Final = "<script>alert('no')</script>\"'><b onload=x>{{7*7}}"
LONG: Final = "Occupationalperformancecoachingintheearlyyears" * 7

#: Word of the address → its name, and its options with what is more to say.
_EDITIONS: Final = (
    ("next", "Next: 24 November", "Frozen on Monday, 7am", "Editions"),
    ("41", "Edition 41", "Sent 17 November", "Editions"),
    ("40", "Edition 40", "Sent 10 November", "Editions"),
    ("full-week", "A full week", "", "Fixtures"),
    ("no-host", "No host yet", "", "Fixtures"),
    ("long-names", "Long names", "", "Fixtures"),
    ("hostile", "Hostile words", "", "Fixtures"),
    ("right-to-left", "Right to left", "", "Fixtures"),
)
_TOOLS: Final = {
    "width": ("Width", ("320", "360", "600", "700", "free"), "600"),
    "mode": (
        "Look",
        (
            ("sent", "As sent"),
            ("light", "Light"),
            ("dark", "Dark, ours"),
            ("forced", "Dark, forced"),
        ),
        "sent",
    ),
    "images": ("Images", (("on", "On"), ("off", "Off")), "on"),
    "styles": ("Styles", (("on", "On"), ("off", "Off")), "on"),
    "zoom": ("Zoom", tuple((one, f"{one}%") for one in ("50", "75", "100", "150", "200")), "100"),
    "compare": ("Compare", (("off", "Off"), ("dark", "With dark"), ("last", "With last")), "off"),
}
_SEGMENTS: Final = (("weekly", "Weekly", "128 readers"), ("students", "Students", "17 readers"))
_READERS: Final = (
    ("ana", "Ana, Madrid", "Her own time differs"),
    ("li", "Li, Sydney", "Another day there"),
    ("unnamed", "No name, UK", ""),
)


def _picker(name: str, label: str, options: list[Option]) -> Picker:
    return Picker(name=name, label=label, options=tuple(options))


def _option(chosen: Mapping[str, str], name: str, value: str, **more: str) -> Option:
    label = more.pop("label", value.capitalize())
    href = f"?{urlencode({**chosen, name: value})}"
    return Option(label=label, href=href, is_current=chosen.get(name) == value, **more)


def _pickers(chosen: Mapping[str, str]) -> tuple[Picker, ...]:
    editions = [
        _option(chosen, "edition", value, label=label, detail=detail, group=group)
        for value, label, detail, group in _EDITIONS
    ]
    segments = [
        _option(chosen, "segment", value, label=label, detail=detail)
        for value, label, detail in _SEGMENTS
    ]
    readers = [
        _option(chosen, "reader", value, label=label, detail=detail, group="Invented")
        for value, label, detail in _READERS
    ]
    return (
        _picker("edition", "Edition", editions),
        _picker("segment", "Segment", segments),
        _picker("reader", "Reader", readers),
    )


def _tools(chosen: Mapping[str, str]) -> tuple[Picker, ...]:
    tools = []
    for name, (label, options, _) in _TOOLS.items():
        pairs = [one if isinstance(one, tuple) else (one, one.capitalize()) for one in options]
        tools.append(
            _picker(name, label, [_option(chosen, name, value, label=said) for value, said in pairs])
        )
    return tuple(tools)


def a_finding(rule: str, level: Level = Level.SHOULD, **place: object) -> Finding:
    at = {"part": Part.HTML, "excerpt": "<a href=…>Read more</a>", "line": 88, **place}
    return Finding(
        rule=rule,
        level=level,
        place=Place(**at),  # type: ignore[arg-type] - a builder's defaults
        why=f"What {rule} does to somebody who hears the mail instead of seeing it (WCAG 2.4.4).",
        mend="Say in the words of the link where it leads, such as “Transcript of 18 November”.",
    )


def _findings(chosen: Mapping[str, str]) -> panels.FindingsPanel:
    found = [
        a_finding("unsubscribe-visible", Level.MUST, part=Part.TEXT, line=None, excerpt="(none)"),
        *(a_finding("link-text-unique", excerpt=f"Read more {n}", line=80 + n) for n in range(6)),
        a_finding("subject-first-words", part=Part.HEADER, excerpt="Subject: " + LONG[:70]),
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
    f'<tr><td style="padding:0 0 16px;font-size:16px;line-height:26px">Line {n} &amp; more</td></tr>'
    for n in range(60)
)


def _diff(chosen: Mapping[str, str]) -> panels.DiffPanel:
    against = _picker(
        "against",
        "Against",
        [
            _option({"against": "sent", **chosen}, "against", "sent", label="Last sent"),
            _option({"against": "sent", **chosen}, "against", "approved", label="Last approved"),
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
        ("Transcript of 18 November", "https://files.example.org/t/2026-11-18.pdf", "404 not found"),
        ("Read the post", f"https://blog.example.org/{'a-very-long-address-' * 8}", ""),
    ]
    return panels.LinksPanel(
        rows=tuple(
            panels.LinkRow(
                text=text,
                url=url,
                href=f"?{urlencode({**chosen, 'mark': str(at)})}",
                state=state,
                is_marked=chosen.get("mark") == str(at),
            )
            for at, (text, url, state) in enumerate(rows)
        ),
        check_action=f"{BASE}links",
    )


def _items() -> tuple[panels.Item, ...]:
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
            is_hidden=at == 2,  # noqa: PLR2004 - the last of them
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
                _meter("HTML", 15_200, 61_440, 104_448, "Far from where Gmail cuts."),
                _meter("Style block", 9_900, 8_192, 16_384, "Gmail drops it above 16 KB."),
                _meter("Message", 230_000, None, 204_800, "Some servers refuse what is larger."),
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
            found=(("a…@example.org", "weekly", "gets it"), ("l…@example.com", "weekly", "pending")),
            more=12,
            hrefs=("?reader=1", None),
        ),
        "edit": panels.EditPanel(
            is_open=True,
            note="Next week we **rest**.",
            last_edit="Sam, today at 10.14am",
            items=_items(),
        ),
    }
    return known[name]


def _meter(label: str, value: int, advised: int | None, limit: int, said: str) -> panels.Meter:
    return panels.Meter(label=label, value=value, advised=advised, limit=limit, said=said)


PANELS: Final = (
    *("findings", "text", "headers", "size", "links", "calendar", "clients", "source"),
    *("diff", "readers", "edit"),
)
DEFAULTS: Final = {
    "edition": "next",
    "segment": "weekly",
    "reader": "ana",
    **{name: first for name, (_, _, first) in _TOOLS.items()},
    "panel": "findings",
}


def a_readiness(**changes: object) -> Readiness:
    waiting = Readiness(
        rows=(
            ("Nothing that stops it", False, "1 must: unsubscribe-visible"),
            ("Size", True, "14.8 KB of 60 advised"),
            ("Links checked", True, "Today at 10.02am, all answer"),
            ("Readers", True, "128 weekly, 17 students, 4 left out with a reason"),
            ("Time", True, "Monday 23 November, 7am: it is due"),
        ),
        standing="waiting",
        standing_detail="Nobody has looked at it yet.",
        can_approve=True,
        can_hold=True,
        test_to="s…@example.org",
        seen="5d41402abc",
    )
    return replace(waiting, **changes)  # type: ignore[arg-type] - a builder's changes


def a_view(chosen: Mapping[str, str] | None = None, **changes: object) -> View:
    """Return a page for the choices named, the rest as they are at first."""
    all_chosen = {**DEFAULTS, **(chosen or {})}
    plain = {name: value for name, value in all_chosen.items() if name != "mark"}
    tabs = [
        _option(plain, "panel", name, detail="8" if name == "findings" else "") for name in PANELS
    ]
    view = View(
        title="Next edition, 24 November",
        base=BASE,
        query=urlencode(all_chosen),
        choices=tuple(all_chosen.items()),
        form_key="a-key-of-this-run",
        pickers=_pickers(plain),
        as_of="",
        tools=_tools(plain),
        inbox=(
            InboxLine(
                program="Phone",
                sender="OTalk digest",
                subject="Sleep and self-care: what helps? Tues…",
                preheader="Tuesday 8pm with Sam Rivers; and what came out of hand therapy after…",
            ),
            InboxLine(
                program="Outlook",
                sender="OTalk digest",
                subject="Sleep and self-care: what helps? Tuesday 8pm GMT",
                preheader="Tuesday 8pm with Sam Rivers; and what ca…",
            ),
        ),
        frames=_frames(all_chosen),
        zoom=int(all_chosen["zoom"]),
        tabs=_picker("panel", "Panels", tabs),
        panel=panel_of(all_chosen["panel"], plain),
        readiness=a_readiness(),
        downloads=(
            ("E-mail (.eml)", "mail.eml"),
            ("HTML", "mail.html"),
            ("Text", "mail.txt"),
            ("Calendar (.ics)", "chat.ics"),
        ),
        events=f"{BASE}events",
    )
    return replace(view, **changes)  # type: ignore[arg-type] - a builder's changes


def _frames(chosen: Mapping[str, str]) -> tuple[Frame, ...]:
    width = None if chosen["width"] == "free" else int(chosen["width"])
    shown = urlencode({name: chosen[name] for name in ("edition", "mode", "images", "styles")})
    has_mark = "mark" in chosen
    address = f"{BASE}mail.html?{shown}"
    captions = {"forced": "Near what Gmail does; look in Gmail before launch."}
    first = Frame(
        src=f"{address}#otd-mark" if has_mark else address,
        title={"sent": "As sent", "light": "Light", "dark": "Dark"}.get(chosen["mode"], "Forced"),
        width=width,
        caption=captions.get(chosen["mode"], ""),
        has_mark=has_mark,
    )
    second = Frame(src=f"{address}&beside=yes", title="Dark, as we wrote it", width=width)
    return (first,) if chosen["compare"] == "off" else (first, second)


#: Name → the page in a state that is not the everyday one.
STATES: Final = {
    "fault": a_view(
        fault=Fault(
            text="'topick' is undefined", file="templates/classic/parts/headline.html.j2", line=14
        )
    ),
    "fault-and-nothing": a_view(
        frames=(),
        inbox=(),
        downloads=(),
        panel=None,
        readiness=None,
        fault=Fault(text="segments.toml: unknown key “wekly”", file=None, line=None),
    ),
    "empty": a_view(
        frames=(),
        inbox=(),
        downloads=(),
        panel=None,
        empty="Nothing is new since edition 41. The next chat that is announced makes a mail.",
    ),
    "notice": a_view(notice="Saved. Everybody who looks sees it.", by="Sam"),
    "fixture": a_view({"edition": "hostile"}, readiness=None),
    "ready": a_view(
        readiness=a_readiness(rows=(("Size", True, ""),), standing="nothing asked", test_to=None)
    ),
    "approved": a_view(
        readiness=a_readiness(
            rows=(("Size", True, "14.8 KB"), ("Approved", True, "")),
            standing="approved",
            standing_detail="Sam, today at 10.20am",
            can_approve=False,
        )
    ),
    "held": a_view(
        readiness=a_readiness(
            standing="held", standing_detail="Sam, today: wait for the host", can_hold=False
        )
    ),
    "changed": a_view(
        readiness=a_readiness(
            rows=(("Size", True, ""),), standing="changed since approval", standing_detail="Two lines"
        )
    ),
    "sent": a_view(
        readiness=a_readiness(
            rows=(), standing="sent", standing_detail="17 November", can_approve=False, can_hold=False
        )
    ),
    "free": a_view({"width": "free"}),
    "compare": a_view({"compare": "dark", "width": "360"}),
    "marked": a_view({"mark": "2", "width": "360"}),
    "frozen": a_view(
        {"panel": "edit"},
        panel=panels.EditPanel(is_open=False, note="As sent.", last_edit="", items=_items()),
    ),
}
