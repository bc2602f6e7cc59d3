"""Addresses of links and pictures, however they are written. Pure."""

from urllib.parse import SplitResult, urlsplit


def split(address: str) -> SplitResult:
    """Take an address apart; one that is none has neither host nor path."""
    try:
        parts = urlsplit(address)
        # Read here, because the library looks at it no sooner.
        _ = parts.hostname
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def scheme_of(address: str) -> str:
    """Return what stands before the colon, lower case; "" where there is none."""
    head, colon, _ = address.partition(":")
    return head.lower() if colon else ""


def host_of(address: str) -> str:
    """Return the host, lower case, without "www."; "" where there is none."""
    return (split(address).hostname or "").removeprefix("www.")
