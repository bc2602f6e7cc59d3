"""Render and inline, against the price of premailer itself.

Run alone: `PYTHONPATH=src:. python benchmarks/render.py`. CPU seconds of fresh processes,
medians; quote the ratios.
"""

import pickle
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from premailer import Premailer
from tests.digests import (
    PROFILE,
    PUBLICATION,
    a_digest,
    a_trend,
    a_wrap_up,
    news,
    rendered,
    ten_items,
)

from otalk_digest.model.edition import Digest

RUNS = 5
RENDER = """
import pickle, sys
from pathlib import Path
from otalk_digest.digest.render import render_variant
from otalk_digest.digest.themes import load_theme
with open(sys.argv[1], "rb") as file:
    digest, publication, profile = pickle.load(file)
theme = load_theme("classic", folders=[Path("templates")])
render_variant(
    digest, theme=theme, publication=publication, profile=profile, why="You asked.",
    subject_prefix="", zones=["Europe/London", "Australia/Sydney"], token_prefix="OTD7F3A9C21B7",
)
"""
SECOND = """
from time import process_time
from tests.digests import a_theme, rendered, ten_items
start = process_time(); theme = a_theme(); rendered(ten_items(), theme=theme)
first = process_time() - start
start = process_time(); rendered(ten_items(), theme=theme)
print((process_time() - start) / first)
"""
BASELINE = "import sys; from premailer import transform; transform(open(sys.argv[1]).read())"


def usual_week() -> Digest:
    """One chat ahead and one written up."""
    return a_digest(headline=news(1), wrap_ups=(a_wrap_up(),), trend=a_trend(298, 351, 286, 412))


def page_before_inlining() -> str:
    """The page that premailer is given."""
    with patch.object(Premailer, "transform", lambda self, **_: self.html):
        return rendered(ten_items()).html


def cpu(code: str, *arguments: str) -> float:
    """CPU seconds of a fresh process."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(page_before_inlining(), encoding="utf-8")
        nouns = Path(folder) / "nouns"
        nouns.write_bytes(pickle.dumps((ten_items(), PUBLICATION, PROFILE)))
        pairs = [(cpu(RENDER, str(nouns)), cpu(BASELINE, str(page))) for _ in range(RUNS)]
    ratio = median(ours / theirs for ours, theirs in pairs)
    second = median(
        float(
            subprocess.run([sys.executable, "-c", SECOND], check=True, capture_output=True).stdout
        )
        for _ in range(RUNS)
    )
    sizes = {
        most: len(rendered(digest).html.encode()) / 1024
        for most, digest in ((20, usual_week()), (60, ten_items()))
    }
    print(f"ten items ÷ premailer on the same page   {ratio:5.2f}   goal ≤ 1.5")
    print(f"second variant ÷ first                   {second:5.2f}   goal ≤ 0.4")
    for most, size in sizes.items():
        print(f"KiB of HTML                              {size:5.1f}   goal ≤ {most}")


if __name__ == "__main__":
    main()
