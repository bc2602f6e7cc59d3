"""The public pages as they run: uvicorn on loopback, a real store, a real mail server."""

import email
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser, Page, Route
from tests.answering import answering
from tests.browser_tools import MEASURES, View
from tests.smtp_server import MailServer, running

from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.cli.app import App
from otalk_digest.cli.serve import open_desk
from otalk_digest.resources import bundled
from otalk_digest.store import readers
from otalk_digest.store.asked import metadata
from otalk_digest.store.database import Store
from otalk_digest.store.editions import unfinished
from otalk_digest.store.schema import meta
from otalk_digest.web.listening import listen
from otalk_digest.web.public.server import PatientProtocol, public_server

NAME: Final = "digest.example"
ADDRESS: Final = f"https://{NAME}"
_PATIENCE_S: Final = 60.0
_SETTINGS: Final = """
[digest]
name = "Kettle digest"
blog_url = "https://blog.example"
contact = "team@example.org"
postal_address = "1 Kettle Row, Leeds"
{digest}
[delivery]
from_address = "digest@example.org"
provider = "smtp"
[delivery.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
[web]
base_url = "{address}"
"""


@dataclass(slots=True, kw_only=True)
class Clock:
    """A clock that tests move."""

    now: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(slots=True, kw_only=True)
class Site:
    """The pages, and what is behind them."""

    origin: str
    store: Store
    mails: MailServer
    clock: Clock
    client: httpx.Client
    key: bytes
    folder: Path
    #: How many of the mails a test has read.
    read: int = field(default=0)

    def sign_up(self, address: str, **fields: str) -> httpx.Response:
        return self.client.post("/subscribe", data={"email": address, **fields})

    def at_once(self, *asked: Mapping[str, object]) -> list[int]:
        """Send forms of sign-up at the same time, each with what httpx is given; the statuses.

        Each answer waits for the next beat, so that none tells who is known.
        """
        with ThreadPoolExecutor(max_workers=10) as browsers:
            posted = browsers.map(lambda each: self.client.post("/subscribe", **each), asked)
            return [answer.status_code for answer in posted]

    def next_mail(self) -> str:
        """Wait for the next mail; return its plain text, after its headers."""
        wait_for(lambda: len(self.mails.received) > self.read)
        content = self.mails.received[self.read].content
        self.read += 1
        message = email.message_from_bytes(content, policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        return f"{message['Subject']}\n{message['List-Unsubscribe']}\n{body.get_content()}"

    def confirmed(self, address: str, **fields: str) -> str:
        """Sign somebody up and confirm; return the path of their own page."""
        self.sign_up(address, **fields)
        self.client.post(path_in(self.next_mail(), "confirm")).raise_for_status()
        return path_in(self.next_mail(), "p")

    def standing_of(self, address: str) -> str:
        """Say how somebody stands: their consent, and why they are not mailed."""
        who = hash_identity(normalise_address(address)[1], self.key)
        with self.store.read() as connection:
            known = readers.number_of(connection, who)
            suppression = readers.suppression_of(connection, who)
        consent = "nobody" if known is None else str(known[1])
        return consent if suppression is None else f"{consent}, {suppression[0]}"

    def is_idle(self) -> bool:
        """Whether no letter is on its way."""
        with self.store.read() as connection:
            return not unfinished(connection)


def path_in(mail: str, page: str) -> str:
    """Return the path of a link in a mail."""
    found = re.search(rf"{ADDRESS}(/{page}/[\w.-]+)", mail)
    assert found is not None, mail
    return found[1]


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def public_site(folder: Path, *, digest: str = "", address: str = ADDRESS) -> Iterator[Site]:
    """Run the pages, and a mail server that they write through."""
    mails, clock = MailServer(), Clock()
    with running(mails):
        config = folder / "otalk-digest.toml"
        settings = _SETTINGS.format(port=mails.port, digest=digest, address=address)
        config.write_text(settings, encoding="utf-8")
        (folder / "subscribers").mkdir()
        shutil.copy(bundled("subscribers") / "segments.toml", folder / "subscribers")
        app = _Timed(config=config, timer=clock)
        with app.store() as store:
            desk = open_desk(app, store)
            with listen("127.0.0.1", 0) as listener:
                origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
                hooks = {"response": [_require_filled]}
                with (
                    answering(public_server(desk, protocol=HastyProtocol), listener),
                    httpx.Client(
                        base_url=origin, headers={"Host": NAME}, timeout=30, event_hooks=hooks
                    ) as client,
                ):
                    yield Site(
                        origin=origin,
                        store=store,
                        mails=mails,
                        clock=clock,
                        client=client,
                        key=desk.links.key,
                        folder=folder,
                    )


def _require_filled(answer: httpx.Response) -> None:
    """No page shows the mark of a phrase that nothing was put into."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert re.findall(r"\{\w+\}", answer.read().decode()) == []


class HastyProtocol(PatientProtocol):
    """The server's own, in a hurry."""

    head_s = 1.0


def swept(site: Site) -> Site:
    """Return the site as if nobody had been there, for the next claim."""
    wait_for(site.is_idle)
    with site.store.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not meta:
                connection.execute(table.delete())
    site.read = len(site.mails.received)
    return site


class _Timed(App):
    """A command line whose time tests decide about."""

    def __init__(self, *, config: Path, timer: Clock) -> None:
        super().__init__(config=config)
        object.__setattr__(self, "timer", timer)

    def clock(self) -> datetime:
        timer: Clock = self.__dict__["timer"]
        return timer()


@contextmanager
def surfing(browser: Browser, site: Site, view: View) -> Iterator[Page]:
    """Open a window that has no script and reaches the pages under their public address."""
    context = browser.new_context(
        viewport={"width": view.width, "height": 900},
        color_scheme=view.scheme,
        reduced_motion="reduce",
    )

    def answer(route: Route) -> None:
        request = route.request
        if not request.url.startswith(f"{ADDRESS}/"):
            route.abort()
            return
        url = request.url.replace(ADDRESS, site.origin, 1)
        found = route.fetch(url=url, headers={**request.headers, "host": NAME}, max_redirects=0)
        route.fulfill(response=found)

    context.add_init_script(path=MEASURES)
    context.route("**/*", answer)
    try:
        yield context.new_page()
    finally:
        context.close()
