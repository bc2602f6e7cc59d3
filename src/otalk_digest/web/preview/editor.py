"""What a maintainer can change of the next edition."""

from typing import Final

from otalk_digest.pipeline import editing, overruling
from otalk_digest.pipeline.editing import Edit
from otalk_digest.pipeline.overruling import Readable
from otalk_digest.pipeline.previewing import Scene
from otalk_digest.pipeline.readiness import in_words
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.panels import EditPanel, Item

_PARTS: Final = {
    "alerts": "Changes and cancellations",
    "chats": "Chats ahead",
    "wrap_ups": "Wrap-ups",
    "notices": "Notices",
}
_DONE: Final = {
    "note": "The note was changed",
    "hide": "An item was hidden",
    "show": "An item was shown again",
    "move": "An item was moved",
}
_CLOSED: Final = EditPanel(is_open=False, note="", last_edit="", items=())


def edit_panel(gallery: Gallery, scene: Scene) -> EditPanel:
    """Return the note, the items and their readings; closed for what is frozen or invented."""
    if scene.is_frozen or scene.is_invented:
        return _CLOSED
    desk = gallery.desk
    zone = desk.press.profile.zone
    with desk.store.read() as connection:
        edits = editing.current_edits(connection, scene.number)
        last = editing.last_edit(connection, scene.number)
        items = tuple(
            Item(
                news_id=item.news_id,
                part=_PARTS[item.part],
                topic=item.news.reading.topic or item.news.reading.title,
                is_hidden=item.is_hidden,
                can_go_up=item.can_go_up,
                can_go_down=item.can_go_down,
                guid=item.news.guid,
                reading=tuple(
                    _row(field, zone)
                    for field in overruling.readable(connection, item.news.guid, desk.press.profile)
                ),
            )
            for item in editing.items(connection, desk.segments, now=desk.clock())
        )
    return EditPanel(
        is_open=True,
        note=edits.note or "",
        last_edit="" if last is None else _said(last, zone),
        items=items,
    )


def _said(edit: Edit, zone: str) -> str:
    return f"{_DONE[edit.kind]} by {edit.by}, {in_words(edit.at, zone)}."


def _row(field: Readable, zone: str) -> tuple[str, str, str]:
    if field.set_at is None:
        return field.field, field.value, field.hint
    by = f" by {field.set_by}" if field.set_by else ""
    set_ = f"set by hand{by}, {in_words(field.set_at, zone)}; empty gives it back to the post"
    return field.field, field.value, f"{field.hint} ({set_})"
