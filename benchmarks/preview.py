"""The preview: how soon it answers, and how soon a change is seen.

    PYTHONPATH=src:. python benchmarks/preview.py

CPU seconds of the server, beside the price of what cannot be saved: importing the libraries.
Only the way of an event is by the clock. Medians of a few rounds; quote the ratio.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
from processes import ENVIRONMENT, median_costs, print_table, python

ROUNDS = 5
NOW = "2026-11-25T12:00Z"
LIBRARIES = "import premailer, jinja2, sqlalchemy, starlette.applications, uvicorn, lxml.html"


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        subprocess.run(
            [*python("from otalk_digest.cli.main import main; main()"), "demo", "--out", folder],
            check=True,
            capture_output=True,
        )
        imports = median_costs({"imports": python(LIBRARIES)})["imports"].cpu_s
        starts = median(start_of(folder) for _ in range(ROUNDS))
        with running(folder) as (web, base, pid):
            renders, events = changes(folder, web, base, pid)
    print_table(
        [
            ("what", "reached", "goal", ""),
            ("command → first page, CPU s", f"{starts:.2f}", "≤ 2", holds(starts <= 2)),
            (
                "the same ÷ importing what it needs",
                f"{starts / imports:.1f}",
                "≤ 2.5",
                holds(starts <= 2.5 * imports),
            ),
            (
                "change → new frame, CPU s",
                f"{renders:.3f}",
                "≤ 0.3",
                holds(renders <= 0.3),
            ),
            ("saved → event → new frame, by the clock", f"{events:.2f}", "≤ 1", holds(events <= 1)),
        ]
    )


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a running process has used (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_of(folder: Path) -> float:
    """Return what it costs from the command to the first whole page."""
    with running(folder) as (web, base, pid):
        web.get(base).raise_for_status()
        return cpu_of(pid)


def changes(folder: Path, web: httpx.Client, base: str, pid: int) -> tuple[float, float]:
    """Return the CPU of a change that is asked for, and the seconds of one that is told."""
    told = []
    template = own_copy(folder)
    change(template, "first")
    until_seen(web, base, "first", 0)
    before = cpu_of(pid)
    for number in range(ROUNDS):
        change(template, f"a{number}")
        until_seen(web, base, f"a{number}", 0)
    asked = (cpu_of(pid) - before) / ROUNDS
    with web.stream("GET", f"{base}events?since=0", timeout=60) as stream:
        lines = stream.iter_lines()
        wait_for_event(lines)
        for number in range(ROUNDS):
            began = time.perf_counter()
            change(template, f"t{number}")
            wait_for_event(lines)
            told.append(until_seen(web, base, f"t{number}", began))
    return asked, median(told)


def own_copy(folder: Path) -> Path:
    """Put the bundled page beside the settings, where the maintainer's own stands."""
    bundled = Path(__file__).parents[1] / "templates" / "classic" / "digest.html.j2"
    own = folder / "templates" / "classic" / "digest.html.j2"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(bundled.read_text(encoding="utf-8"), encoding="utf-8")
    return own


def change(template: Path, word: str) -> None:
    """Save it with another word in it."""
    text = template.read_text(encoding="utf-8").partition("<!-- word")[0]
    template.write_text(f"{text}<!-- word {word} -->\n", encoding="utf-8")


def until_seen(web: httpx.Client, base: str, word: str, began: float) -> float:
    """Return how long it took until the frame holds the word."""
    frame = web.get(f"{base}frame?edition=fixture:usual-week").raise_for_status().text
    if f"word {word}" not in frame:
        sys.exit("the frame is an old one: the figures mean nothing")
    return time.perf_counter() - began


def wait_for_event(lines: Iterator[str]) -> None:
    """Read on to the next event."""
    while next(lines) != "event: change":
        pass


@contextmanager
def running(folder: Path) -> Iterator[tuple[httpx.Client, str, int]]:
    """Start the command; give a client, the address of the page and the process."""
    arguments = ["--config", str(folder / "otalk-digest.toml"), "--now", NOW, "preview"]
    code = "from otalk_digest.cli.main import main; main()"
    with subprocess.Popen(
        [*python(code), *arguments], stdout=subprocess.PIPE, text=True, bufsize=1, env=ENVIRONMENT
    ) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - a pipe was asked for
            address = server.stdout.readline().split()[-1]
            with httpx.Client(trust_env=False, timeout=60) as web:
                yield web, address, server.pid
        finally:
            server.terminate()


def holds(is_reached: bool) -> str:  # noqa: FBT001 - a table cell
    """Return the last cell of a row."""
    return "yes" if is_reached else "NO"


if __name__ == "__main__":
    main()
