"""A running preview over a folder of a maintainer: the real server, on the loopback."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx
import uvicorn
from tests.answering import answering
from tests.feeds import SourcePost
from tests.maintainer import Folder, a_folder, an_announcement, post_chat

from otalk_digest.cli.app import App
from otalk_digest.cli.preview import open_desk
from otalk_digest.pipeline.previewing import Desk
from otalk_digest.web.preview.app import build_app
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.guard import LOOPBACK

TOKEN: Final = "a-token-nobody-guesses"  # noqa: S105 - invented
#: When the first edition left, and when the next one is looked at.
WEEK_1: Final = "2026-11-04T09:00Z"
WEEK_2: Final = "2026-11-11T09:00Z"


def kettles(after: str = "") -> SourcePost:
    """A chat of the first week, written up in the second."""
    at = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    return an_announcement(
        41, "10th November 2026", "Kettles on wheels.", published_at=at, after=after
    )


def hats() -> SourcePost:
    """A chat of the third week."""
    at = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
    return an_announcement(141, "17th November 2026", "Hats indoors.", published_at=at)


def gloves() -> SourcePost:
    """A chat of the fourth week."""
    at = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
    return an_announcement(142, "24th November 2026", "Gloves in pairs.", published_at=at)


def two_weeks(path: Path) -> Folder:
    """Make a folder from which one edition has left, with news for the next one."""
    folder = a_folder(path)
    folder.publish([kettles()])
    assert folder.does("run", now=WEEK_1).status == 0
    folder.publish([gloves(), hats(), kettles(post_chat(41, tweets=143))])
    assert folder.does("collect", now=WEEK_2).status == 0
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A preview that is running."""

    web: httpx.Client
    gallery: Gallery
    #: Set to let the streams of events come to their end.
    ends: threading.Event
    base: str = f"/{TOKEN}/"

    def get(self, path: str = "", **query: str) -> httpx.Response:
        """Ask for a page, a frame or a file; `as_of` is written as-of."""
        asked = urlencode({name.replace("_", "-"): value for name, value in query.items()})
        return self.web.get(f"{self.base}{path}?{asked}")

    def page(self, **query: str) -> str:
        """Return the words of a page."""
        answer = self.get("", **query)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def frame(self, **query: str) -> str:
        """Return the mail in its frame."""
        answer = self.get("frame", **query)
        assert answer.status_code == 200
        return answer.text

    def do(self, name: str, /, *, back: str | None = None, **fields: str) -> str:
        """Send a form of the page as a browser does; return the page that it leads to."""
        page = self.get("", **dict(httpx.QueryParams(back or ""))).text
        given = {"form_key": form_key(page), "back": back_of(page), **fields}
        answer = self.web.post(f"{self.base}{name}", data=given, headers=self.origin)
        assert answer.status_code == 303, answer.text
        return unescape(self.web.get(answer.headers["location"]).text)

    @property
    def origin(self) -> dict[str, str]:
        """What a browser says of our own pages, whose policy is no-referrer."""
        return {"Origin": "null", "Sec-Fetch-Site": "same-origin"}


def form_key(page: str) -> str:
    """Return the key that the page's forms carry."""
    found = re.search(r'name="form_key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def back_of(page: str) -> str:
    """Return what the page's forms give back."""
    found = re.search(r'name="back" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


@contextmanager
def previewing(
    folder: Folder,
    *,
    now: str = WEEK_2,
    may_be_real: bool = False,
    is_live: bool = True,
    change: Callable[[Desk], Desk] = lambda desk: desk,
) -> Iterator[Preview]:
    """Run the preview of this folder as the command does; `change` puts something in its way."""
    app = App(config=folder.path / "otalk-digest.toml", now=datetime.fromisoformat(now))
    with app.store(must_exist=True) as store:
        gallery = Gallery(
            lambda: change(open_desk(app, store)), may_be_real=may_be_real, by="the login name"
        )
        ends = threading.Event()
        with closing(gallery), _served(gallery, ends, is_live=is_live) as web:
            yield Preview(web=web, gallery=gallery, ends=ends)


@contextmanager
def _served(gallery: Gallery, ends: threading.Event, *, is_live: bool) -> Iterator[httpx.Client]:
    built = build_app(gallery, token=TOKEN, is_live=is_live, is_ending=ends.is_set)
    config = uvicorn.Config(built, log_level="critical", timeout_graceful_shutdown=5)
    with (
        socket.create_server((LOOPBACK, 0)) as listener,
        answering(uvicorn.Server(config), listener),
    ):
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                yield client
        finally:
            ends.set()
