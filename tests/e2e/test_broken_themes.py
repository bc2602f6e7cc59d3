"""A broken theme sends nothing, tells nobody, and says in which line; mended, it sends once."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from tests.feeds import rss2
from tests.weekly_job import ANNOUNCED, Job, a_job

READERS: Final = """
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
una@example.org,,Asia/Kolkata,IN,,,confirmed
"""
#: Each of them calls the next twice: 2 to the power of 30 calls.
MACROS: Final = "\n".join(
    f"{{% macro m{n}() %}}{{{{ m{n + 1}() }}}}{{{{ m{n + 1}() }}}}{{% endmacro %}}"
    for n in range(30)
)
#: Ten loops in each other, over what every digest has.
LOOPS: Final = (
    "\n".join("{% for _ in words.time.months %}" for _ in range(10)) + "{% endfor %}" * 10
)
#: Each line is twice as long as the one before.
DOUBLING: Final = "\n".join(
    ['{% set x = "xxxxxxxxxxxxxxxx" %}', *["{% set x = x ~ x %}"] * 20, "{{ x }}"]
)

BROKEN: Final = {
    "no-such-name": ("parts/footer.html.j2", "\n{{ nobody }}", "footer.html.j2, line 2: "),
    "no-such-word": ("digest.txt.j2", "{{ words.chat.none }}", "digest.txt.j2, line 1: "),
    "unfinished": ("parts/footer.txt.j2", "\n\n{% if why %}", "footer.txt.j2, line 3: "),
    "missing-part": (
        "digest.html.j2",
        "<!DOCTYPE html>\n{% include 'parts/heading.html.j2' %}",
        "digest.html.j2, line 2: 'parts/heading.html.j2' not found",
    ),
    "itself": (
        "parts/footer.txt.j2",
        "a\n{% include 'parts/footer.txt.j2' %}",
        "footer.txt.j2, line 2: templates or macros that take in themselves",
    ),
    "loops": ("subject.txt.j2", LOOPS, "subject.txt.j2, line 10: more than 200,000 steps"),
    "macros": (
        "digest.txt.j2",
        f"{MACROS}\n{{% macro m30() %}}{{% endmacro %}}\n{{{{ m0() }}}}",
        "digest.txt.j2, line ",
    ),
    "too-long": ("digest.txt.j2", DOUBLING, "digest.txt.j2, line 22: more than 2,000,000 "),
    "insides": (
        "preheader.txt.j2",
        "{{ ''.__class__.__mro__ }}",
        "preheader.txt.j2, line 1: access to attribute '__class__'",
    ),
    "power": ("digest.txt.j2", "\n{{ 9 ** 9 ** 9 ** 9 }}", "digest.txt.j2, line 2: "),
    "words": ("theme.toml", "[time\n", "templates/classic/theme.toml is not TOML"),
    "overlay": (
        "words/en.toml",
        '[greeting]\nnaned = "Hi {name}"',
        "templates/classic/words/en.toml: the theme has no word greeting.naned: did you mean",
    ),
}


@pytest.fixture(name="job")
def _job(tmp_path: Path) -> Job:
    job = a_job(tmp_path / "job", feed="feed.xml", readers=READERS)
    (job.folder / "feed.xml").write_bytes(rss2([ANNOUNCED]))
    return job


def put(job: Job, file: str, content: str) -> Path:
    path = job.folder / "templates" / "classic" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_theme_sends_nothing_and_says_where_and_mended_it_sends_once(
    name: str, job: Job
) -> None:
    file, content, place = BROKEN[name]
    broken = put(job, file, content)

    ended = job.does("run")

    assert ended.status == 2, ended.err
    (line,) = ended.err.splitlines()
    assert place in line
    assert "Traceback" not in ended.err
    assert job.files() == []
    assert job.asks("SELECT count(*) FROM editions") == [(0,)]
    assert job.asks("SELECT count(*) FROM deliveries") == [(0,)]

    broken.unlink()
    assert job.does("run").status == 0
    assert Counter(job.statuses().values()) == {"accepted": 2}
    assert len(job.files()) == 2


def test_after_it_was_mended_a_second_run_sends_nothing_more(job: Job) -> None:
    broken = put(job, "digest.html.j2", "{{ nobody }}")
    assert job.does("run").status == 2
    broken.unlink()
    assert job.does("run").status == 0

    assert job.does("run").status == 0
    assert len(job.files()) == 2


def test_a_theme_that_lacks_a_file_says_which(job: Job) -> None:
    segments = job.folder / "subscribers" / "segments.toml"
    segments.write_text(f'{segments.read_text(encoding="utf-8")}theme = "mine"\n', encoding="utf-8")
    (job.folder / "templates" / "mine").mkdir(parents=True)

    ended = job.does("run")

    assert ended.status == 2
    assert "theme mine lacks theme.toml: put one into " in ended.err
    assert job.files() == []
