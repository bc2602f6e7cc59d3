"""SMTP servers on loopback: a real one, and one that misbehaves by script."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USERNAME = "digest-sender"
PASSWORD = "a password for tests"  # noqa: S105  it opens nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message, with its envelope."""

    sender: str
    recipient: str
    content: bytes


class MailServer:
    """aiosmtpd, which keeps what it accepts."""

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        wants_login: bool = False,
        has_open_login: bool = False,
        knows_utf8: bool = True,
    ) -> None:
        self.received: list[Received] = []
        self.sessions: set[object] = set()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=_free_port(),
            ssl_context=tls,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=_authenticate if wants_login else None,
            auth_required=wants_login,
            auth_require_tls=tls is None and not has_open_login,
            enable_SMTPUTF8=knows_utf8,
        )

    @property
    def port(self) -> int:
        port: int = self._controller.port
        return port

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    # aiosmtpd calls it by this name.
    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        self.sessions.add(session.peer)
        sender, content = envelope.mail_from, envelope.original_content
        assert sender is not None
        assert content is not None
        self.received.append(Received(sender=sender, recipient=recipient, content=content))
        return f"250 2.0.0 Ok: queued as N{len(self.received)}"


def _authenticate(*given: object) -> AuthResult:
    login = given[-1]
    is_known = isinstance(login, LoginPassword) and (login.login, login.password) == (
        USERNAME.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_known, handled=False)


@contextmanager
def running(server: "MailServer | ScriptedServer") -> Iterator["MailServer | ScriptedServer"]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


#: In place of a reply: cut the connection, or say nothing.
DROP = "drop"
HANG = "hang"
GOOD: Mapping[str, str] = {
    "greeting": "220 relay.example ESMTP",
    "EHLO": "250-relay.example\n250 8BITMIME",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 go ahead",
    "dot": "250 2.0.0 Ok: queued as S1",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}
#: The same server, which takes commands in groups (RFC 2920).
PIPELINING: Mapping[str, str] = {"EHLO": "250-relay.example\n250-PIPELINING\n250 8BITMIME"}
#: Stage → one reply for all times, or a reply for each time, the last one staying.
Script = Mapping[str, str | tuple[str, ...]]


class ScriptedServer:
    """Each connection by the next script; the last script stays.

    One connection after the other, or with `is_parallel` all at once.
    """

    def __init__(
        self,
        *scripts: Script,
        pauses_s: Mapping[str, float] | None = None,
        is_parallel: bool = False,
    ) -> None:
        #: Recipients whose message arrived whole, whatever the answer was.
        self.arrived: list[str] = []
        #: Recipients whose message was answered with a 2xx that we wrote out.
        self.accepted: list[str] = []
        self.connections = 0
        self._scripts = scripts or ({},)
        #: Before the reply at a stage.
        self._pauses_s = pauses_s or {}
        self._is_parallel = is_parallel
        self._conversations: list[threading.Thread] = []
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        # Wakes the accept() in the thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for conversation in self._conversations:
            conversation.join()
        self._listener.close()

    def next(self, *scripts: Script) -> None:
        """The next connections go by these, and those after them well."""
        past = (*self._scripts, *({},) * self.connections)[: self.connections]
        self._scripts = (*past, *scripts, {})

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                # We are closing, or a client has gone before its turn came.
                continue
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._converse, args=(connection, script))
            thread.start()
            if self._is_parallel:
                self._conversations.append(thread)
            else:
                thread.join()

    def _converse(self, connection: socket.socket, script: Script) -> None:
        with connection, suppress(OSError):
            # Replies are small: none waits for the client to confirm the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Conversation(self, connection, {**GOOD, **script}).run()

    def react(self, connection: socket.socket, stage: str, reply: str) -> bool:
        """Send the reply; False when the conversation is over."""
        if reply == HANG:
            # Until the client gives up.
            while connection.recv(4096):
                pass
        if reply in {DROP, HANG}:
            return False
        time.sleep(self._pauses_s.get(stage, 0))
        connection.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")
        return True


class _Conversation:
    def __init__(self, server: ScriptedServer, connection: socket.socket, script: Script) -> None:
        self._server = server
        self._connection = connection
        self._replies = {stage: _each(replies) for stage, replies in script.items()}
        self._recipient = ""

    def run(self) -> None:
        if not self._react("greeting"):
            return
        with self._connection.makefile("rb") as lines:
            for line in lines:
                verb = line[:4].decode("latin-1").upper().strip()
                if verb == "RCPT":
                    self._recipient = (
                        line.decode("utf-8", "replace").partition("<")[2].partition(">")[0]
                    )
                if not self._react(verb) or verb == "QUIT":
                    return
                if verb == "DATA" and self._last.startswith("354") and not self._read(lines):
                    return

    def _read(self, lines: Iterator[bytes]) -> bool:
        # Where nobody was taken, an empty message ends what DATA began: RFC 2920 §3.1.
        is_empty = True
        for line in lines:
            if line == b".\r\n":
                if not is_empty:
                    self._server.arrived.append(self._recipient)
                is_open = self._react("dot")
                if self._last.startswith("2") and not is_empty:
                    self._server.accepted.append(self._recipient)
                return is_open
            is_empty = False
        return False

    def _react(self, stage: str) -> bool:
        self._last = next(self._replies.get(stage, _each("502 what?")))
        return self._server.react(self._connection, stage, self._last)


def _each(replies: str | tuple[str, ...]) -> Iterator[str]:
    given = (replies,) if isinstance(replies, str) else replies
    yield from given
    while True:
        yield given[-1]
