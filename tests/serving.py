"""The public pages as a maintainer runs them: `otalk-digest serve`, in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final
from urllib.parse import urlsplit

import httpx
from tests.smtp_server import MailServer
from tests.weekly_job import WEEK_1, Job, bare_environment, wait_until

#: The address in the settings of `weekly_job`.
PUBLIC: Final = "https://digest.otalk.example"
_COMMAND: Final = (sys.executable, "-m", "otalk_digest")
_PATIENCE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What a browser reaches, and the process behind it."""

    web: httpx.Client
    process: "subprocess.Popen[str]"

    def get(self, link: str) -> httpx.Response:
        """Follow a link, under its public address or as a path."""
        return self.web.get(link.removeprefix(PUBLIC))

    def post(self, link: str, fields: dict[str, str | list[str]]) -> httpx.Response:
        """Press a button."""
        return self.web.post(link.removeprefix(PUBLIC), data=fields)

    def has_died(self) -> int:
        """Wait for its end, and return its status."""
        return self.process.wait(_PATIENCE_S)


@contextmanager
def serving(
    job: Job, *, now: str = WEEK_1, command: Sequence[object] = _COMMAND
) -> Iterator[Pages]:
    """Serve the pages of a folder until the end, which is SIGTERM's."""
    with subprocess.Popen(
        [*map(str, command), "--now", now, "serve", "--port", "0"],
        cwd=job.folder,
        env=bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield from _open(process)
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


def _open(process: "subprocess.Popen[str]") -> Iterator[Pages]:
    assert process.stdout is not None
    # The line tells where it listens, port 0 being whichever is free.
    said = process.stdout.readline()
    assert f"Serving {PUBLIC} on " in said, said
    local = said.partition(" on ")[2].partition(". ")[0]
    host = {"Host": urlsplit(PUBLIC).netloc}
    with httpx.Client(base_url=local, headers=host, trust_env=False, timeout=30) as web:
        yield Pages(web=web, process=process)


def mails_to(server: MailServer, address: str) -> list[EmailMessage]:
    """What somebody finds in their letter box, oldest first."""
    return [
        message_from_bytes(mail.content, policy=policy.default)
        for mail in server.received
        if mail.recipient == address
    ]


def next_mail(server: MailServer, address: str, *, after: int) -> EmailMessage:
    """Wait for the mail behind so many that somebody has read."""
    wait_until(lambda: len(mails_to(server, address)) > after)
    return mails_to(server, address)[after]


def text_of(mail: EmailMessage) -> str:
    """The words that every program shows."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, page: str) -> str:
    """The first link in a mail that leads to such a page."""
    found = re.search(rf"{PUBLIC}/{page}/[\w.-]+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]
