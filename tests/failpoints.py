"""Start the command so that it dies at a named step, at once and without any last words.

    FAILPOINT="after otalk_digest.store.ledger:claim#2" python tests/failpoints.py run

A step is before or after a function, the how manieth time it comes to it; without a number the
first. "After" is also when it leaves with an error. The program itself knows nothing of this: the
interpreter tells us of each call (`sys.setprofile`), in every thread.
"""

import os
import re
import runpy
import signal
import sys
import threading
from itertools import count
from types import FrameType
from typing import Final

#: Names the step; without it the command runs as ever, but slower.
VARIABLE: Final = "FAILPOINT"
_STEP: Final = re.compile(r"(before|after) ([\w.]+):([\w.]+)(?:#(\d+))?")
_EVENTS: Final = {"before": "call", "after": "return"}


def die_at(step: str) -> None:
    """Watch from here on. A generator is not a function: it comes and goes many times."""
    found = _STEP.fullmatch(step)
    assert found is not None, step
    event_name, module, function = _EVENTS[found[1]], found[2], found[3]
    wanted, times = int(found[4] or 1), count(1)

    def look(frame: FrameType, event: str, _: object) -> None:
        if event != event_name or frame.f_code.co_qualname != function:
            return
        if frame.f_globals.get("__name__") == module and next(times) == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(look)
    sys.setprofile(look)


if __name__ == "__main__":
    # This folder is no part of the program.
    del sys.path[0]
    if VARIABLE in os.environ:
        die_at(os.environ[VARIABLE])
    runpy.run_module("otalk_digest", run_name="__main__", alter_sys=True)
