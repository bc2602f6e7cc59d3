"""Render, inline and check, against the price of premailer itself.

    PYTHONPATH=src:. python benchmarks/render.py

CPU of fresh processes, medians of rounds in rotation; quote the ratios. Every variant is checked
as the gate before a send does it: its messages to two readers. The templates have been compiled
before, as in every run but an account's first.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from premailer import Premailer
from processes import ENVIRONMENT, median_costs, print_table, python
from tests.checked import EXPECTED, SENDER
from tests.digests import (
    NOW,
    PROFILE,
    PUBLICATION,
    a_digest,
    a_trend,
    a_wrap_up,
    news,
    rendered,
    ten_items,
)

from otalk_digest.digest.fixtures import fixture_digests
from otalk_digest.model.edition import Digest

ROUNDS = 5
TEMPLATES = Path(__file__).parents[1] / "templates"
CHAIN = """
import pickle, sys
from pathlib import Path
from time import process_time

began = process_time()
from otalk_digest.digest.render import render_variant
from otalk_digest.digest.themes import load_theme

nouns, templates, cache, has_check, variants = sys.argv[1:]
with open(nouns, "rb") as file:
    digest, publication, profile, sender, expected = pickle.load(file)
theme = load_theme("classic", folders=[Path(templates)], cache=Path(cache) if cache else None)


def variant_of(segment):
    return render_variant(
        digest, theme=theme, publication=publication, profile=profile, why=f"You asked {segment}.",
        subject_prefix="", zones=["Europe/London", "Australia/Sydney"],
        token_prefix="OTD7F3A9C21B7",
    )


def messages_of(variant):
    from otalk_digest.audience.links import ReaderLinks
    from otalk_digest.audience.personalise import Personaliser
    from otalk_digest.delivery.message import compile_message

    links = ReaderLinks(key=b"invented", base_url=publication.web_url, mailbox=sender.reply_to)
    reader = Personaliser(variant, links, edition=7, message_domain="otalk.example")
    template = compile_message(variant, sender, date=digest.now)
    for name, zone in (("Zoë Beispiel-Ångström", "Australia/Sydney"), (None, None)):
        yield template.fill(
            reader.recipient(
                delivery_id=1, token="test", address="wren@example.org", name=name, zone=zone
            )
        )


for segment in range(int(variants)):
    variant = variant_of(segment)
    if has_check == "check":
        from otalk_digest.check.message import check_message

        found = [each for raw in messages_of(variant) for each in check_message(raw, expected)]
        assert not [each for each in found if each.level == "must"], found
    ended = process_time()
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(ended - began, peak)
    began = process_time()
"""
BASELINE = "import sys; from premailer import transform; transform(open(sys.argv[1]).read())"


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "page.html"
        page.write_text(page_before_inlining(), encoding="utf-8")
        ten = nouns(folder / "ten", ten_items())
        many = chain(nouns(folder / "many", many_items()), folder, "check")
        two = chain(ten, folder, "check", 2)
        programs = {
            "premailer": [*python(BASELINE), str(page)],
            "first run": chain(ten, None, ""),
            "render": chain(ten, folder, ""),
            "first run, check": chain(ten, None, "check"),
            "check": chain(ten, folder, "check"),
            "many": many,
        }
        costs = median_costs(programs, ROUNDS)
        variants = [said_by(two) for _ in range(ROUNDS)]
        peaks = {name: said_by(programs[name])[-1][1] for name in ("check", "many")}
    if any(cost.status for cost in costs.values()):
        sys.exit("a process failed: the figures mean nothing")
    cpu = {name: cost.cpu_s for name, cost in costs.items()}
    ratio = {name: cost / cpu["premailer"] for name, cost in cpu.items()}
    print_rows(
        ("premailer imported and run once, CPU s", cpu["premailer"], None),
        ("ten items rendered and inlined ÷ it", ratio["render"], 1.5),
        ("the same, an account's first run", ratio["first run"], None),
        ("ten items rendered, inlined and checked ÷ it", ratio["check"], 2.5),
        ("the same, an account's first run", ratio["first run, check"], None),
        ("a second variant ÷ the first", median(two / one for (one, _), (two, _) in variants), 0.4),
        ("200 items ÷ 10 items", cpu["many"] / cpu["check"], 3),
        ("peak MiB, 10 items", peaks["check"], 70),
        ("peak MiB, two variants", variants[-1][-1][1], 70),
        ("peak MiB, 200 items", peaks["many"], 70),
        ("KB of HTML, a usual week", size_of(usual_week()), 20),
        ("KB of HTML, ten chats", size_of(ten_items()), 60),
        ("KB of HTML, 200 items", size_of(many_items()), 60),
    )
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()))


def print_rows(*rows: tuple[str, float, float | None]) -> None:
    """Print what, reached, goal, and whether it holds."""
    cells = [
        (
            what,
            f"{reached:.2f}",
            *(("", "") if goal is None else (f"≤ {goal}", says(reached <= goal))),
        )
        for what, reached, goal in rows
    ]
    print_table([("what", "reached", "goal", ""), *cells])


def says(is_reached: bool) -> str:  # noqa: FBT001 - a table cell
    """Return the last cell of a row."""
    return "yes" if is_reached else "NO"


def usual_week() -> Digest:
    """One chat ahead and one written up."""
    return a_digest(headline=news(1), wrap_ups=(a_wrap_up(),), trend=a_trend(298, 351, 286, 412))


def many_items() -> Digest:
    """Two hundred, of which a mail shows what it has room for."""
    return fixture_digests(NOW)["two-hundred-items"]


def size_of(digest: Digest) -> float:
    """Return the thousands of bytes of its HTML."""
    return len(rendered(digest).html.encode()) / 1000


def page_before_inlining() -> str:
    """Return the page that premailer is given."""
    with patch.object(Premailer, "transform", lambda self, **_: self.html):
        return rendered(ten_items()).html


def nouns(file: Path, digest: Digest) -> Path:
    """Keep what a process renders and checks."""
    file.write_bytes(pickle.dumps((digest, PUBLICATION, PROFILE, SENDER, EXPECTED)))
    return file


def chain(given: Path, cache: Path | None, check: str, variants: int = 1) -> list[str]:
    """Return the arguments of a process that makes so many variants."""
    kept = "" if cache is None else str(cache / "compiled")
    return [*python(CHAIN), str(given), str(TEMPLATES), kept, check, str(variants)]


def said_by(program: list[str]) -> list[tuple[float, float]]:
    """Return the CPU seconds of each variant, imports in the first, and the peak in MiB."""
    ended = subprocess.run(program, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    lines = (line.split() for line in ended.stdout.splitlines())
    return [(float(seconds), int(peak) / 1024) for seconds, peak in lines]


if __name__ == "__main__":
    main()
