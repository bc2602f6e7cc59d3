"""Ask the addresses that a mail leads to whether they answer; only when a maintainer says so."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.collect.probe import Answered, probe
from otalk_digest.pipeline.proofing import INERT_TOKEN

__all__ = ["Answered", "ask", "is_asked"]

#: More links than three mails may have.
_MOST: Final = 120
_AT_ONCE: Final = 8
_TIMEOUT_S: Final = 5.0
_MAX_REDIRECTS: Final = 5


def is_asked(url: str) -> bool:
    """Whether the address can be asked: not mail or telephone, nor a reader's own."""
    return url.startswith(("https://", "http://")) and not url.endswith(f"/{INERT_TOKEN}")


def ask(urls: Iterable[str], limits: FetchLimits) -> Mapping[str, Answered]:
    """Return what came of each address that can be asked.

    Only public addresses, unless the settings let the feed's be private too.
    """
    wanted = list(dict.fromkeys(url for url in urls if is_asked(url)))[:_MOST]
    short = replace(
        limits, timeout_s=min(limits.timeout_s, _TIMEOUT_S), max_redirects=_MAX_REDIRECTS
    )
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        answers = pool.map(lambda url: probe(url, limits=short), wanted)
        return dict(zip(wanted, answers, strict=True))
