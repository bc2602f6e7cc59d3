import gc
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from otalk_digest.memory import leaving_out, seldom_searched

HEAPS = """
import ctypes, sys, threading
from otalk_digest.memory import share_one_heap

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

if sys.argv[2] == "share":
    share_one_heap()
before = count_heaps()
take_some_in_threads()
print(count_heaps() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps for threads are glibc's")
@pytest.mark.parametrize(("said", "more"), [("share", False), ("nothing", True)])
def test_threads_share_the_heap_that_is_there_once_they_are_told_to(
    tmp_path: Path, said: str, *, more: bool
) -> None:
    program = [sys.executable, "-c", HEAPS, str(tmp_path / "told.xml"), said]

    done = subprocess.run(program, capture_output=True, check=True, text=True)

    assert (int(done.stdout) > 0) == more


def test_python_looks_for_circles_seldom_and_afterwards_as_before() -> None:
    gc.unfreeze()
    usual = gc.get_threshold()

    with seldom_searched():
        assert gc.get_threshold()[0] > usual[0]
        assert gc.get_freeze_count() > 0
    with pytest.raises(ValueError, match="a fault"), seldom_searched():
        raise ValueError("a fault")

    assert (gc.get_threshold(), gc.get_freeze_count()) == (usual, 0)


def test_what_a_server_has_put_aside_for_good_stays_there() -> None:
    gc.freeze()
    kept = gc.get_freeze_count()

    with seldom_searched():
        pass

    assert gc.get_freeze_count() == kept
    gc.unfreeze()


def test_a_module_is_left_out_while_something_is_imported_and_there_afterwards() -> None:
    sys.modules.pop("colorsys", None)

    with leaving_out("colorsys"):
        import colorsys  # noqa: PLC0415

        assert not hasattr(colorsys, "rgb_to_hls")

    import colorsys  # noqa: PLC0415

    assert hasattr(colorsys, "rgb_to_hls")


def test_a_module_that_is_there_is_not_put_aside() -> None:
    with leaving_out("sys"):
        assert sys.modules["sys"] is sys

    assert sys.modules["sys"] is sys
