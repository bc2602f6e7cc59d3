"""What SendGrid posts, and what others post in its name, over real HTTP."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from sqlalchemy import func, select
from tests.archive_site import SendGrid, Site, a_site, event
from tests.maintainer import Folder

from otalk_digest.errors import SettingsError
from otalk_digest.pipeline.receiving import make_opener
from otalk_digest.store.schema import subscribers
from otalk_digest.store.told import events
from otalk_digest.web.public.hooks import SIGNATURE, TIMESTAMP

PATH: Final = "/hooks/sendgrid"
Headers = dict[str, str]


@pytest.fixture(scope="module")
def site(after_two_editions: Folder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = after_two_editions.copied(tmp_path_factory.mktemp("hooks") / "mine")
    with a_site(folder) as site:
        yield site


def stored(site: Site) -> int:
    with site.desk.store.read() as connection:
        return connection.scalar(select(func.count()).select_from(events)) or 0


def consent_of(site: Site, address: str) -> str:
    with site.desk.store.read() as connection:
        query = select(subscribers.c.consent).where(subscribers.c.address == address)
        return str(connection.scalar(query))


def until(holds: Callable[[], bool]) -> bool:
    """Whether it comes true: applying goes on behind the answer."""
    for _ in range(3_000):
        if holds():
            return True
        time.sleep(0.02)
    return False


BODY: Final = json.dumps([event("1-forged")]).encode()


def good(site: Site, body: bytes = BODY) -> Headers:
    return site.sendgrid.signed(body, at=site.desk.clock())


def unsigned(_: Site) -> tuple[Headers, bytes]:
    return {}, BODY


def without_a_time(site: Site) -> tuple[Headers, bytes]:
    return {SIGNATURE: good(site)[SIGNATURE]}, BODY


def by_another(site: Site) -> tuple[Headers, bytes]:
    return SendGrid().signed(BODY, at=site.desk.clock()), BODY


def changed(site: Site) -> tuple[Headers, bytes]:
    return good(site), BODY.replace(b"delivered", b"bounce")


def boundary_moved(site: Site) -> tuple[Headers, bytes]:
    headers = site.sendgrid.signed(b"123" + BODY, at=site.desk.clock())
    return {**headers, TIMESTAMP: headers[TIMESTAMP] + "123"}, BODY


def time_in_other_digits(site: Site) -> tuple[Headers, bytes]:
    headers = good(site)
    return {**headers, TIMESTAMP: f"{headers[TIMESTAMP][:-1]}²"}, BODY


def a_day_old(site: Site) -> tuple[Headers, bytes]:
    at = site.desk.clock() - timedelta(hours=24, seconds=1)
    return site.sendgrid.signed(BODY, at=at), BODY


def from_the_future(site: Site) -> tuple[Headers, bytes]:
    at = site.desk.clock() + timedelta(minutes=5, seconds=1)
    return site.sendgrid.signed(BODY, at=at), BODY


def garbled_signature(site: Site) -> tuple[Headers, bytes]:
    return {**good(site), SIGNATURE: "=%&"}, BODY


def no_der(site: Site) -> tuple[Headers, bytes]:
    return {**good(site), SIGNATURE: base64.b64encode(b"0" * 70).decode()}, BODY


def padded_der(site: Site) -> tuple[Headers, bytes]:
    headers = good(site)
    more = base64.b64decode(headers[SIGNATURE]) + b"\0"
    return {**headers, SIGNATURE: base64.b64encode(more).decode()}, BODY


def spaced_base64(site: Site) -> tuple[Headers, bytes]:
    headers = good(site)
    return {**headers, SIGNATURE: f"{headers[SIGNATURE][:8]} {headers[SIGNATURE][8:]}"}, BODY


def zero_signature(site: Site) -> tuple[Headers, bytes]:
    nothing = base64.b64encode(encode_dss_signature(0, 0)).decode()
    return {**good(site), SIGNATURE: nothing}, BODY


def no_json(site: Site) -> tuple[Headers, bytes]:
    return good(site, b"\xff\x00{"), b"\xff\x00{"


def no_list(site: Site) -> tuple[Headers, bytes]:
    return good(site, b'{"event": 1}'), b'{"event": 1}'


def too_deep(site: Site) -> tuple[Headers, bytes]:
    body = b"[" * 100_000
    return good(site, body), body


def two_megabytes(site: Site) -> tuple[Headers, bytes]:
    body = b"[" + b" " * 2_000_000 + b"]"
    return good(site, body), body


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (unsigned, 401),
        (without_a_time, 401),
        (by_another, 403),
        (changed, 403),
        (boundary_moved, 403),
        (time_in_other_digits, 403),
        (a_day_old, 403),
        (from_the_future, 403),
        (garbled_signature, 403),
        (no_der, 403),
        (padded_der, 403),
        (spaced_base64, 403),
        (zero_signature, 403),
        (no_json, 400),
        (no_list, 400),
        (too_deep, 400),
        (two_megabytes, 413),
    ],
)
def test_a_hostile_post_is_refused_and_changes_nothing(
    site: Site, ask: Callable[[Site], tuple[Headers, bytes]], status: int
) -> None:
    before = stored(site)
    headers, body = ask(site)

    answer = site.web.post(PATH, content=body, headers=_raw(headers))

    assert answer.status_code == status
    assert stored(site) == before


def _raw(headers: Headers) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


def test_a_body_that_hides_its_length_is_cut_off(site: Site) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 16_384

    answer = site.web.post(PATH, content=pieces(), headers=good(site))

    assert answer.status_code == 413


def test_two_signatures_are_none(site: Site) -> None:
    headers = [*good(site).items(), (SIGNATURE, "x")]

    assert site.web.post(PATH, content=BODY, headers=headers).status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts_are_taken(site: Site, method: str) -> None:
    assert site.web.request(method, PATH).status_code == 405


@pytest.mark.parametrize(
    "key",
    [
        "no key",
        base64.b64encode(b"no key").decode(),
        SendGrid(key=ec.generate_private_key(ec.SECP384R1())).public,
    ],
)
def test_a_key_of_another_kind_is_refused_before_it_serves(key: str) -> None:
    with pytest.raises(SettingsError, match="webhook_key"):
        make_opener(key)


def test_the_same_signature_turned_round_brings_nothing_new(site: Site) -> None:
    """(r, -s) is valid wherever (r, s) is: what is told twice is told apart by its events."""
    key, _ = site.deliveries(1)["dov@example.org"]
    body = json.dumps([event(key, "processed")]).encode()
    headers = good(site, body)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = decode_dss_signature(base64.b64decode(headers[SIGNATURE]))
    turned = base64.b64encode(encode_dss_signature(r, order - s)).decode()

    assert site.web.post(PATH, content=body, headers=headers).status_code == 200
    before = stored(site)
    again = site.web.post(PATH, content=body, headers={**headers, SIGNATURE: turned})

    assert again.status_code == 200
    assert stored(site) == before


def test_events_are_counted_once_whatever_their_ids_and_applied_behind_the_answer(
    site: Site,
) -> None:
    key, _ = site.deliveries()["cleo@example.org"]
    before = stored(site)

    for number in range(5):
        answer = site.post([event(key, sg_event_id=f"new-{number}")])
        assert answer.status_code == 200

    assert stored(site) == before + 1
    assert until(lambda: site.deliveries()["cleo@example.org"][1] == "delivered")


def test_bad_events_never_cost_the_good_one_beside_them(site: Site) -> None:
    key, _ = site.deliveries()["edda@example.org"]
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    bad: list[object] = [
        None,
        7,
        "text",
        [],
        {},
        {"event": "delivered"},
        {"event": 1, "timestamp": 1},
        event(key, "delivered", timestamp="yesterday"),
        event(key, "delivered", timestamp=10**30),
        event("\0\ud800", "\0\ud800", url="\0" * 9_000, reason="\ud800", timestamp=-1),
        event("1-forged", "bounce"),
        event(key, "open", extra=deep),
    ]
    before = stored(site)

    answer = site.post([*bad, event(key, "delivered")])

    assert answer.status_code == 200
    assert stored(site) == before + 4
    assert until(lambda: site.deliveries()["edda@example.org"][1] == "delivered")


def test_a_number_of_endless_digits_costs_its_own_event_alone(site: Site) -> None:
    key, _ = site.deliveries(1)["edda@example.org"]
    good_one = json.dumps(event(key, "delivered"))
    body = f'[{{"event": "open", "timestamp": {"9" * 5_000}}}, {good_one}]'.encode()
    before = stored(site)

    assert site.web.post(PATH, content=body, headers=good(site, body)).status_code == 200
    assert stored(site) == before + 1


def test_who_complains_is_never_mailed_again_as_soon_as_it_is_answered(site: Site) -> None:
    key, _ = site.deliveries()["bo@example.org"]
    assert consent_of(site, "bo@example.org") == "confirmed"

    assert site.post([event(key, "spamreport")]).status_code == 200

    assert consent_of(site, "bo@example.org") == "withdrawn"


def test_no_event_of_a_flood_is_lost(site: Site) -> None:
    posts, size = 12, 300
    before = stored(site)
    answers: list[int] = []

    def flood(number: int) -> None:
        with httpx.Client(
            base_url=site.web.base_url, headers=site.web.headers, trust_env=False, timeout=60
        ) as client:
            for post in range(number, posts, 3):
                some = [event(f"{number}-x", url=f"{post}/{at}") for at in range(size)]
                body = json.dumps(some).encode()
                answers.append(
                    client.post(PATH, content=body, headers=good(site, body)).status_code
                )

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [200] * posts
    assert stored(site) == before + posts * size


def test_what_cannot_be_stored_is_asked_for_again(own_site: Site) -> None:
    with own_site.desk.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE events RENAME TO elsewhere")

    answer = own_site.post([event("1-x")])

    assert answer.status_code == 503
