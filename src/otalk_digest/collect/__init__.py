"""From the blog's feed to what it means: fetch, parse, clean, extract, follow."""

import sys

# httpx imports a command line of its own where it can, and with it rich and pygments: a tenth of a
# run that finds nothing new. None is to it what it finds where they are not installed.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
