"""A running public site over a folder of a maintainer who has sent two editions."""

import base64
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from tests.answering import answering
from tests.maintainer import Folder, a_folder
from tests.preview_site import WEEK_1, WEEK_2, gloves, hats, kettles

from otalk_digest.audience.links import delivery_key
from otalk_digest.cli.app import App
from otalk_digest.cli.serve import open_desk
from otalk_digest.store.schema import deliveries, subscribers
from otalk_digest.web.public.app import build_public
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.hooks import SIGNATURE, TIMESTAMP

LOOPBACK: Final = "127.0.0.1"
METRICS_TOKEN: Final = "sesame-of-the-watch"  # noqa: S105 - invented
PUBLIC: Final = "https://digest.otalk.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGrid:
    """Who posts events and signs them."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def public(self) -> str:
        """What its page shows to copy."""
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def signed(self, body: bytes, *, at: datetime | str) -> dict[str, str]:
        """Return the headers of a post."""
        timestamp = at if isinstance(at, str) else str(int(at.timestamp()))
        signature = self.key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is running, and who posts to it."""

    web: httpx.Client
    folder: Folder
    desk: PublicDesk
    address: str
    sendgrid: SendGrid

    def token(self, address: str) -> str:
        """Return the token in a reader's links."""
        with self.desk.store.read() as connection:
            query = select(subscribers.c.id).where(subscribers.c.address == address)
            return self.desk.links.token(connection.scalars(query).one())

    def deliveries(self, edition: int = 2) -> dict[str, tuple[str, str]]:
        """Return address → the delivery's key, as it travels, and its status."""
        query = (
            select(subscribers.c.address, deliveries.c.id, deliveries.c.status)
            .join_from(deliveries, subscribers)
            .where(deliveries.c.edition == edition)
        )
        with self.desk.store.read() as connection:
            return {
                row.address: (delivery_key(row.id, self.desk.links.key), row.status)
                for row in connection.execute(query)
            }

    def post(self, events: Sequence[object], *, at: datetime | None = None) -> httpx.Response:
        """Post events as SendGrid does."""
        body = json.dumps(events).encode()
        headers = self.sendgrid.signed(body, at=at or self.desk.clock())
        return self.web.post("/hooks/sendgrid", content=body, headers=headers)


def event(key: str, name: str = "delivered", **fields: object) -> dict[str, object]:
    """One event, as SendGrid words it."""
    given = {"email": "ada@example.org", "timestamp": 1_794_387_600, "sg_event_id": "abc"}
    return {**given, "event": name, "otd_delivery": key, **fields}


@contextmanager
def a_site(folder: Folder, *, is_for_a_browser: bool = False) -> Iterator[Site]:
    """Serve the pages of a folder that has sent two editions.

    Under its public name; for a browser, under the only name that it finds here.
    """
    sendgrid = SendGrid()
    with socket.create_server((LOOPBACK, 0)) as listener:
        local = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        folder.add_settings(f'[delivery.sendgrid]\nwebhook_key = "{sendgrid.public}"\n')
        app = App(config=folder.path / "otalk-digest.toml", now=datetime.fromisoformat(WEEK_2))
        with app.store(must_exist=True) as store:
            desk = replace(open_desk(app, store), metrics_token=METRICS_TOKEN)
            if is_for_a_browser:
                desk = replace(desk, base_url=local)
            with _served(desk, listener, local) as web:
                yield Site(
                    web=web, folder=folder, desk=desk, address=desk.base_url, sendgrid=sendgrid
                )


def two_editions(path: Path) -> Folder:
    """Make a folder that has sent two editions."""
    folder = a_folder(path)
    folder.add_settings(f'[web]\nbase_url = "{PUBLIC}"\n')
    folder.publish([kettles()])
    assert folder.does("run", now=WEEK_1).status == 0
    folder.publish([gloves(), hats(), kettles()])
    assert folder.does("run", now=WEEK_2).status == 0
    return folder


@contextmanager
def _served(desk: PublicDesk, listener: socket.socket, local: str) -> Iterator[httpx.Client]:
    host = {"Host": urlsplit(desk.base_url).netloc}
    config = uvicorn.Config(build_public(desk), log_level="critical", timeout_graceful_shutdown=5)
    with (
        answering(uvicorn.Server(config), listener),
        httpx.Client(base_url=local, headers=host, trust_env=False, timeout=60) as client,
    ):
        yield client
