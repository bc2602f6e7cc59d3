"""What answers in SendGrid's place: takes everything at once, or after a while, and counts it."""

import asyncio
import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

_LIMIT = 1 << 25
_TAKEN = (
    b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass(slots=True)
class Count:
    """What has come so far."""

    requests: int = 0
    readers: int = 0
    bytes: int = 0


class Sink:
    """Takes requests, each after the latency."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._count = Count()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            body = json.dumps(asdict(self._count)).encode()
            length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\n" + length.encode() + body)
        else:
            lengths = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
            body = await reader.readexactly(int(lengths[0].partition(b":")[2]))
            self._count.requests += 1
            self._count.readers += body.count(b'"to"')
            self._count.bytes += len(body)
            await asyncio.sleep(self._latency_s)
            writer.write(_TAKEN)
        await writer.drain()
        writer.close()


@contextmanager
def sink(*, latency_s: float = 0.0) -> Iterator[str]:
    """Start one in a process of its own and yield its host."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        asyncio.run(_serve(write, latency_s))
    os.close(write)
    with os.fdopen(read) as told:
        port = int(told.readline())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


async def _serve(write: int, latency_s: float) -> None:
    server = await asyncio.start_server(Sink(latency_s).answer, "127.0.0.1", 0, limit=_LIMIT)
    os.write(write, f"{server.sockets[0].getsockname()[1]}\n".encode())
    os.close(write)
    await server.serve_forever()


def counted(host: str) -> Count:
    """Ask what has come."""
    with urllib.request.urlopen(host) as answer:  # noqa: S310 - our own, on loopback
        return Count(**json.load(answer))
