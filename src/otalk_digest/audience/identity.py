"""One person, one identity, however an address is spelt. Pure."""

import hashlib
import hmac
import re

from otalk_digest.errors import InputError

# How email-validator quotes the domain when IDNA refuses a character of it.
_QUOTED_DOMAIN = re.compile(r" (?:at position \d+ )?in '.*'", re.DOTALL)


def normalise_address(text: str) -> tuple[str, str]:
    """Return (address as its owner writes it, identity).

    The identity is lower case with the domain in its ASCII form (RFC 5890), so that
    "Ann@EXAMPLE.org" and "ann@example.org" are one reader.

    Raises:
        InputError: it is no address that mail could be sent to; says why, not which.
    """
    if "\ufffd" in text:
        raise InputError("not an e-mail address: a character was lost when the file was saved")
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        checked = validate_email(
            text.strip(), check_deliverability=False, allow_quoted_local=True, strict=True
        )
    except EmailNotValidError as error:
        raise InputError(f"not an e-mail address: {_without_address(str(error), text)}") from None
    domain = checked.ascii_domain.lower()
    return checked.normalized, f"{checked.local_part.lower()}@{domain}"


def hash_identity(identity: str, key: bytes) -> str:
    """Return the keyed hash under which a suppressed address outlives its subscriber."""
    return hmac.new(key, b"identity:" + identity.encode(), hashlib.sha256).hexdigest()


def _without_address(reason: str, text: str) -> str:
    return _QUOTED_DOMAIN.sub("", reason.replace(text.strip(), "it")).rstrip(".")
