"""Invented pages of the preview in every state, as the server would fill them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from tests.view_panels import BASE, items, option, panel_of, picker

from otalk_digest.pipeline.readiness import Verdict
from otalk_digest.web.preview import panels
from otalk_digest.web.preview.panels import Picker
from otalk_digest.web.preview.view import Fault, Frame, InboxLine, Readiness, View

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


def _pickers(chosen: Mapping[str, str]) -> tuple[Picker, ...]:
    editions = [
        option(chosen, "edition", value, label=label, detail=detail, group=group)
        for value, label, detail, group in _EDITIONS
    ]
    segments = [
        option(chosen, "segment", value, label=label, detail=detail)
        for value, label, detail in _SEGMENTS
    ]
    readers = [
        option(chosen, "reader", value, label=label, detail=detail, group="Invented")
        for value, label, detail in _READERS
    ]
    return (
        picker("edition", "Edition", editions),
        picker("segment", "Segment", segments),
        picker("reader", "Reader", readers),
    )


def _tools(chosen: Mapping[str, str]) -> tuple[Picker, ...]:
    tools = []
    for name, (label, options, _) in _TOOLS.items():
        pairs = [one if isinstance(one, tuple) else (one, one.capitalize()) for one in options]
        tools.append(
            picker(name, label, [option(chosen, name, value, label=said) for value, said in pairs])
        )
    return tuple(tools)


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


def a_readiness(**changes: Any) -> Readiness:  # noqa: ANN401 - as `replace` takes them
    waiting = Readiness(
        rows=(
            ("Rules", Verdict.UNMET, "1 must: unsubscribe-visible"),
            ("Size", Verdict.MET, "14.8 KB of 60 advised"),
            ("Links", Verdict.MET, "all 11 answered"),
            ("Readers", Verdict.MET, "128 weekly, 17 students, 4 left out with a reason"),
            ("Time", Verdict.OPEN, "the chat of 23 November 2026, 20:00 GMT has begun"),
        ),
        standing="waiting",
        standing_detail="Nobody has looked at it yet.",
        can_approve=True,
        can_hold=True,
        test_to="s…@example.org",
        seen="5d41402abc",
    )
    return replace(waiting, **changes)


def a_view(chosen: Mapping[str, str] | None = None, **changes: Any) -> View:  # noqa: ANN401 - as `replace` takes them
    """Return a page for the choices named, the rest as they are at first."""
    all_chosen = {**DEFAULTS, **(chosen or {})}
    plain = {name: value for name, value in all_chosen.items() if name != "mark"}
    tabs = [
        option(plain, "panel", name, detail="8" if name == "findings" else "") for name in PANELS
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
        tabs=picker("panel", "Panels", tabs),
        panel=panel_of(all_chosen["panel"], all_chosen),
        readiness=a_readiness(),
        downloads=(
            ("E-mail (.eml)", "mail.eml"),
            ("HTML", "mail.html"),
            ("Text", "mail.txt"),
            ("Calendar (.ics)", "chat.ics"),
        ),
        events=f"{BASE}events",
    )
    return replace(view, **changes)


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
        readiness=a_readiness(
            rows=(("Size", Verdict.MET, ""),), standing="nothing asked", test_to=None
        )
    ),
    "approved": a_view(
        readiness=a_readiness(
            rows=(("Size", Verdict.MET, "14.8 KB"), ("Approved", Verdict.MET, "")),
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
            rows=(("Size", Verdict.MET, ""),),
            standing="changed since approval",
            standing_detail="Two lines",
        )
    ),
    "sent": a_view(
        readiness=a_readiness(
            rows=(),
            standing="sent",
            standing_detail="17 November",
            can_approve=False,
            can_hold=False,
        )
    ),
    "free": a_view({"width": "free"}),
    "compare": a_view({"compare": "dark", "width": "360"}),
    "marked": a_view({"mark": "2", "width": "360"}),
    "frozen": a_view(
        {"panel": "edit"},
        panel=panels.EditPanel(is_open=False, note="As sent.", last_edit="", items=items()),
    ),
}
