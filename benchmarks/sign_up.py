"""Whether the time of the sign-up form's answer tells who is known (RELIABILITY 5.5).

Run it alone: `PYTHONPATH=src python benchmarks/sign_up.py`.

The real app under uvicorn on loopback, SQLite with synchronous=FULL. Addresses of each kind sign up
in turn, each once and from a network of its own. Medians are compared with those of addresses that
nobody knew, and by the rank test of Mann and Whitney: of a z beyond 3.3 chance is the reason once
in a thousand times.
"""

import argparse
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from processes import print_table

from otalk_digest.audience.identity import hash_identity
from otalk_digest.cli.app import App
from otalk_digest.cli.serve import open_desk
from otalk_digest.model.audience import Consent, Listed, Subscriber
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.intake import take_in
from otalk_digest.store.subscribers import suppress
from otalk_digest.web.public.server import public_server

KINDS: Final = ("unknown", "confirmed", "pending", "unsubscribed", "complained")
HOST: Final = "digest.example"
SETTINGS: Final = """
[feed]
address = "blog.xml"
[digest]
name = "Kettle digest"
blog_url = "https://blog.example"
contact = "team@example.org"
postal_address = "1 Kettle Row, Leeds"
[delivery]
provider = "files"
from_address = "digest@example.org"
[web]
base_url = "https://digest.example"
trusted_proxies = ["127.0.0.1"]
"""
SEGMENTS: Final = '[[segment]]\nname = "everyone"\ntitle = "Everyone"\nwhy = "You asked."\n'


def address_of(kind: str, number: int) -> str:
    """Return one of many."""
    return f"{kind}{number}@example.org"


def fill(store: Store, many: int) -> None:
    """Know all but the unknown."""
    now = datetime.now(UTC)
    with store.begin() as connection:
        key = secret_key(connection)
        for kind in KINDS[1:]:
            consent = Consent.PENDING if kind == "pending" else Consent.CONFIRMED
            addresses = [address_of(kind, number) for number in range(many)]
            hashes = [hash_identity(one, key) for one in addresses]
            people = [Subscriber(address=one, identity=one, consent=consent) for one in addresses]
            take_in(connection, [(Listed.of(people), hashes)], now=now)
            if kind in {"unsubscribed", "complained"}:
                for each in hashes:
                    suppress(connection, each, kind, now=now)


def ask_all(address: str, many: int) -> dict[str, list[float]]:
    """Sign everybody up, one of each kind in turn; return seconds by kind."""
    waits: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        for number in range(many):
            for kind in random.sample(KINDS, len(KINDS)):
                network = ".".join(str(random.randrange(1, 255)) for _ in range(4))  # noqa: S311 - no secret
                headers = {"Host": HOST, "X-Forwarded-For": network}
                form = {"email": address_of(kind, number)}
                began = time.perf_counter()
                answer = client.post("/subscribe", data=form, headers=headers)
                waits[kind].append(time.perf_counter() - began)
                answer.raise_for_status()
    return waits


def z_of(one: Sequence[float], other: Sequence[float]) -> float:
    """Return by how many standard deviations the ranks of the first differ from chance."""
    wins = sum((a > b) + (a == b) / 2 for a in one for b in other)
    pairs = len(one) * len(other)
    return float((wins - pairs / 2) / (pairs * (len(one) + len(other) + 1) / 12) ** 0.5)


def main() -> None:
    """Serve, sign up, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=200)
    many = parser.parse_args().many
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "subscribers").mkdir()
        (folder / "subscribers" / "segments.toml").write_text(SEGMENTS, encoding="utf-8")
        (folder / "otalk-digest.toml").write_text(SETTINGS, encoding="utf-8")
        app = App(config=folder / "otalk-digest.toml")
        with app.store() as store, socket.create_server(("127.0.0.1", 0)) as listener:
            fill(store, many)
            server = public_server(open_desk(app, store))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            waits = ask_all(f"http://127.0.0.1:{listener.getsockname()[1]}", many)
            server.should_exit = True
            thread.join()
    usual = statistics.median(waits["unknown"])
    rows = [
        (
            kind,
            f"{statistics.median(each) * 1000:.1f}",
            f"{statistics.median(each) / usual:.3f}",
            f"{z_of(each, waits['unknown']):+.1f}",
        )
        for kind, each in waits.items()
    ]
    print_table([("address", "median, ms", "÷ unknown", "z"), *rows])


if __name__ == "__main__":
    main()
