"""A maintainer's folder, and the command as it is typed there; readers and posts are invented."""

import os
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from shutil import copytree
from unittest.mock import patch

import pytest
from tests.feeds import SourcePost, rss2

from otalk_digest.cli.main import main

_SETTINGS = """
[feed]
address = "blog.xml"

[digest]
name = "#OTalk digest"
blog_url = "https://blog.otalk.example/"
contact = "team@otalk.example"
postal_address = "The team, 1 Example Street, Sampleton SA1 1AA"

[delivery]
from_address = "digest@otalk.example"
provider = "files"
"""
_SEGMENTS = """
[[segment]]
name = "students"
title = "Students"
why = "You asked for it as a student."
receives = ["announcement", "change", "cancellation"]
[segment.match]
tag = "student"

[[segment]]
name = "everyone"
title = "Everyone else"
why = "You asked for it."
"""
#: Two students, three others, and one who never confirmed.
_READERS = """email,name,tags,consent
ada@example.org,Ada Fenn,student,confirmed
bo@example.org,Bo Tarn,student,confirmed
cleo@example.org,Cleo Marsh,,confirmed
dov@example.org,Dov Reed,,confirmed
edda@example.org,,,confirmed
finn@example.org,Finn Moss,,pending
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Settings, segments and imported readers."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "otalk-digest.sqlite3"

    def does(self, *words: str, now: str = "2026-11-04T09:00Z") -> Ended:
        """Run a command to its end, in this process."""
        return typed(["--now", now, *words], folder=self.path, environment=environment())

    def copied(self, path: Path) -> "Folder":
        """Return the same folder at another place, to do with as one likes."""
        return Folder(path=Path(copytree(self.path, path)))

    def add_settings(self, lines: str) -> None:
        """Write more at the end of the settings."""
        with (self.path / "otalk-digest.toml").open("a", encoding="utf-8") as settings:
            settings.write(lines)

    def publish(self, posts: Sequence[SourcePost]) -> None:
        """Let the blog say this from now on, newest first."""
        (self.path / "blog.xml").write_bytes(rss2(posts))


def typed(words: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a command to its end, in this process: each start would cost more than its work."""
    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        patch.dict(os.environ, environment, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        main(words)
    status = left.value.code
    assert isinstance(status, int)
    return Ended(status=status, out=out.getvalue(), err=err.getvalue())


def a_folder(path: Path) -> Folder:
    """Make the folder and import the readers."""
    (path / "subscribers").mkdir(parents=True)
    (path / "subscribers" / "segments.toml").write_text(_SEGMENTS, encoding="utf-8")
    (path / "otalk-digest.toml").write_text(_SETTINGS, encoding="utf-8")
    (path / "readers.csv").write_text(_READERS, encoding="utf-8")
    folder = Folder(path=path)
    assert folder.does("subscribers", "import", "readers.csv").status == 0
    return folder


def an_announcement(
    number: int,
    day: str,
    topic: str,
    *,
    published_at: datetime,
    host: str = "@wren_otter",
    before: str = "",
    after: str = "",
) -> SourcePost:
    """A chat's post: `before` stands before the title, `after` at the end of the text."""
    return SourcePost(
        id=number,
        title=f"{before}#OTalk {day} – {topic}",
        slug=f"otalk-{number}",
        author="Orla Wick",
        published_at=published_at,
        html=f"<p>This week&#8217;s #OTalk will be hosted by Wren Otter ({host}).</p>\n"
        f"<p>We begin with a kettle and a question, and see where it takes us.</p>\n{after}",
    )


def post_chat(number: int, *, tweets: int) -> str:
    """What the hosts append when the chat is over."""
    return f"""<p><strong>POST CHAT</strong></p>
<p>Host: @wren_otter</p>
<p>OTalk Support: @pip_lake</p>
<p><strong>Online Transcript</strong></p>
<p><a href="https://transcripts.example/otalk/{number}">#OTalk Healthcare Social Media Transcript\
</a></p>
<p><strong>The Numbers</strong></p>
<p>212.480K Impressions<br />
{tweets} Tweets<br />
27 Participants</p>"""


def environment() -> dict[str, str]:
    """Return what a command needs, and nothing of the settings of who runs the tests."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        # Compiled templates are not kept where the user's are.
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
    }
