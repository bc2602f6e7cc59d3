"""Servers of ours that answer from a thread while a test goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

_PATIENCE_S: Final = 60.0


@contextmanager
def answering(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    """Let it answer until the block is over."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until = time.monotonic() + _PATIENCE_S
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
