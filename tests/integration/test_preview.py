import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from otalk_digest.model.edition import Variant
from otalk_digest.pipeline.proofing import Proof
from otalk_digest.web.preview.app import LOOPBACK, build_app

TOKEN = "a-token-nobody-guesses"  # noqa: S105 - invented
MAIL = '<p>Hello</p><script>alert("no")</script>'


def a_proof(segment: str = "students", subject: str = "A <chat> & more") -> Proof:
    variant = Variant(
        segment=segment,
        subject=subject,
        preheader="A line that the inbox shows",
        html=MAIL,
        text="Hello <reader>",
        calendar=None,
        placeholders=(),
        zone_values={},
        greeting_named="Hello {name},",
        greeting_unnamed="Hello,",
        news_ids=(),
    )
    return Proof(variant=variant, html=MAIL, text=variant.text, message=b"Subject: as sent\r\n\r\n")


@contextmanager
def served(proofs: Sequence[Proof]) -> Iterator[httpx.Client]:
    """Run the real server; the client's base address is its root."""
    listener = socket.create_server((LOOPBACK, 0))
    app = build_app(proofs, number=7, token=TOKEN)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, trust_env=False) as client:
            while not server.started:
                time.sleep(0.01)
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with served([a_proof("students"), a_proof("everyone")]) as client:
        yield client


def test_the_first_page_leads_to_every_variant(web: httpx.Client) -> None:
    page = web.get(f"/{TOKEN}/").text

    assert 'href="students/"' in page
    assert 'href="everyone/"' in page


def test_a_variants_page_shows_subject_preheader_and_text_as_text(web: httpx.Client) -> None:
    page = web.get(f"/{TOKEN}/students/").text

    assert "A &lt;chat&gt; &amp; more" in page
    assert "A line that the inbox shows" in page
    assert "Hello &lt;reader&gt;" in page


def test_the_mail_stands_in_a_frame_that_can_run_nothing(web: httpx.Client) -> None:
    assert "<iframe sandbox " in web.get(f"/{TOKEN}/students/").text
    mail = web.get(f"/{TOKEN}/students/mail.html")
    assert mail.text == MAIL
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert "default-src 'none'" in mail.headers["Content-Security-Policy"]


def test_the_message_is_the_very_bytes(web: httpx.Client) -> None:
    assert web.get(f"/{TOKEN}/students/mail.eml").content == b"Subject: as sent\r\n\r\n"


@pytest.mark.parametrize(
    "path",
    ["/", "/wrong/", "/wrong/students/", f"/{TOKEN}/nobody/", "/etc/passwd/"],
)
def test_without_the_token_or_with_a_wrong_name_there_is_nothing(
    web: httpx.Client, path: str
) -> None:
    assert web.get(path).status_code == 404


def test_another_host_name_is_refused(web: httpx.Client) -> None:
    # DNS rebinding: a page elsewhere may make a browser ask us under its own name.
    assert web.get(f"/{TOKEN}/", headers={"Host": "evil.example"}).status_code == 400
