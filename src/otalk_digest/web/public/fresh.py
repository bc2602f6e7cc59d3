"""Answers that need not be sent twice (RFC 9110 §13)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

#: What is taken back, such as an edition on hold, is gone from caches as soon.
_AGE: Final = "public, max-age=300"


def fresh(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    modified_at: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the body, or 304 when whoever asks has these very bytes."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    given = {"ETag": etag, "Cache-Control": _AGE, **(headers or {})}
    if modified_at is not None:
        given["Last-Modified"] = format_datetime(modified_at.astimezone(UTC), usegmt=True)
    if _has_it(request, etag, modified_at):
        return Response(status_code=304, headers=given)
    return Response(body, media_type=media_type, headers=given)


def _has_it(request: Request, etag: str, modified_at: datetime | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        # §13.1.2: compared weakly, and the date is not looked at.
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return etag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or modified_at is None:
        return False
    try:
        return modified_at.replace(microsecond=0) <= parsedate_to_datetime(since).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
