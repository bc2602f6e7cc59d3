"""Brings a feed here, from the web or from a file, within limits of time and size."""

from dataclasses import dataclass
from pathlib import Path

from otalk_digest.errors import InputError
from otalk_digest.model.feed import Fetched, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How long, how much and how often."""

    #: Over everything: names, redirects, waiting, attempts and the last byte.
    timeout_s: float = 30.0
    #: Of the body as it is read, that is after unpacking.
    max_bytes: int = 10_000_000
    max_redirects: int = 10
    attempts: int = 3
    #: Before the second attempt; doubled before each further one.
    pause_s: float = 0.5
    #: Whether this machine and its neighbours may be asked.
    allow_private_addresses: bool = False


def fetch(address: str, *, validators: Validators | None, limits: FetchLimits) -> Fetched:
    """Read `address`, an http(s) address or the path of a file.

    Raises FeedError when the web does not give it, InputError when a file does not.
    """
    if address.lower().startswith(("http://", "https://")):
        # Reading a file should not cost the import of an HTTP client.
        from otalk_digest.collect.download import download  # noqa: PLC0415 see above

        return download(address, validators=validators, limits=limits)
    if "://" in address:
        scheme = address.partition("://")[0]
        raise InputError(
            f"A feed cannot be read over {scheme}: give an http or https address, or a file's path."
        )
    return Fetched(url=address, body=_read_file(Path(address), limits.max_bytes))


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise InputError(f"The file {path} cannot be read: {reason}. Name another.") from error
    if len(body) > max_bytes:
        raise InputError(
            f"The file {path} is larger than {max_bytes:,} bytes; raise max_bytes in [feed] "
            "if that is meant."
        )
    return body
