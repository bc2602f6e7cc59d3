"""SendGrid's v3 API on loopback: Mail Send and scopes as documented, and faults on request."""

import json
import socket
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.sendgrid_rules import Mail, errors_in
from tests.sendgrid_schedule import RefusedError, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "SG.a-key-for-tests.not-a-real-one"
MESSAGE_ID = "a-message-id"

GROUP = 123
GROUP_LIST = f"asm/groups/{GROUP}/suppressions"
GLOBAL_LIST = "suppression/unsubscribes"
LISTS = (
    "suppression/bounces",
    "suppression/spam_reports",
    "suppression/invalid_emails",
    GLOBAL_LIST,
    GROUP_LIST,
)

BATCH = "mail/batch"
SCHEDULED = "user/scheduled_sends"
FENCE_SCOPES = (
    "mail.batch.create",
    "user.scheduled_sends.create",
    "user.scheduled_sends.read",
    "user.scheduled_sends.delete",
)

Cut = Literal["status", "headers", "body"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What to do with one Mail Send request in place of answering it well."""

    #: The service takes the mails, whatever it says.
    accepts: bool = False
    #: The answer; None resets the connection.
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Where the answer breaks off.
    cut: Cut | None = None
    #: Says nothing until the server is closed.
    hangs: bool = False
    #: Resets before the request is read.
    is_deaf: bool = False
    #: Takes them only when the test says so: the request was on its way for that long.
    is_late: bool = False


def refusal(status: int, message: str, field: str | None = None) -> Fault:
    body = json.dumps({"errors": [{"message": message, "field": field, "help": None}]})
    return Fault(status=status, body=body.encode())


BAD_KEY = refusal(401, "The provided authorization grant is invalid, expired, or revoked")
NO_CREDITS = refusal(401, "Maximum credits exceeded")
NO_SCOPE = refusal(403, "access forbidden")
UNKNOWN_SENDER = refusal(403, "The from address does not match a verified Sender Identity.", "from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that arrived, whatever became of it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None

    @property
    def addresses(self) -> list[str]:
        return [each["to"][0]["email"] for each in self.body["personalizations"]]


class SendGridServer:
    """A context manager; `url` is the host to give to a client."""

    def __init__(self) -> None:
        self.schedule = Schedule()
        self.requests: list[Request] = []
        self.scopes = ["mail.send", "user.profile.read", *FENCE_SCOPES]
        #: List → its entries, oldest first: an address and when it came there, a Unix time.
        self.lists: dict[str, list[tuple[str, int]]] = {name: [] for name in LISTS}
        #: It says that an address is off a list, and still gives it out.
        self.is_slow_to_forget = False
        #: List → what asking for it meets.
        self.list_faults: dict[str, Fault] = {}
        #: Called with each page that is asked for.
        self.on_page: Callable[[str], None] = lambda _: None
        self.closing = threading.Event()
        #: Place → what the next requests to it meet, one each; "accepts" lets them work.
        self.fence_faults: dict[str, deque[Fault]] = defaultdict(deque)
        #: Whether answers carry a Date line.
        self.has_clock = True
        #: Called before and after a request does its work, such as "after POST mail/send".
        self.at: Callable[[str], None] = lambda _: None
        #: Requests wait until so many are there.
        self.meeting: threading.Barrier | None = None
        self._faults: deque[Fault] = deque()
        self._lasting: Fault | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def next(self, *faults: Fault) -> None:
        """The next requests to send mail meet these, one each."""
        self._faults.extend(faults)

    def always(self, fault: Fault) -> None:
        """Every request to send mail meets this, once the others are used up."""
        self._lasting = fault

    def take_fault(self) -> Fault | None:
        return self._faults.popleft() if self._faults else self._lasting

    @property
    def mails(self) -> list[Mail]:
        """One per recipient, in the order in which they left."""
        return self.schedule.mails

    @property
    def sends(self) -> list[Request]:
        """Requests to send mail."""
        return [each for each in self.requests if each.path == "/v3/mail/send"]

    def asked(self, method: str, place: str) -> int:
        """How often something about batches was asked."""
        path = f"/v3/{place}"
        return sum(r.method == method and r.path.startswith(path) for r in self.requests)


def _handler_for(server: SendGridServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        api = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    api: SendGridServer

    def log_message(self, *_: object) -> None:
        pass

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Date" or self.api.has_clock:
            super().send_header(keyword, value)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date line of every answer, by a clock that tests move."""
        now = self.api.schedule.now if timestamp is None else timestamp
        return super().date_time_string(now)

    def do_GET(self) -> None:
        self._note(None)
        place = urlsplit(self.path)
        name = place.path.removeprefix("/v3/")
        if name.startswith(SCHEDULED):
            self._fenced(SCHEDULED, self._scheduled)
        elif name in LISTS:
            self._say(self._page(name, dict(parse_qsl(place.query))))
        elif self.path != "/v3/scopes":
            self._say(Fault(status=404))
        elif self._is_known():
            self._say(Fault(status=200, body=json.dumps({"scopes": self.api.scopes}).encode()))
        else:
            self._say(BAD_KEY)

    def _page(self, name: str, query: dict[str, str]) -> Fault:
        """One page of a list, as documented; a group is given out whole."""
        if not self._is_known():
            return BAD_KEY
        if name in self.api.list_faults:
            return self.api.list_faults[name]
        entries = self.api.lists[name]
        if name == GROUP_LIST:
            found: list[object] = [address for address, _ in entries]
        else:
            limit, offset = int(query.get("limit", 500)), int(query.get("offset", 0))
            assert limit <= 500
            since = int(query.get("start_time", 0))
            newer = [(address, at) for address, at in entries if at >= since]
            found = [{"email": a, "created": at} for a, at in newer[offset : offset + limit]]
        self.api.on_page(name)
        return Fault(status=200, body=json.dumps(found).encode())

    def _add_to(self, name: str) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        addresses = json.loads(raw)["recipient_emails"]
        self._note(addresses)
        if name in self.api.list_faults:
            self._say(self.api.list_faults[name])
            return
        known = {address for address, _ in self.api.lists[name]}
        self.api.lists[name] += [(each, 0) for each in addresses if each not in known]
        self._say(Fault(status=201, body=raw))

    def _take_off(self, name: str, address: str) -> None:
        if name in self.api.list_faults:
            self._say(self.api.list_faults[name])
            return
        entries = self.api.lists[name]
        kept = [entry for entry in entries if entry[0].lower() != address]
        if not self.api.is_slow_to_forget:
            self.api.lists[name] = kept
        self._say(Fault(status=204 if len(kept) < len(entries) else 404))

    def do_POST(self) -> None:
        name = self.path.removeprefix("/v3/")
        if name in (GROUP_LIST, "asm/suppressions/global"):
            self._add_to(GROUP_LIST if name == GROUP_LIST else GLOBAL_LIST)
            return
        if name in (BATCH, SCHEDULED):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(raw) if raw else {}
            self._note(asked)
            self._fenced(name, self._new_batch if name == BATCH else partial(self._cancel, asked))
            return
        fault = self.api.take_fault()
        if fault is not None and fault.is_deaf:
            self._reset()
            return
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        self._note(body)
        if self.api.meeting is not None:
            self.api.meeting.wait(10)
        if fault is None:
            self.api.at("before POST mail/send")
            answer = self._judged(body)
            self.api.at("after POST mail/send")
            self._say(answer)
            return
        if fault.accepts:
            self.api.schedule.accept(body)
        if fault.is_late:
            self.api.schedule.accept_later(body)
        self._misbehave(fault)

    def do_DELETE(self) -> None:
        self._note(None)
        name, _, address = self.path.removeprefix("/v3/").rpartition("/")
        name = GLOBAL_LIST if name == "asm/suppressions/global" else name
        if name in self.api.lists:
            self._take_off(name, unquote(address))
            return
        self._fenced(SCHEDULED, self._forget)

    def _fenced(self, place: str, work: "Callable[[], Fault]") -> None:
        """Do what is asked about batches, unless a fault comes before or after it."""
        scope = {
            "/v3/mail/batch": "mail.batch.create",
            "POST": "user.scheduled_sends.create",
            "GET": "user.scheduled_sends.read",
            "DELETE": "user.scheduled_sends.delete",
        }.get(self.path if place == BATCH else self.command, "")
        faults = self.api.fence_faults[f"{self.command} {place}"]
        fault = faults.popleft() if faults else None
        if fault is not None and not fault.accepts:
            self._misbehave(fault)
        elif not self._is_known():
            self._say(BAD_KEY)
        elif scope not in self.api.scopes:
            self._say(NO_SCOPE)
        else:
            self.api.at(f"before {self.command} {place}")
            answer = work()
            self.api.at(f"after {self.command} {place}")
            self._say(answer) if fault is None else self._misbehave(fault)

    def _new_batch(self) -> Fault:
        body = json.dumps({"batch_id": self.api.schedule.new_batch()}).encode()
        return Fault(status=201, body=body)

    def _scheduled(self) -> Fault:
        batch = self.path.rpartition("/")[2]
        statuses = self.api.schedule.statuses
        found = [{"batch_id": b, "status": s} for b, s in statuses.items() if b == batch]
        return Fault(status=200, body=json.dumps(found).encode())

    def _cancel(self, asked: Mapping[str, str]) -> Fault:
        assert asked["status"] == "cancel"
        try:
            self.api.schedule.cancel(asked["batch_id"])
        except RefusedError as error:
            return refusal(400, *error.args)
        return Fault(status=201, body=json.dumps(asked).encode())

    def _forget(self) -> Fault:
        self.api.schedule.forget(self.path.rpartition("/")[2])
        return Fault(status=204)

    def _note(self, body: object) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, path=self.path, headers=headers, body=body)
        self.api.requests.append(request)

    def _is_known(self) -> bool:
        return self.headers["Authorization"] == f"Bearer {KEY}"

    def _judged(self, body: dict[str, Any]) -> Fault:
        if self.path != "/v3/mail/send":
            return Fault(status=404)
        if not self._is_known():
            return BAD_KEY
        if self.headers.get_content_type() != "application/json":
            return refusal(415, "Content-Type should be application/json.")
        if "mail.send" not in self.api.scopes:
            return NO_SCOPE
        if found := errors_in(body):
            return Fault(status=400, body=json.dumps({"errors": found}).encode())
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Fault(status=200)
        try:
            self.api.schedule.accept(body)
        except RefusedError as error:
            return refusal(400, *error.args)
        return Fault(status=202, headers={"X-Message-Id": MESSAGE_ID})

    def _misbehave(self, fault: Fault) -> None:
        if fault.hangs:
            self.api.closing.wait()
        elif fault.status is None:
            self._reset()
        elif fault.cut is not None:
            self.wfile.write(_cut_answer(fault.status, fault.cut))
        else:
            self._say(fault)

    def _say(self, fault: Fault) -> None:
        self.send_response(fault.status or 500)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(fault.body)))
        self.end_headers()
        self.wfile.write(fault.body)

    def _reset(self) -> None:
        # Linger zero: the client sees ECONNRESET, not an orderly end.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # The wrapped files hold the socket open until the handler is done.
        self.rfile.close()
        self.connection.close()


def _cut_answer(status: int, cut: Cut) -> bytes:
    line = f"HTTP/1.1 {status} Some Words\r\n".encode()
    return {
        "status": b"HTTP/1.",
        "headers": line + b"X-Message",
        "body": line + b"Content-Length: 100\r\n\r\n{",
    }[cut]
