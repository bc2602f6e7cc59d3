"""The memory of this process, given back between two stages of one run."""

import gc
from typing import Final

#: `M_ARENA_MAX` of glibc's malloc.h.
_ARENA_MAX: Final = -8


def make_room() -> None:
    """Let go of what the last stage needed, so that the next finds its place.

    What was rendered and checked is garbage by then, part of it in circles. glibc keeps what was
    freed, and gives each thread a heap of its own to keep more in: of eight threads that write
    requests, nine megabytes. They share one from now on, as they share Python's lock anyway.
    """
    gc.collect()
    # Loaded by the calendar already; a run that only sends needs it for this alone.
    from ctypes import CDLL  # noqa: PLC0415

    libc = CDLL(None)
    # Whatever is called so elsewhere need not mean the same.
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(_ARENA_MAX, 1)
        libc.malloc_trim(0)
