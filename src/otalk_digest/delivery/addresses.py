"""Addresses on the wire, and kept out of everything else. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import idna

#: Enough to keep an address inside its brackets; whether it exists is the receiver's to say.
_ADDRESS: Final = re.compile(
    r"""(?:"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[ -~])+"|[^\s"<>@,;:\\()\[\]\x00-\x1f\x7f-\x9f]+)
        @(?:\[[0-9A-Fa-f:.IPv]+\]|[^\s"<>@,;:\\()\[\]\x00-\x1f\x7f-\x9f]+)""",
    re.VERBOSE,
)
#: Most addresses, and every one of these is one of those above; ASCII alone, so two looks suffice.
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_PLAIN_ADDRESSES: Final = re.compile(rf"{_PLAIN_ADDRESS.pattern}(?:\n{_PLAIN_ADDRESS.pattern})*+")
#: RFC 5321 §4.5.3.1.3: a path of 256 with its brackets.
_LONGEST: Final = 254
#: Wider than an address, so that no part of one is left standing.
_ANY_ADDRESS: Final = re.compile(
    r"""<[^<>\s]*@[^<>]*>|"[^"]*"@[^\s<>(),;:]+|[^\s<>(),;:"]*@[^\s<>(),;:"]*"""
)
_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_DIAGNOSTIC_LENGTH: Final = 300


class UnusableAddressError(ValueError):
    """No envelope can hold this address; the text does not hold it either."""


def are_plain(addresses: Sequence[str]) -> bool:
    """Whether every one is ASCII and stands in an envelope as it is; one look for all of them."""
    together = "\n".join(addresses)
    is_fit = max(map(len, addresses), default=0) <= _LONGEST
    # One that holds a line end itself would be seen as two.
    is_whole = together.count("\n") == max(len(addresses) - 1, 0)
    return is_fit and is_whole and _is_a_list(together)


# Asked twice of the readers of a request: whether any is refused, and how each is written.
@lru_cache(maxsize=16)
def _is_a_list(together: str) -> bool:
    return bool(_PLAIN_ADDRESSES.fullmatch(together))


def wire_address(address: str) -> str:
    """Return the address with its domain in A-labels: RFC 5890 §2.3.2.1.

    Raises UnusableAddressError when no envelope can hold it.
    """
    if len(address) <= _LONGEST and _PLAIN_ADDRESS.fullmatch(address):
        return address
    if not _ADDRESS.fullmatch(address):
        raise UnusableAddressError("the address cannot stand in a message")
    local, _, domain = address.rpartition("@")
    wired = address if domain.isascii() else f"{local}@{_to_a_labels(domain)}"
    if len(wired.encode()) > _LONGEST:
        raise UnusableAddressError("the address is longer than mail allows")
    return wired


def _to_a_labels(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        # The cause quotes the domain.
        raise UnusableAddressError("the domain of the address is not a valid one") from None


def needs_smtputf8(address: str) -> bool:
    """RFC 6531: the part before the "@" has no ASCII form."""
    return not address.rpartition("@")[0].isascii()


def diagnostic(reply: str) -> str:
    """Return what a server said as one short line without any address."""
    # Most replies hold none, and each message brings four of them.
    said = _ANY_ADDRESS.sub("(address)", reply) if "@" in reply else reply
    line = _BLANKS.sub(" ", said).strip()
    return line[:_DIAGNOSTIC_LENGTH]
