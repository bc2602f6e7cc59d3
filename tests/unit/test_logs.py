import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otalk_digest.logs import without_addresses

ADDRESSES = (
    "ann@example.org",
    "Ann.Lee+otalk@mail.example.co.uk",
    "ann.o'day@example.org",
    '"ann lee"@example.org',
    "jösé@bücher.example",
    "mailto:ann@example.org",
    "'ann@example.org'",
    "<ann@example.org>",
    "550 5.1.1 <ann@example.org>: user unknown",
)
TRACES = re.compile(r"ann|lee|day|jös|example", re.IGNORECASE)

#: Logs as a command does, in a process of its own: logging is set up once per process.
SCRIPT = """
import logging, sys
from otalk_digest.logs import configure_logs, log_event
log_event("too_early", reader="ann@example.org")
configure_logs(sys.argv[1])
log_event("batch_sent", edition=7, accepted=98, reader="ann@example.org")
log_event("batch_failed", error=ValueError("550 <ann@example.org>"), readers=["ann@example.org"])
logging.getLogger("library").warning("could not reach %s", "ann@example.org")
logging.getLogger("library").info("GET /")
logging.getLogger("python_http_client").debug("a key, and every recipient")
try:
    raise ValueError("ann@example.org")
except ValueError:
    logging.getLogger("library").exception("failed")
"""


def logged(log_format: str) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT, log_format], capture_output=True, text=True, check=True
    )
    assert finished.stdout == ""
    return finished.stderr.splitlines()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("shape", [str, lambda it: [it], lambda it: {"to": (it,)}, ValueError, set])
def test_no_address_is_left_in_an_event(address: str, shape: type) -> None:
    value = shape([address]) if shape is set else shape(address)

    masked = without_addresses(None, "info", {"event": f"sent to {address}", "value": value})

    assert not TRACES.search(str(masked["event"]))
    assert not TRACES.search(str(masked["value"]))


def test_what_is_no_address_stays() -> None:
    event = {
        "event": "@here",
        "count": 3,
        "is_new": True,
        "url": "https://x.example/@me",
        "no": None,
    }

    assert without_addresses(None, "info", dict(event)) == event


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_address_is_in_a_line_of_ours_or_of_a_library(log_format: str) -> None:
    lines = logged(log_format)

    assert not [line for line in lines if "ann" in line or "example" in line]
    assert [line for line in lines if line.startswith("library: could not reach ")]
    assert not [line for line in lines if "too_early" in line or "GET" in line or "key" in line]


def test_a_json_line_is_one_object_with_its_fields() -> None:
    line = json.loads(logged("json")[0])

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "batch_sent",
        "level": "info",
        "edition": 7,
        "accepted": 98,
        "reader": "<address>",
    }


def test_other_values_are_logged_as_text() -> None:
    assert without_addresses(None, "info", {"event": "x", "out": Path("a/b")})["out"] == "a/b"
