"""The command, killed with SIGKILL at the step that the caller chose.

A step is what lasts or leaves the process: a commit, a connection, bytes sent or received, a
file put into its place. Its name is what is done and which function of ours does it, such as
"commit _StoreLedger.claim". Each is written to a log as it is reached, so that a first run,
killed nowhere, tells which there are. Started as

    python tests/crash/killed.py LOG NAME NUMBER before|after WORDS…

which kills at the step of that name that is reached as the NUMBERth of its kind.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy.engine.default import DefaultDialect


class Hand:
    """Counts steps, and kills at one of them."""

    def __init__(self, log: Path, *, name: str, number: int, is_after: bool) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._name = name
        self._left = number
        self._is_after = is_after
        self._lock = threading.Lock()

    def over(self, kind: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return the step, counted."""

        @wraps(step)
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the step takes
            is_last = self._reach(f"{kind} {_ours(sys._getframe(1))}")  # noqa: SLF001 - its one way
            if is_last and not self._is_after:
                _die()
            try:
                return step(*given, **named)
            finally:
                if is_last:
                    _die()

        return counted

    def _reach(self, name: str) -> bool:
        os.write(self._log, f"{name}\n".encode())
        with self._lock:
            self._left -= name == self._name
            return name == self._name and self._left == 0


def _ours(frame: FrameType | None) -> str:
    """Return the function of ours that a step is taken for; the store's own say nothing."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("otalk_digest.") and module != "otalk_digest.store.database":
            return frame.f_code.co_qualname
        frame = frame.f_back
    return "?"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    log, name, number, when, *words = sys.argv[1:]
    hand = Hand(Path(log), name=name, number=int(number), is_after=when == "after")
    for place, kind, names in (
        (DefaultDialect, "commit", ("do_commit",)),
        (socket.socket, "connect", ("connect",)),
        (socket.socket, "send", ("send", "sendall")),
        (socket.socket, "receive", ("recv", "recv_into")),
        (os, "move", ("rename", "replace")),
    ):
        for each in names:
            setattr(place, each, hand.over(kind, getattr(place, each)))
    # Imported afterwards: nothing may hold the uncounted ones.
    from otalk_digest.cli.main import main as run  # noqa: PLC0415

    run(words)


if __name__ == "__main__":
    main()
