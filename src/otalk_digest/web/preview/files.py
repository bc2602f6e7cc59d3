"""The mail as files, and our own style and script."""

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from otalk_digest.pipeline.previewing import Scene

STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_TYPES: Final = {
    "eml": "message/rfc822",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
}
#: A file that was saved and opened from here runs nothing either.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def static_file(name: str) -> Response:
    """Return one of our own files. Raises HTTPException when there is none."""
    kind = name.rpartition(".")[2]
    known = {path.name for path in STATIC.iterdir()} if STATIC.is_dir() else set()
    if name not in known or kind not in _KINDS:
        raise HTTPException(404)
    body = (STATIC / name).read_bytes()
    return Response(body, headers={"content-type": _KINDS[kind]})


def download(scene: Scene | None, kind: str) -> Response:
    """Return the mail as a file: the very bytes. Raises HTTPException when there is none."""
    body = None if scene is None else _body(scene, kind)
    if scene is None or body is None:
        raise HTTPException(404, "There is no such file of this mail.")
    stem = "invented" if scene.is_invented else f"edition-{scene.number}"
    name = f"{stem}-{scene.segment}.{kind}"
    return Response(
        body,
        headers={
            "content-type": _TYPES[kind],
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": _POLICY,
        },
    )


def _body(scene: Scene, kind: str) -> bytes | None:
    proof = scene.proof
    if proof is None or kind not in _TYPES:
        return None
    calendar = proof.variant.calendar
    bodies = {
        "eml": proof.message,
        "html": proof.html.encode(),
        "txt": proof.text.encode(),
        "ics": None if calendar is None else calendar.encode(),
    }
    return bodies[kind]
