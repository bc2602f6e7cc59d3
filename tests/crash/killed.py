"""The command, killed with SIGKILL at the step that the caller chose.

A step is what lasts or leaves the process: a commit, a connection, bytes sent or received, a
file put into its place. Its name is what is done and which function of ours does it, such as
"commit StoreLedger.claim". Each is written to a log as it is reached, so that a first run,
killed nowhere, tells which there are. Started as

    python tests/crash/killed.py LOG NAME NUMBER before|after WORDS…

it kills at the step of that name that is reached as the NUMBERth of its kind. `nursery.py` starts
many of them for less.
"""

import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

from procrastinate import PsycopgConnector
from sqlalchemy.engine.default import DefaultDialect


class Hand:
    """Counts steps, and kills at one of them; idle until it is `raised`."""

    def __init__(self) -> None:
        self._log: int | None = None
        self._name = ""
        self._left = 0
        self._is_after = False
        self._lock = threading.Lock()

    def raised(self, log: Path, *, name: str, number: int, is_after: bool) -> None:
        """Count from now on."""
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._name, self._left, self._is_after = name, number, is_after

    def over(self, kind: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return the step, counted."""

        @wraps(step)
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the step takes
            if self._log is None:
                return step(*given, **named)
            is_last = self._reach(f"{kind} {_ours(sys._getframe(1))}")  # noqa: SLF001 - its one way
            if is_last and not self._is_after:
                _die()
            try:
                return step(*given, **named)
            finally:
                if is_last:
                    _die()

        return counted

    def over_query(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return what asks the workers' queue, counted: whatever it does is durable at once."""

        @wraps(step)
        async def counted(connector: object, query: str, **named: Any) -> Any:  # noqa: ANN401 - the same
            is_last = self._reach(f"queue {_function_in(query)}")
            if is_last and not self._is_after:
                _die()
            try:
                return await step(connector, query, **named)
            finally:
                if is_last:
                    _die()

        return counted

    def _reach(self, name: str) -> bool:
        if self._log is None:
            return False
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


def _function_in(query: str) -> str:
    """Return what a query of procrastinate calls, such as "fetch_job"; the rest only looks."""
    found = re.search(r"procrastinate_(\w+)_v\d", query)
    return found[1] if found else "look"


def hand_over_all_steps() -> Hand:
    """Return the one that counts every step of this process.

    Call it before anything of ours is imported, which would hold uncounted ones.
    """
    hand = Hand()
    for place, kind, names in (
        (DefaultDialect, "commit", ("do_commit",)),
        (socket.socket, "connect", ("connect",)),
        (socket.socket, "send", ("send", "sendall")),
        (socket.socket, "receive", ("recv", "recv_into")),
        (os, "move", ("rename", "replace")),
    ):
        for each in names:
            setattr(place, each, hand.over(kind, getattr(place, each)))
    # Only what a worker asks; what others put into the queue is part of their commits.
    for each in ("execute_query_async", "execute_query_one_async", "execute_query_all_async"):
        asked = hand.over_query(getattr(PsycopgConnector, each))
        setattr(PsycopgConnector, each, asked)
    return hand


def main() -> None:
    log, name, number, when, *words = sys.argv[1:]
    hand = hand_over_all_steps()
    hand.raised(Path(log), name=name, number=int(number), is_after=when == "after")
    from otalk_digest.cli.main import main as run  # noqa: PLC0415 - see above

    run(words)


if __name__ == "__main__":
    main()
