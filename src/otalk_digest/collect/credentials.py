"""Pure. A name and a password inside an address: kept out of sight, and never to another host."""

from urllib.parse import urlsplit, urlunsplit

from otalk_digest.errors import InputError


def bare(address: str) -> str:
    """The address without them: as it is stored and shown. A file's path stays as it is.

    Raises InputError for what is no address.
    """
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        # Not repeated: it may hold a password.
        raise InputError(
            "The feed's address is not a valid http or https address; it should look like "
            "https://host/feed/."
        ) from None
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_credentials(address: str, *, of: str) -> str:
    """The address with the credentials of the other, if both lead to one origin."""
    parts, given = urlsplit(address), urlsplit(of)
    userinfo = given.netloc.rpartition("@")[0]
    if not userinfo or "@" in parts.netloc or parts.netloc != given.netloc.rpartition("@")[2]:
        return address
    # Encrypted where it was open is no other host; the other way round it would be.
    if parts.scheme not in {given.scheme, "https"}:
        return address
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))
