"""The command, killed with SIGKILL at the step that the caller chose.

A step is what lasts or leaves the process: a commit, a connection, bytes sent or received, a
file put into its place. Each is named in a log as it is reached, so that a first run, killed
nowhere, tells how many there are. Started as

    python tests/crash/killed.py LOG STEP before|after WORDS…

where step 0 is never reached.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from sqlalchemy.engine.default import DefaultDialect


class Hand:
    """Counts steps, and kills at one of them."""

    def __init__(self, log: Path, *, at: int, is_after: bool) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._at = at
        self._is_after = is_after
        self._steps = 0
        self._lock = threading.Lock()

    def over(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return the step, counted."""

        @wraps(step)
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the step takes
            with self._lock:
                self._steps += 1
                number = self._steps
            os.write(self._log, f"{number} {name}\n".encode())
            if number == self._at and not self._is_after:
                _die()
            try:
                return step(*given, **named)
            finally:
                if number == self._at:
                    _die()

        return counted


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    log, at, when, *words = sys.argv[1:]
    hand = Hand(Path(log), at=int(at), is_after=when == "after")
    for place, names in (
        (DefaultDialect, ("do_commit",)),
        (socket.socket, ("connect", "send", "sendall", "recv", "recv_into")),
        (os, ("rename", "replace", "unlink")),
    ):
        for name in names:
            setattr(place, name, hand.over(name, getattr(place, name)))
    # Imported afterwards: nothing may hold the uncounted ones.
    from otalk_digest.cli.main import main as run  # noqa: PLC0415

    run(words)


if __name__ == "__main__":
    main()
