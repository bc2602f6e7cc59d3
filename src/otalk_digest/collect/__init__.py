"""From the blog's feed to what it means: fetch, parse, clean, extract, follow."""

import sys

# httpx would bring its command line, with rich and Pygments: three quarters of what it takes. It
# says itself that it goes without where that cannot be imported.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # "not to be imported"
