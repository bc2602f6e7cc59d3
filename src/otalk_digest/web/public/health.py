"""Whether it is well, for strangers in one word; how much of everything, for who may know."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.errors import StoreError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import EditionKind
from otalk_digest.store.database import secret_key
from otalk_digest.store.figures import Figures, take_figures
from otalk_digest.web.public.desk import PublicDesk

#: Prometheus, exposition format.
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
#: A proxy on this machine comes from it too, but says for whom.
_SIGNS_OF_A_PROXY: Final = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return both."""
    return [Route("/health", _health(desk)), Route("/metrics", _metrics(desk))]


def write_metrics(figures: Figures) -> str:
    """Return the figures as Prometheus reads them. What is not there yet counts as none."""
    return "\n".join(
        [
            *_by("editions", "kind", figures.editions, EditionKind),
            *_by("deliveries", "status", figures.deliveries, Status),
            *_one("deliveries_in_doubt", figures.deliveries.get(Status.IN_DOUBT, 0)),
            *_by("subscribers", "consent", figures.subscribers, Consent),
            *_by("suppressions", "reason", figures.suppressions, ()),
            *_one("events_waiting", figures.events_waiting),
            *_at("last_collected", figures.collected_at),
            *_at("last_edition_completed", figures.completed_at),
            "",
        ]
    )


def _health(desk: PublicDesk) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        try:
            with desk.store.read() as connection:
                secret_key(connection)
            desk.store.check_writable()
        except StoreError as error:
            log_event("store_unwell", error=str(error))
            return PlainTextResponse("unwell\n", status_code=503)
        return PlainTextResponse("well\n")

    return answer


def _metrics(desk: PublicDesk) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if not _may_know(request, desk.metrics_token):
            # As if there were no such page.
            raise HTTPException(404)
        with desk.store.read() as connection:
            figures = take_figures(connection)
        return Response(write_metrics(figures), headers={"Content-Type": _TYPE})

    return answer


def _may_know(request: Request, token: str | None) -> bool:
    if token is not None:
        given = request.headers.get("authorization", "")
        if secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return True
    if request.client is None or request.client.host not in _LOOPBACK:
        return False
    is_direct = not any(name in request.headers for name in _SIGNS_OF_A_PROXY)
    return is_direct and (request.url.hostname or "") in {*_LOOPBACK, "localhost"}


def _by(name: str, label: str, counts: Mapping[str, int], known: Iterable[str]) -> Iterator[str]:
    """Yield a line for each value that there can be, or that there is."""
    yield from _head(name)
    values = dict.fromkeys([*map(str, known), *counts])
    for value in values:
        yield f'otalk_digest_{name}{{{label}="{_escaped(value)}"}} {counts.get(value, 0)}'


def _one(name: str, count: int) -> Iterator[str]:
    yield from _head(name)
    yield f"otalk_digest_{name} {count}"


def _at(name: str, moment: datetime | None) -> Iterator[str]:
    if moment is not None:
        yield from _head(f"{name}_timestamp_seconds")
        yield f"otalk_digest_{name}_timestamp_seconds {moment.timestamp():.0f}"


def _head(name: str) -> Iterator[str]:
    yield f"# TYPE otalk_digest_{name} gauge"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
