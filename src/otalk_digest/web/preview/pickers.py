"""The choices of a page: each a link that changes one word of its address. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from otalk_digest.pipeline.personas import Persona
from otalk_digest.pipeline.previewing import FIXTURE, NEXT, EditionRecord, Offer
from otalk_digest.web.preview import state as choices
from otalk_digest.web.preview.panels import Option, Picker
from otalk_digest.web.preview.state import State

#: A year of weekly editions; older ones are reached by their number in the address.
_MOST_EDITIONS: Final = 52

_TOOLS: Final = (
    (
        "width",
        "Width",
        {"320": "320", "360": "360", "600": "600", "700": "700", "free": "Free"},
    ),
    (
        "mode",
        "Colours",
        {
            "sent": "As sent",
            "light": "Light",
            "dark": "Dark",
            "forced": "Forced dark",
        },
    ),
    ("images", "Images", {"on": "On", "off": "Off"}),
    ("styles", "Styles", {"on": "On", "off": "Off"}),
    ("zoom", "Zoom %", {zoom: zoom for zoom in choices.ZOOMS}),
    (
        "compare",
        "Compare",
        {"off": "Off", "dark": "Light and dark", "last": "With the last one"},
    ),
)
_DETAILS: Final = {
    ("mode", "sent"): "follows this device",
    ("mode", "dark"): "as its author wrote it, for programs that ask",
    ("mode", "forced"): "an approximation of what Gmail does",
    ("styles", "off"): "as where the style block is dropped",
}
_TABS: Final = {
    "findings": "Findings",
    "text": "Text",
    "headers": "Headers",
    "size": "Size",
    "links": "Links",
    "calendar": "Calendar",
    "clients": "Clients",
    "source": "Source",
    "diff": "Diff",
    "readers": "Readers",
    "edit": "Edit",
}


def edition_picker(
    state: State, past: Sequence[EditionRecord], invented: Iterable[tuple[str, str]]
) -> Picker:
    """Return the next edition, the past ones, and the invented ones."""
    shown = list(past[:_MOST_EDITIONS])
    shown += [record for record in past[_MOST_EDITIONS:] if str(record.number) == state.edition]
    return Picker(
        name="edition",
        label="Edition",
        options=(
            _edition(state, NEXT, "Next edition", group="Editions"),
            *(
                _edition(
                    state,
                    str(record.number),
                    f"Edition {record.number}",
                    group="Editions",
                    detail=f"{record.frozen_at:%Y-%m-%d}",
                )
                for record in shown
            ),
            *(
                _edition(state, f"{FIXTURE}{name}", title, group="Fixtures")
                for name, title in invented
            ),
        ),
    )


def segment_picker(state: State, offers: Sequence[Offer], current: str) -> Picker:
    """Return the segments of the edition."""
    return Picker(
        name="segment",
        label="Segment",
        options=tuple(
            Option(
                label=offer.title,
                href=state.href(segment=offer.name, mark=""),
                is_current=offer.name == current,
                detail=_when(offer),
            )
            for offer in offers
        ),
    )


def _when(offer: Offer) -> str:
    if offer.is_waiting:
        return "only what cannot wait" if offer.has_mail else "not their turn"
    return "" if offer.has_mail else "nothing this time"


def reader_picker(state: State, people: Sequence[Persona], current: Persona) -> Picker:
    """Return who can be shown, and who is."""
    offered = (*people, *(() if current in people else (current,)))
    return Picker(
        name="reader",
        label="Reader",
        options=tuple(
            Option(
                label=person.label,
                href=state.href(reader=person.key, mark=""),
                is_current=person.key == current.key,
                detail=person.detail,
                group="Invented" if person.is_invented else "Subscribers",
            )
            for person in offered
        ),
    )


def tools(state: State) -> tuple[Picker, ...]:
    """Return how the mail can be looked at."""
    return tuple(
        Picker(
            name=name,
            label=label,
            options=tuple(
                Option(
                    label=said,
                    href=state.href(**{name: value}),
                    is_current=getattr(state, name) == value,
                    detail=_DETAILS.get((name, value), ""),
                )
                for value, said in values.items()
            ),
        )
        for name, label, values in _TOOLS
    )


def tabs(state: State, details: dict[str, str]) -> Picker:
    """Return the panels; `details` says more of some."""
    return Picker(
        name="panel",
        label="Panels",
        options=tuple(
            Option(
                label=label,
                href=state.href(panel=name),
                is_current=state.panel == name,
                detail=details.get(name, ""),
            )
            for name, label in _TABS.items()
        ),
    )


def against_picker(state: State) -> Picker:
    """Return what a mail can be compared with."""
    labels = {"last": "Last edition sent", "approval": "Last approval"}
    return Picker(
        name="against",
        label="Compare with",
        options=tuple(
            Option(
                label=label,
                href=state.href(against=name),
                is_current=state.against == name,
            )
            for name, label in labels.items()
        ),
    )


def _edition(state: State, word: str, label: str, *, group: str, detail: str = "") -> Option:
    return Option(
        label=label,
        # What was outlined or searched there is not here.
        href=state.href(edition=word, mark="", find=""),
        is_current=state.edition == word,
        detail=detail,
        group=group,
    )
