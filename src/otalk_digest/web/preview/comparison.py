"""The mail beside an earlier one: what is gone and what is new."""

from otalk_digest.model.edition import Variant
from otalk_digest.pipeline import previewing
from otalk_digest.pipeline.approving import PartDifference, differences
from otalk_digest.pipeline.previewing import Scene
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.panels import DiffLine, DiffPanel, DiffPart
from otalk_digest.web.preview.pickers import against_picker
from otalk_digest.web.preview.state import State


def diff_panel(gallery: Gallery, state: State, scene: Scene) -> DiffPanel:
    """Return what changed since the last edition sent, or since the last approval."""
    against = against_picker(state)
    title, old = _other(gallery, state, scene)
    if scene.proof is None or old is None:
        return DiffPanel(against=against, title=None, parts=())
    parts = differences([old], [scene.proof.variant])
    return DiffPanel(against=against, title=title, parts=tuple(_part(part) for part in parts))


def _other(gallery: Gallery, state: State, scene: Scene) -> tuple[str | None, Variant | None]:
    if state.against == "approval":
        variants = previewing.approved(gallery.desk, scene.number)
        title = f"What was approved of edition {scene.number}"
        return title, next((each for each in variants if each.segment == scene.segment), None)
    last = previewing.last_before(gallery.desk, scene.number, scene.segment)
    return (None, None) if last is None else (f"Edition {last[0]}, the last one sent", last[1])


def _part(part: PartDifference) -> DiffPart:
    return DiffPart(
        label=part.label.capitalize() if part.label != "html" else "HTML",
        lines=tuple(DiffLine(kind=line.kind, text=line.text) for line in part.lines),
        gone=part.gone,
        new=part.new,
    )
