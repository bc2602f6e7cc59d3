"""How the memory of this process is kept: what the C library is told, and what is not loaded."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

#: `M_ARENA_MAX` of glibc's malloc.h.
_ARENA_MAX: Final = -8
#: How many more objects there are before Python looks for circles among them; 700 by itself.
_OBJECTS_AT_ONCE: Final = 50_000


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


@contextmanager
def leaving_out(module: str) -> Iterator[None]:
    """Import something without a module that it loads and that we never use.

    An empty one stands in meanwhile. Whoever imports the module elsewhere has the real one.
    """
    stand_in = ModuleType(module)
    is_ours = sys.modules.setdefault(module, stand_in) is stand_in
    try:
        yield
    finally:
        if is_ours:
            del sys.modules[module]


@contextmanager
def seldom_searched() -> Iterator[None]:
    """Let Python's search for circles come by less often, and leave out what is there already.

    For what handles a million readers: their things are let go of as soon as nobody holds them,
    and to search them again and again, with all that was loaded before, is a quarter of the work.
    """
    if gc.get_freeze_count():
        # A server's, for as long as it runs: nobody is to wait while all of it is gone through.
        yield
        return
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_AT_ONCE, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
