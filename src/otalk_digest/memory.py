"""How the memory of this process is kept: what the C library can be told."""

from typing import Final

#: `M_ARENA_MAX` of glibc's malloc.h.
_ARENA_MAX: Final = -8


def share_one_heap() -> None:
    """Let threads that begin from now on share the heap that is there.

    glibc gives each a heap of its own, and keeps what was freed in each: five megabytes more for
    four threads that write requests. They wait for Python's lock anyway, so not for the heap.
    """
    # Loaded by what makes calendars too, but a run that goes on makes none.
    from ctypes import CDLL  # noqa: PLC0415

    libc = CDLL(None)
    # Elsewhere a call of that name need not mean the same.
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(_ARENA_MAX, 1)
