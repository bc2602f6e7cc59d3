"""Commands that are forked from a process which has imported all that they need.

Such a command is as any other, with a memory, files and locks of its own, and dies by the same
SIGKILL; but it need not start Python and import its libraries, which is most of what a short one
costs. Orders come on standard input, a line of JSON each, and are answered with a line:

    {"start": […], "folder": …, …}   its pid
    {"wait": pid}                    its status, as subprocess has it, once it has ended
    {"look": pid}                    the same, or null

What the first commands import late is imported here before the next one starts.
"""

import faulthandler
import gc
import importlib
import json
import os
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from tests.crash.killed import Hand, hand_over_all_steps


def _learn(learned: Path) -> None:
    """Import what commands have told that they had to."""
    if not learned.exists():
        return
    for name in learned.read_text(encoding="utf-8").splitlines():
        if name not in sys.modules:
            with suppress(ImportError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
    learned.unlink()
    # What a child never touches is not copied for it.
    gc.collect()
    gc.freeze()


def _start(order: dict[str, Any], hand: Hand, learned: Path) -> int:
    """Return the child's pid; in the child, leave with its status."""
    known = frozenset(sys.modules)
    if pid := os.fork():
        return pid
    status = _live(order, hand)
    if new := sorted(sys.modules.keys() - known):
        with learned.open("a", encoding="utf-8") as file:
            file.write("\n".join(new) + "\n")
    # Its threads are waited for, as at any end; but to take apart what is shared would copy it.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _live(order: dict[str, Any], hand: Hand) -> int:
    """Be the command; return the status to leave with."""
    for name, number, flags in (
        (os.devnull, 0, os.O_RDONLY),
        (order["out"], 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (order["err"], 2, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    faulthandler.enable()
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    hand.raised(
        Path(order["log"]),
        name=order["name"],
        number=order["number"],
        is_after=order["is_after"],
    )
    return _run(order["start"])


def _run(words: list[str]) -> int:
    from otalk_digest.cli.main import main as run  # noqa: PLC0415 - after the hand is over all

    try:
        run(words)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1


def main() -> NoReturn:
    learned = Path(sys.argv[1])
    hand = hand_over_all_steps()
    importlib.import_module("otalk_digest.cli.main")
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            _learn(learned)
            answer: int | None = _start(order, hand, learned)
        else:
            is_patient = "wait" in order
            wanted = order["wait" if is_patient else "look"]
            pid, status = os.waitpid(wanted, 0 if is_patient else os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    sys.exit(0)


if __name__ == "__main__":
    main()
