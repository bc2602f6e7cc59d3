"""The readers' pages over real HTTP, with letters through a real mail server."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.public_site import ADDRESS, NAME, Site, path_in, public_site, swept, wait_for

from otalk_digest.audience.identity import hash_identity
from otalk_digest.store import readers, signups, subscribers
from otalk_digest.store.consents import consent_history
from otalk_digest.store.editions import list_editions, next_number, unfinished
from otalk_digest.store.schema import deliveries

ANN = "ann@example.org"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with public_site(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def site(started: Site) -> Site:
    return swept(started)


def suppress(site: Site, address: str, reason: str) -> None:
    with site.store.begin() as connection:
        who = hash_identity(address, site.key)
        subscribers.suppress(connection, who, reason, now=site.clock())


def test_a_reader_signs_up_confirms_chooses_and_leaves(site: Site) -> None:
    answer = site.sign_up(ANN, name="Ann", zone="Europe/Paris", wants="wrap-up", cadence="weekly")
    assert answer.status_code == 200
    asked = site.next_mail()
    assert site.standing_of(ANN) == "pending"
    assert "Ann" not in asked  # what a stranger typed stays out of the mail

    confirm = path_in(asked, "confirm")
    assert "<button" in site.client.get(confirm).text
    assert site.standing_of(ANN) == "pending"
    assert "You are on the list" in site.client.post(confirm).text
    welcome = site.next_mail()
    assert "Hello Ann," in welcome
    assert "Hello Ann," in site.client.get(_copy(welcome)).text

    own = path_in(welcome, "p")
    page = site.client.get(own).text
    assert 'value="Europe/Paris" selected' in page
    assert 'value="wrap-up" checked' in page
    assert ANN not in page
    changed = {"name": "", "wants": ["announcement"], "zone": "", "reminder": "morning"}
    assert "Saved" in site.client.post(own, data=changed).text
    page = site.client.get(own).text
    assert 'value="announcement" checked' in page
    assert 'value="morning" checked' in page
    assert site.client.get(f"{own}/data.json").json()["subscriber"]["address"] == ANN

    leave = path_in(welcome, "u")
    assert site.client.post(leave).text == "You are unsubscribed.\n"
    assert site.standing_of(ANN) == "withdrawn, unsubscribed"
    with site.store.read() as connection:
        history = consent_history(connection, hash_identity(ANN, site.key))
        assert next_number(connection) == 1  # letters take no number of a digest
        assert all(record.completed_at for record in list_editions(connection))
    given, taken = history
    assert (given.consent, given.method) == ("confirmed", "double opt-in")
    assert given.wording is not None
    assert "Kettle digest" in given.wording
    assert taken.consent == "withdrawn"


def test_a_confirmation_is_good_once_and_for_a_week(site: Site) -> None:
    site.sign_up(ANN)
    confirm = path_in(site.next_mail(), "confirm")
    site.clock.pass_by(days=6)
    site.client.post(confirm)
    site.client.post(path_in(site.next_mail(), "u"))

    assert "confirmed already" in site.client.post(confirm).text
    assert site.standing_of(ANN) == "withdrawn, unsubscribed"

    site.sign_up(ANN)
    late = path_in(site.next_mail(), "confirm")
    site.clock.pass_by(days=8)
    assert site.client.post(late).status_code == 410
    assert site.client.get(late).status_code == 410
    assert site.standing_of(ANN) == "withdrawn, unsubscribed"
    assert site.client.post("/confirm/made-up").status_code == 404


@pytest.mark.parametrize(
    ("known", "letter"),
    [
        (None, "Please confirm"),
        ("pending", "Please confirm"),
        ("confirmed", "You are on the list of"),
        ("unsubscribed", "Please confirm"),
        ("bounced", "Please confirm"),
        ("erased", "Please confirm"),
        ("complained", None),
    ],
)
def test_the_form_answers_alike_whatever_is_known(
    site: Site, known: str | None, letter: str | None
) -> None:
    if known == "pending":
        site.sign_up(ANN)
        site.next_mail()
    elif known == "erased":
        own = site.confirmed(ANN)
        assert "forgotten" in site.client.post(f"{own}/erase").text
        assert site.standing_of(ANN) == "nobody, erased"
        assert site.client.get(own).status_code == 404
    elif known is not None:
        site.confirmed(ANN)
        if known != "confirmed":
            suppress(site, ANN, known)
    stranger = site.sign_up("stranger@example.org")
    site.next_mail()

    answer = site.sign_up(ANN)

    assert answer.text == stranger.text
    assert answer.status_code == stranger.status_code
    assert answer.headers.keys() == stranger.headers.keys()
    if letter is None:
        site.sign_up("last@example.org")
        assert "Please confirm" in site.next_mail()
        assert site.mails.received[-1].recipient == "last@example.org"
        return
    mail = site.next_mail()
    assert mail.startswith(letter)
    if letter == "Please confirm":
        site.client.post(path_in(mail, "confirm"))
        assert site.standing_of(ANN) == "confirmed"


def test_nobody_is_flooded_through_the_form(site: Site) -> None:
    assert site.at_once(*[{"data": {"email": ANN}}] * 8) == [200] * 8
    site.sign_up("last@example.org")
    # They need not leave in the order in which they were asked for.
    wait_for(lambda: any(m.recipient == "last@example.org" for m in site.mails.received))
    wait_for(site.is_idle)

    mails = Counter(mail.recipient for mail in site.mails.received[site.read :])
    assert mails == {ANN: 3, "last@example.org": 1}
    # Nine were tried from here already.
    others = [{"data": {"email": f"reader{number}@example.org"}} for number in range(40)]
    assert sorted(site.at_once(*others)) == [200] * 21 + [429] * 19
    site.clock.pass_by(hours=1)
    assert site.sign_up("later@example.org").status_code == 200
    with site.store.read() as connection:
        assert signups.count_tries(connection, "nobody", since=site.clock()) == 0


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"email": "no address"}, 400),
        ({"email": f"{'x' * 300}@example.org"}, 400),
        ({"email": ANN, "name": "Win at https://spam.example"}, 400),
        ({"email": ANN, "zone": "Middle/Earth"}, 400),
        ({"email": ANN, "website": "https://spam.example"}, 200),
    ],
)
def test_what_is_wrong_or_a_machines_writes_to_nobody(
    site: Site, fields: dict[str, str], status: int
) -> None:
    answer = site.client.post("/subscribe", data=fields)

    assert answer.status_code == status
    assert site.standing_of(ANN) == "nobody"


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"something else"},
        {"content": b"\xff\xfe\x00", "headers": {"Content-Type": "text/plain; charset=utf-16"}},
        {"json": {"List-Unsubscribe": "One-Click"}},
    ],
)
def test_one_click_leaves_whatever_the_mail_program_posts(
    site: Site, body: dict[str, object]
) -> None:
    leave = site.confirmed(ANN).replace("/p/", "/u/")
    for _ in range(3):
        answer = site.client.post(leave, **body)  # type: ignore[arg-type]  # each in its own way

        assert answer.status_code == 200
        assert not answer.has_redirect_location
        assert "set-cookie" not in answer.headers
        assert site.standing_of(ANN) == "withdrawn, unsubscribed"


def test_only_a_post_with_a_token_of_ours_leaves(site: Site) -> None:
    leave = site.confirmed(ANN).replace("/p/", "/u/")
    _, _, mark = leave.rpartition(".")

    assert "<button" in site.client.get(leave).text
    assert site.client.head(leave).status_code == 200
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert site.client.request(method, leave).status_code == 405
    for stranger in (f"/u/9999.{mark}", "/u/1", "/u/1.", "/u/", f"{leave}x", "/u/" + "9" * 3000):
        assert site.client.post(stranger).status_code == 404
    assert site.client.post(leave, content=b"x" * 1_000_000).status_code == 413
    assert site.standing_of(ANN) == "confirmed"


def test_a_slip_is_taken_back_for_a_day_and_by_nobody_who_never_confirmed(site: Site) -> None:
    leave = site.confirmed(ANN).replace("/p/", "/u/")
    page = site.client.post(leave, data={"button": "leave"}).text
    assert "That was a mistake" in page
    assert "on the list again" in site.client.post(f"{leave}/undo").text
    assert site.standing_of(ANN) == "confirmed"

    site.client.post(leave)
    site.clock.pass_by(days=2)
    assert site.client.post(f"{leave}/undo").status_code == 409
    assert site.standing_of(ANN) == "withdrawn, unsubscribed"

    site.sign_up("bob@example.org")
    refuse = path_in(site.next_mail(), "u")
    site.client.post(refuse)
    assert site.client.post(f"{refuse}/undo").status_code == 409
    assert site.standing_of("bob@example.org") == "withdrawn, unsubscribed"


def test_links_of_who_was_erased_lead_to_nobody_else(site: Site) -> None:
    own = site.confirmed(ANN)
    site.client.post(f"{own}/erase")
    other = site.confirmed("bob@example.org")

    assert other != own
    assert site.client.post(own.replace("/p/", "/u/")).status_code == 200
    assert site.client.post(f"{own}/erase").status_code == 200
    assert site.standing_of("bob@example.org") == "confirmed"


def test_every_answer_is_guarded(site: Site) -> None:
    for path in ("/subscribe", "/nothing", "/page.css", "/u/1.x"):
        headers = site.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "max-age" in headers["strict-transport-security"]
    embedded = site.client.get("/subscribe/embed")
    assert "frame-ancestors *" in embedded.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil.example", "", f"{NAME}.evil.example", "127.0.0.1"])
def test_another_host_is_refused(site: Site, host: str) -> None:
    answer = site.client.get("/subscribe", headers={"Host": host})

    assert answer.status_code == 400


def test_a_forwarded_address_is_believed_of_our_own_proxy(site: Site) -> None:
    spoofed = [
        {
            "data": {"email": f"r{number}@example.org"},
            "headers": {"X-Forwarded-For": f"spoofed, 203.0.113.{number % 2}"},
        }
        for number in range(31)
    ]
    assert site.at_once(*spoofed) == [200] * 31
    full = [
        {
            "data": {"email": f"s{number}@example.org"},
            "headers": {"X-Forwarded-For": "198.51.100.1, 2001:db8::1"},
        }
        for number in range(31)
    ]
    assert sorted(site.at_once(*full)) == [200] * 30 + [429]


def test_who_sends_slowly_is_not_waited_for(site: Site) -> None:
    parts = urlsplit(site.origin)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as slow:
        slow.sendall(b"GET /subscribe HTTP/1.1\r\nHost: ")

        assert slow.recv(100) == b""


def test_the_pages_speak_the_publications_language(tmp_path: Path) -> None:
    with public_site(tmp_path, digest='language = "de"') as site:
        assert "Anmelden" in site.client.get("/subscribe").text
        own = site.confirmed(ANN, language="en-GB")

        assert "What you get" in site.client.get(own).text


def test_no_page_or_mail_link_holds_an_address(site: Site) -> None:
    own = site.confirmed(ANN)
    texts = [site.client.get(own).text, *(mail.content.decode() for mail in site.mails.received)]

    links = re.findall(rf'{ADDRESS}[^\s"<>]+', "\n".join(texts))
    assert links
    assert not [link for link in links if "@" in link or "%40" in link]


def test_a_base_path_is_kept(tmp_path: Path) -> None:
    with public_site(tmp_path, address=f"{ADDRESS}/list") as site:
        page = site.client.get("/list/subscribe")

        assert page.status_code == 200
        assert 'href="/list/page.css"' in page.text
        assert 'action="/list/subscribe"' in page.text
        assert site.client.get("/list/page.css").status_code == 200
        assert isinstance(site.client.get("/subscribe"), httpx.Response)
        assert site.client.get("/subscribe").status_code == 404


def test_a_pending_readers_row_holds_nothing_but_the_address(site: Site) -> None:
    site.sign_up(ANN, name="Ann", zone="Europe/Paris")
    site.next_mail()

    with site.store.read() as connection:
        found = readers.number_of(connection, hash_identity(ANN, site.key))
        assert found is not None
        person = subscribers.subscriber_at(connection, found[0])
    assert person is not None
    assert (person.name, person.zone) == (None, None)


def test_a_letter_that_a_killed_server_left_is_sent_by_the_next(tmp_path: Path) -> None:
    with public_site(tmp_path) as site:
        site.sign_up(ANN)
        lost = path_in(site.next_mail(), "confirm")
        wait_for(lambda: not _has_waiting(site))
        with site.store.begin() as connection:
            # As if it had been planned and nothing more.
            connection.execute(deliveries.update().values(status="planned", attempt_id=None))
    (tmp_path / "subscribers" / "segments.toml").unlink()
    (tmp_path / "subscribers").rmdir()
    with public_site(tmp_path) as site:
        confirm = path_in(site.next_mail(), "confirm")

        assert confirm != lost
        for link in (lost, confirm):
            assert site.client.get(link).status_code == 200
        site.client.post(confirm)
        assert site.standing_of(ANN) == "confirmed"


def _copy(mail: str) -> str:
    """Return the path of a mail's copy on the web."""
    return path_in(mail, "e/-[0-9]+")


def _has_waiting(site: Site) -> bool:
    with site.store.read() as connection:
        return bool(unfinished(connection))
