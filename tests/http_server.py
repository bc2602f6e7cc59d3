"""A web server on the loopback that answers as told, or misbehaves as told."""

import contextlib
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


#: What to do with one connection, once its request has been read.
Answer = Callable[[socket.socket, Request], None]


@dataclass(slots=True, kw_only=True)
class Site:
    """A running server: set `answers[path]`; several are used in turn, the last one again."""

    port: int
    host: str = "127.0.0.1"
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    #: For every path without an answer of its own.
    otherwise: Answer | None = None

    def url(self, path: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> str:
        """Answer so at this path, which is given back as an address."""
        self.answers[path] = list(answers)
        return self.url(path)


@contextlib.contextmanager
def running_site() -> Iterator[Site]:
    """A site for one test."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                _serve(self.request, site)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        site = Site(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def _serve(connection: socket.socket, site: Site) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65_536)
        if not received:
            return
        head += received
        if head.startswith(b"\x16"):  # RFC 8446 §5.1: a TLS handshake; we speak none
            connection.sendall(b"HTTP/1.1 400 Whatever\r\n\r\n")
            return
    request = _read(head)
    site.requests.append(request)
    answers = site.answers.get(request.path) or [site.otherwise or answer(404)]
    chosen = answers.pop(0) if len(answers) > 1 else answers[0]
    chosen(connection, request)


def _read(head: bytes) -> Request:
    first, *lines = head.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return Request(method=method, path=path, headers=headers)


def answer(
    status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """A proper answer."""
    return sends(head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The lines before a body."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{key}: {value}" for key, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def sends(data: bytes) -> Answer:
    """These bytes, then an orderly end."""

    def act(connection: socket.socket, _: Request) -> None:
        connection.sendall(data)

    return act


def redirects(target: str, status: int = 301) -> Answer:
    """To another address."""
    return answer(status, headers={"Location": target})


def resets(after: bytes = b"") -> Answer:
    """These bytes, then RST instead of an end."""

    def act(connection: socket.socket, _: Request) -> None:
        connection.sendall(after)
        # A linger of zero seconds makes the kernel send RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return act


def drips(data: bytes, *, pause_s: float = 0.01) -> Answer:
    """One byte at a time, over and over, until the client has gone."""

    def act(connection: socket.socket, _: Request) -> None:
        for number in range(100_000):
            connection.sendall(data[number % len(data) :][:1])
            time.sleep(pause_s)

    return act


def hangs() -> Answer:
    """Nothing at all, until the client has gone."""

    def act(connection: socket.socket, _: Request) -> None:
        connection.settimeout(30)
        connection.recv(1)

    return act


def endless(chunk: bytes) -> Answer:
    """A body without an end."""

    def act(connection: socket.socket, _: Request) -> None:
        connection.sendall(head(200, {"Content-Type": "application/rss+xml"}))
        while True:
            connection.sendall(chunk)

    return act


def gzip_bomb(megabytes: int) -> Answer:
    """A small body that unpacks to so many megabytes of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    body = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(megabytes)) + packer.flush()
    return answer(200, body, {"Content-Encoding": "gzip"})
