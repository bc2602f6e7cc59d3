"""The process's own streams: nobody reads them, or their disk is full, and the work still ends."""

import errno
import io
import os
import sys
from typing import Any, TextIO


class _Outlet(io.FileIO):
    """A stream that falls silent at the first thing that it cannot say, and keeps why."""

    fault: OSError | None = None

    def write(self, words: Any, /) -> int:  # noqa: ANN401 - bytes of any kind
        if self.fault is None:
            try:
                return super().write(words)
            except OSError as error:
                self.fault = error
        return memoryview(words).nbytes


def steady() -> None:
    """Open the streams that are closed on nothing, and let what cannot be said end no command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Now, in this order: else the database would be given the number of a stream.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for the life of the process
        elif mode == "w" and stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _reopened(stream))


def output_in_utf8() -> TextIO:
    """Return standard output for what other programs read, whatever the terminal can show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return sys.stdout


def lost() -> str | None:
    """Say why some of the output is lost; None where it is not, or its reader had enough."""
    sys.stdout.flush()
    outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    fault = outlet.fault if isinstance(outlet, _Outlet) else None
    return None if fault is None or fault.errno == errno.EPIPE else fault.strerror


def _reopened(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        # A letter that the terminal does not know is shown by its number.
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
    )
