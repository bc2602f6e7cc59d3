"""The body of an answer, unpacked by ourselves: a few packed bytes may hold gigabytes."""

import zlib

import httpx

from otalk_digest.collect.refusals import shown
from otalk_digest.errors import FeedError


def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """All of it, or FeedError: too large, damaged, or packed in a way that we did not ask for."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > max_bytes:  # noqa: PLR2004 int() of a huge one is slow
        raise _too_large(response, max_bytes)
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in {"", "identity"}:
        return _read_plain(response, max_bytes)
    if packing in {"gzip", "x-gzip"}:
        return _read_gzip(response, max_bytes)
    raise FeedError(
        f"{shown(response.url)} answered in the encoding {packing[:40]!r}, which we did not "
        "ask for; tell the blog's host."
    )


def _read_plain(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(response, max_bytes)
    return bytes(body)


def _read_gzip(response: httpx.Response, max_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = bytearray()
    try:
        for chunk in response.iter_raw():
            # One byte more than allowed tells too large from just large enough.
            body += unpacker.decompress(chunk, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise _too_large(response, max_bytes)
    except zlib.error as error:
        raise FeedError(
            f"{shown(response.url)} sent a damaged gzip stream; try again later."
        ) from error
    if not unpacker.eof:
        raise FeedError(
            f"{shown(response.url)} sent a gzip stream that breaks off; try again later."
        )
    return bytes(body)


def _too_large(response: httpx.Response, max_bytes: int) -> FeedError:
    return FeedError(
        f"{shown(response.url)} is larger than {max_bytes:,} bytes, so reading was stopped; check "
        "that it is a feed, or raise max_bytes in [feed]."
    )
