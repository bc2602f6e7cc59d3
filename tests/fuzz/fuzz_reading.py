"""Look for posts and feeds that break the reading, cleaning, following or rendering of chats.

    python -m tests.fuzz.fuzz_reading --minutes 10

pytest does not collect it: it never ends by itself. What it finds is written to .fuzz/, the
shortest form of it, and then belongs among the ordinary tests as a case.
"""

import argparse
import contextlib
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning
from tests.fuzz.laws import check_entry, check_feed, check_life
from tests.fuzz.mutations import bodies, entries, moments, mutated

from otalk_digest.model.feed import Entry

FOUND: Final = Path(".fuzz")
#: CPU for one input; a feed's five posts and a life's three digests are one.
MOST_SECONDS: Final = 2.0
_ROUND: Final = 150


class TooSlowError(AssertionError):
    """One input took longer than any input may."""


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    inputs: dict[str, int] = field(default_factory=dict)
    slowest: dict[str, tuple[float, int]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def timed(self, name: str, size: int, check: Callable[[], object]) -> None:
        """Run one check, and count what it cost."""
        before = time.process_time()
        check()
        spent = time.process_time() - before
        self.inputs[name] = self.inputs.get(name, 0) + 1
        self.slowest[name] = max(self.slowest.get(name, (0.0, 0)), (spent, size))
        if spent > MOST_SECONDS:
            raise TooSlowError(f"{spent:.1f} s of CPU for {size:,} characters")


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Entry], list[datetime]]:
    """Up to three versions of one post, and when each was seen."""
    first = draw(entries())
    versions = [first]
    for _ in range(draw(st.integers(0, 2))):
        other = draw(entries())
        same = draw(st.booleans())
        html = draw(mutated(first.html)) if same else other.html
        title = first.title if same else other.title
        versions.append(
            Entry(
                guid=first.guid,
                link=first.link,
                title=title,
                html=html,
                published_at=first.published_at,
            )
        )
    return versions, [draw(moments(first.published_at)) for _ in versions]


def rounds(tally: Tally) -> tuple[Callable[[], None], ...]:
    """One search of each kind, each a few hundred inputs long."""

    def over(strategy: st.SearchStrategy[object], check: Callable[..., None]) -> Callable[[], None]:
        search = settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        return search(given(strategy)(check))

    def feed(body: bytes) -> None:
        tally.timed("feed", len(body), lambda: check_feed(body))

    def entry(value: Entry) -> None:
        tally.timed("entry", len(value.html), lambda: check_entry(value))

    def life(value: tuple[Sequence[Entry], Sequence[datetime]]) -> None:
        versions, seen = value
        size = sum(len(version.html) for version in versions)
        tally.timed("life", size, lambda: check_life(versions, seen))

    return over(bodies(), feed), over(entries(), entry), over(lives(), life)


def keep(tally: Tally, error: Exception) -> None:
    """Write down a finding, once for each place in the code where it shows."""
    if isinstance(error, ExceptionGroup):
        for one in error.exceptions:
            keep(tally, one)
        return
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "otalk_digest" in f.filename or f.filename.endswith("laws.py")]
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(ours[-3:]))
    place = f"{type(error).__name__} {where}"
    if place in tally.found:
        return
    whole = "".join(traceback.format_exception(error))
    tally.found[place] = whole
    FOUND.mkdir(exist_ok=True)
    name = f"{len(tally.found):03}.txt"
    (FOUND / name).write_text(whole, encoding="utf-8", errors="backslashreplace")
    sys.stdout.write(f"found {name}: {place}: {str(error)[:200]!a}\n")
    sys.stdout.flush()


def search_for(minutes: float, tally: Tally) -> None:
    """Search, a round of each kind in turn, until so much CPU is spent."""
    searches = rounds(tally)
    while time.process_time() < minutes * 60:
        for search in searches:
            try:
                search()
            except Exception as error:  # noqa: BLE001 - whatever it is, it was found
                keep(tally, error)


def main() -> int:
    """Search for so many minutes of CPU; status 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of CPU (default: 10)")
    minutes: float = parser.parse_args().minutes
    # An input that is large by design makes a large repr.
    warnings.simplefilter("ignore", HypothesisWarning)
    tally = Tally()
    with contextlib.suppress(KeyboardInterrupt):
        search_for(minutes, tally)
    for name, count in tally.inputs.items():
        spent, size = tally.slowest[name]
        sys.stdout.write(f"{name}: {count:,} inputs, slowest {spent:.2f} s ({size:,} characters)\n")
    sys.stdout.write(f"{len(tally.found)} found in {time.process_time() / 60:.1f} min of CPU\n")
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
