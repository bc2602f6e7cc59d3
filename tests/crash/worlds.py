"""Who takes the mails of a job that is killed: with faults, and with a record of what came."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.sendgrid_rules import Mail
from tests.sendgrid_server import Fault, SendGridServer
from tests.smtp_server import DROP, PIPELINING, Script, ScriptedServer, running
from tests.weekly_job import by_sendgrid, by_smtp

#: Of those who fall in doubt, how many may stay so behind a fence.
MOST_LEFT: Final = 0.01

_SENDGRID_FAULTS: Final = (
    Fault(accepts=True),
    Fault(),
    Fault(is_deaf=True),
    Fault(accepts=True, status=500),
    Fault(status=502),
    Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    Fault(accepts=True, status=202, cut="status"),
    Fault(accepts=True, status=202, cut="headers"),
    Fault(accepts=True, status=202, cut="body"),
    Fault(accepts=True, hangs=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where mails go."""

    #: The settings that lead there.
    delivery: str
    #: Who got a mail, in order; once all that waits is due.
    received: Callable[[], list[str]]
    #: The keys of these mails, as events name them; nothing where there are no events.
    keys: Callable[[], list[str]]
    #: Some of what comes next goes wrong.
    go_wrong: Callable[[random.Random], None]


@contextmanager
def a_sendgrid(chance: random.Random, *, more: str = "") -> Iterator[World]:
    with SendGridServer() as server:

        def go_wrong(chance: random.Random) -> None:
            server.next(*chance.sample(_SENDGRID_FAULTS, k=chance.choice((0, 0, 1, 2))))

        def mails() -> list[Mail]:
            # Once all that waits is due, and what came late is there too.
            server.schedule.advance(minutes=60)
            server.schedule.let_late_ones_in()
            return server.mails

        go_wrong(chance)
        more = f"suppressions = false\n{more}"
        yield World(
            delivery=by_sendgrid(server.url, timeout_s=1.0, more=more),
            received=lambda: [mail.address for mail in mails()],
            keys=lambda: [mail.custom_args["otd_delivery"] for mail in mails()],
            go_wrong=go_wrong,
        )


def a_fenced_sendgrid(chance: random.Random) -> AbstractContextManager[World]:
    return a_sendgrid(chance, more="fence = true")


@contextmanager
def a_relay(chance: random.Random) -> Iterator[World]:
    server = ScriptedServer(is_parallel=True, pauses_s={"dot": 0.001})

    def go_wrong(chance: random.Random) -> None:
        faults = [_smtp_fault(chance) for _ in range(chance.choice((0, 0, 2, 4)))]
        server.next(*faults, chance.choice((PIPELINING, {})))

    go_wrong(chance)
    with running(server):
        yield World(
            delivery=by_smtp(server.port),
            received=lambda: list(server.arrived),
            keys=list,
            go_wrong=go_wrong,
        )


def _smtp_fault(chance: random.Random) -> Script:
    """Return a connection that goes wrong once, after a few letters that went well."""
    good = {"RCPT": "250 2.1.5 Ok", "DATA": "354 go ahead", "dot": "250 2.0.0 Ok: queued as S1"}
    stage = chance.choice(tuple(good))
    # A refusal after the dot says that nothing was taken, though all of it arrived.
    fault = DROP if stage == "dot" else chance.choice((DROP, "451 4.7.1 try later"))
    before = (good[stage],) * chance.randrange(6)
    offer: Mapping[str, str] = chance.choice((PIPELINING, {}))
    return {**offer, stage: (*before, fault, good[stage])}


WORLDS: Final[Mapping[str, Callable[[random.Random], AbstractContextManager[World]]]] = {
    "sendgrid": a_sendgrid,
    "fenced sendgrid": a_fenced_sendgrid,
    "smtp": a_relay,
}
