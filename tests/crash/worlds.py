"""Who takes the mails of a job that is killed: with faults, and with a record of what came."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.sendgrid_server import Fault, SendGridServer
from tests.smtp_server import DROP, PIPELINING, Script, ScriptedServer, running
from tests.weekly_job import by_sendgrid, by_smtp

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@contextmanager
def a_sendgrid(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    with SendGridServer() as server:
        server.next(*chance.sample(_SENDGRID_FAULTS, k=chance.choice((0, 0, 1, 2))))
        more = "suppressions = false"
        yield (
            by_sendgrid(server.url, timeout_s=1.0, more=more),
            lambda: [mail.address for mail in server.mails],
        )


@contextmanager
def a_fenced_sendgrid(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    def received() -> list[str]:
        # Once all that waits is due, and what came late is there too.
        server.schedule.advance(minutes=60)
        server.schedule.let_late_ones_in()
        return [mail.address for mail in server.mails]

    with SendGridServer() as server:
        server.next(*chance.sample(_SENDGRID_FAULTS, k=chance.choice((0, 0, 1, 2))))
        more = "suppressions = false\nfence = true"
        yield by_sendgrid(server.url, timeout_s=1.0, more=more), received


@contextmanager
def a_relay(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    faults = [_smtp_fault(chance) for _ in range(chance.choice((0, 0, 2, 4)))]
    server = ScriptedServer(
        *faults, chance.choice((PIPELINING, {})), is_parallel=True, pauses_s={"dot": 0.001}
    )
    with running(server):
        yield by_smtp(server.port), lambda: list(server.arrived)


def _smtp_fault(chance: random.Random) -> Script:
    """Return a connection that goes wrong once, after a few letters that went well."""
    good = {"RCPT": "250 2.1.5 Ok", "DATA": "354 go ahead", "dot": "250 2.0.0 Ok: queued as S1"}
    stage = chance.choice(tuple(good))
    # A refusal after the dot says that nothing was taken, though all of it arrived.
    fault = DROP if stage == "dot" else chance.choice((DROP, "451 4.7.1 try later"))
    before = (good[stage],) * chance.randrange(6)
    offer: Mapping[str, str] = chance.choice((PIPELINING, {}))
    return {**offer, stage: (*before, fault, good[stage])}


WORLDS: Final = {"sendgrid": a_sendgrid, "fenced sendgrid": a_fenced_sendgrid, "smtp": a_relay}
