"""How many events of SendGrid one process keeps, and how long a post waits for its answer.

Run it alone: `PYTHONPATH=src:. python benchmarks/webhook.py`. Goals: 5,000 events a second or more,
each answered 200 within 100 ms (99 of 100 posts), and none lost.

The real app under uvicorn on loopback, SQLite with synchronous=FULL, posts of 1,000 signed events
of 270 bytes: 500 deliveries of ours, each processed and delivered. First at the pace of the goal,
then as fast as four connections can: the first says how long an answer takes, the second how many
there can be. The load is made by another process, so the processor time is the server's own.
"""

import argparse
import base64
import json
import multiprocessing
import socket
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from many import a_store
from sqlalchemy import func, select, update

from otalk_digest.audience.links import delivery_key
from otalk_digest.cli.app import App
from otalk_digest.cli.serve import open_desk
from otalk_digest.model.delivery import Status
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.events import count_waiting
from otalk_digest.store.schema import deliveries
from otalk_digest.store.told import events
from otalk_digest.web.public.app import build_public
from otalk_digest.web.public.hooks import SIGNATURE, TIMESTAMP

SIZE = 1_000
PACE = 5_000
LANES = 4
#: Of each post its status and how long it waited; and how long all of them took.
Load = tuple[list[tuple[int, float]], float]
HOST = {"Host": "digest.example"}
SETTINGS = """
[feed]
address = "blog.xml"
[digest]
blog_url = "https://blog.otalk.example/"
contact = "team@otalk.example"
postal_address = "1 Example Street"
[delivery]
from_address = "digest@otalk.example"
[delivery.sendgrid]
webhook_key = "{key}"
[web]
base_url = "https://digest.example"
"""
SEGMENTS = '[[segment]]\nname = "everyone"\ntitle = "Everyone"\nwhy = "You asked."\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post, ready to be sent."""

    body: bytes
    headers: dict[str, str]


def a_post(key: ec.EllipticCurvePrivateKey, number: int, secret: bytes) -> Post:
    """Events that no other post holds."""
    at = int(time.time())
    first = number * SIZE // 2 + 1
    body = json.dumps(
        [
            {
                "email": f"reader{each}@example.org",
                "timestamp": at,
                "event": event,
                "sg_event_id": f"{number}-{each}-ZGVsaXZlcmVkLTAtMTIzNDU2Nzg5MA",
                "sg_message_id": f"bm90LWEtbWVzc2FnZQ.recvd-5f6b7c8d9-{number}-{each}",
                "otd_delivery": delivery_key(each, secret),
                "response": "250 2.0.0 OK queued",
            }
            for each in range(first, first + SIZE // 2)
            for event in ("processed", "delivered")
        ]
    ).encode()
    signature = key.sign(str(at).encode() + body, ec.ECDSA(SHA256()))
    headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: str(at)}
    return Post(body=body, headers=headers)


def load(
    address: str, posts: list[Post], every_s: float, results: "multiprocessing.Queue[Load]"
) -> None:
    """Send the posts over so many connections, one each `every_s`; give back what came of them."""
    waits: list[tuple[int, float]] = []
    began = time.perf_counter()

    def lane(first: int) -> None:
        with httpx.Client(base_url=address, headers=HOST, trust_env=False, timeout=60) as client:
            for at in range(first, len(posts), LANES):
                time.sleep(max(0.0, began + at * every_s - time.perf_counter()))
                # From when it was due: a server that is late does not slow the clock.
                due = began + at * every_s if every_s else time.perf_counter()
                post = posts[at]
                answer = client.post("/hooks/sendgrid", content=post.body, headers=post.headers)
                waits.append((answer.status_code, time.perf_counter() - due))

    threads = [threading.Thread(target=lane, args=(number,)) for number in range(LANES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((waits, time.perf_counter() - began))


def measure(name: str, address: str, posts: list[Post], *, every_s: float) -> None:
    """Print what one load came to."""
    results: multiprocessing.Queue[Load] = multiprocessing.Queue()
    cpu = time.process_time()
    process = multiprocessing.Process(target=load, args=(address, posts, every_s, results))
    process.start()
    waits, took = results.get()
    process.join()
    cpu = time.process_time() - cpu
    times = sorted(wait * 1000 for _, wait in waits)
    good = sum(status == 200 for status, _ in waits)
    print(
        f"{name}: {good} of {len(posts)} posts answered 200, "
        f"{good * SIZE / took:,.0f} events/s; "
        f"median {statistics.median(times):.0f} ms, "
        f"p99 {times[int(len(times) * 0.99) - 1]:.0f} ms, longest {times[-1]:.0f} ms; "
        f"{cpu / len(posts) * 1000:.0f} ms of processor a post"
    )


def send_edition(store: Store) -> bytes:
    """Let everything have been sent; return the key of its deliveries."""
    with store.begin() as connection:
        connection.execute(update(deliveries).values(status=Status.ACCEPTED))
        return secret_key(connection)


def count(store: Store) -> tuple[int, int]:
    """Return how many events are on the disk, and how many of them are not applied yet."""
    with store.read() as connection:
        stored = connection.scalar(select(func.count()).select_from(events)) or 0
        return stored, count_waiting(connection)


def main() -> None:
    """Serve, load, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100)
    posts_each = parser.parse_args().posts
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "subscribers").mkdir()
        (path / "subscribers" / "segments.toml").write_text(SEGMENTS)
        settings = SETTINGS.format(key=base64.b64encode(der).decode())
        (path / "otalk-digest.toml").write_text(settings)
        app = App(config=path / "otalk-digest.toml")
        a_store(path / "otalk-digest.sqlite3", (2 * posts_each + 2) * SIZE // 2)
        with app.store() as store, socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(build_public(open_desk(app, store)), log_level="critical")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            secret = send_edition(store)
            made = [a_post(key, number, secret) for number in range(2 * posts_each + 2)]
            measure("warm-up", address, made[:2], every_s=0)
            paced, fast = made[2 : 2 + posts_each], made[2 + posts_each :]
            measure(f"at {PACE:,}/s", address, paced, every_s=SIZE / PACE)
            measure("as fast as can be", address, fast, every_s=0)
            stored, waiting = count(store)
            print(
                f"{stored:,} of {len(made) * SIZE:,} events are on the disk, "
                f"{waiting:,} of them not applied yet"
            )
            server.should_exit = True
            thread.join()
    print(f"{datetime.now(UTC):%Y-%m-%d}")


if __name__ == "__main__":
    main()
