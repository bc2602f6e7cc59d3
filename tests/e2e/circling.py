"""The command, and what it left in circles while it kept Python from searching for them.

    python tests/e2e/circling.py OUT WORDS…

In OUT are the types of these things, a list for each time that it did so.
"""

import gc
import json
import sys
from pathlib import Path

from otalk_digest.cli.main import main as run


def main() -> None:
    out, *words = sys.argv[1:]
    freeze, unfreeze = gc.freeze, gc.unfreeze
    found: list[list[str]] = []

    def begin() -> None:
        freeze()
        gc.disable()

    def end() -> None:
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        found.append([f"{type(each).__module__}.{type(each).__name__}" for each in gc.garbage])
        Path(out).write_text(json.dumps(found), encoding="utf-8")
        gc.garbage.clear()
        gc.enable()
        unfreeze()

    gc.freeze, gc.unfreeze = begin, end
    run(words)


if __name__ == "__main__":
    main()
