import gc
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from otalk_digest.memory import make_room

HEAPS = """
import ctypes, sys, threading
from otalk_digest.memory import make_room

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p

def count_heaps():
    told = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
    libc.malloc_info(0, told)
    libc.fclose(told)
    with open(sys.argv[1]) as file:
        return file.read().count("<heap nr=")

def take_some_in_threads():
    here = threading.Barrier(4)

    def take_some():
        some = [bytes(5_000) for _ in range(20)]
        here.wait()
        del some

    threads = [threading.Thread(target=take_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

before = count_heaps()
make_room()
take_some_in_threads()
print(count_heaps() - before)
"""


class Node:
    """May refer to itself."""

    itself: "Node"


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_what_holds_only_itself_is_gone_at_once() -> None:
    node = Node()
    node.itself = node
    seen = weakref.ref(node)
    del node

    make_room()

    assert seen() is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps for threads are glibc's")
def test_threads_that_begin_afterwards_share_the_heap_that_is_there(
    tmp_path: Path,
) -> None:
    told = tmp_path / "told.xml"

    done = subprocess.run(
        [sys.executable, "-c", HEAPS, str(told)], capture_output=True, check=True, text=True
    )

    assert done.stdout.strip() == "0"
