"""One person, one identity, however an address is spelt. Pure."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from otalk_digest.errors import InputError

#: What email-validator refuses too, and what it writes in lower case (RFC 2142).
SPECIAL_USE: Final = ("arpa", "invalid", "local", "localhost", "onion", "test")
ROLES: Final = frozenset(
    {
        *("info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster"),
        *("hostmaster", "usenet", "news", "webmaster", "www", "uucp", "ftp"),
    }
)


def _words(letters: str) -> str:
    return rf"[{letters}0-9_+-]++(?:\.[{letters}0-9_+-]++)*+"


def _plain(letters: str) -> re.Pattern[str]:
    """Match the plain addresses that most of a list is made of.

    The thorough way, which takes forty times as long, is left for the rest. At most 63 characters
    in all, which keeps within every limit of RFC 5321 §4.5.3.1 and RFC 1035; no two hyphens in a
    row, so no punycode.
    """
    return re.compile(
        rf"(?!.{{64}}){_words(letters)}"
        rf"@(?:[{letters}0-9]++(?:-[{letters}0-9]++)*+\.)++"
        rf"(?!(?i:{'|'.join(SPECIAL_USE)})\Z)[{letters}]{{2,}}"
    )


_PLAIN: Final = _plain("A-Za-z")
_IDENTITY: Final = _plain("a-z")
_LOCAL: Final = re.compile(rf"(?!.{{64}}){_words('A-Za-z')}")
#: Far within the limits of a whole address, whatever the part before it.
_SHORT: Final = 100
#: No two readers have one in common, and no import writes more than it must.
_HASH_BYTES: Final = 16
_WHAT: Final = b"identity:"

# How email-validator quotes the domain when IDNA refuses a character of it.
_QUOTED_DOMAIN = re.compile(r" (?:at position \d+ )?in '.*'", re.DOTALL)


def normalise_addresses(texts: Iterable[str]) -> tuple[list[str], list[str], list[int]]:
    """Return addresses and identities of a column, and the places of those that are neither."""
    addresses = list(map(str.strip, texts))
    identities, refused = addresses.copy(), []
    for place, match in enumerate(map(_IDENTITY.fullmatch, addresses)):
        if match is None:
            try:
                addresses[place], identities[place] = normalise_address(addresses[place])
            except InputError:
                refused.append(place)
    return addresses, identities, refused


def normalise_address(text: str) -> tuple[str, str]:
    """Return (address as its owner writes it, identity).

    The identity is lower case with the domain in its ASCII form (RFC 5890), so that
    "Ann@EXAMPLE.org" and "ann@example.org" are one reader.

    Raises:
        InputError: it is no address that mail could be sent to; says why, not which.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        identity = text.lower()
        if identity == text:
            return text, identity
        local, _, _ = text.partition("@")
        if identity[: len(local)] not in ROLES:
            return local + identity[len(local) :], identity
    return _normalise_thoroughly(text)


def _normalise_thoroughly(text: str) -> tuple[str, str]:
    if "\ufffd" in text:
        raise InputError("not an e-mail address: a character was lost when the file was saved")
    if "@" not in text and text.isascii():
        # The most usual fault, in the words of email-validator, which takes far longer to say so.
        raise InputError("not an e-mail address: An email address must have an @-sign")
    local, _, domain = text.rpartition("@")
    if _LOCAL.fullmatch(local) and local.lower() not in ROLES and (known := _domain_of(domain)):
        return f"{local}@{known[0]}", f"{local.lower()}@{known[1]}"
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        checked = validate_email(
            text, check_deliverability=False, allow_quoted_local=True, strict=True
        )
    except EmailNotValidError as error:
        raise InputError(f"not an e-mail address: {_without_address(str(error), text)}") from None
    domain = checked.ascii_domain.lower()
    return checked.normalized, f"{checked.local_part.lower()}@{domain}"


@lru_cache(maxsize=4_096)
def _domain_of(text: str) -> tuple[str, str] | None:
    """Return a domain as written and in ASCII; None where it matters whose address it is.

    What is looked up to tell letters of one script from another takes a hundred times as long as
    all else that is done to a row, and a list names one domain again and again.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        checked = validate_email(f"a@{text}", check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    written, in_ascii = checked.domain, checked.ascii_domain.lower()
    return None if max(len(written.encode()), len(in_ascii)) > _SHORT else (written, in_ascii)


def hash_identity(identity: str, key: bytes) -> str:
    """Return the keyed hash under which a suppressed address outlives its subscriber."""
    return identity_hasher(key)(identity)


def identity_hasher(key: bytes) -> Callable[[str], str]:
    """Return what hashes identities under one key, its key read in once.

    By keyed BLAKE2 (RFC 7693 §2.9), at two fifths of HMAC's cost, under the longest key that it
    takes, which is what a store is made with. A shorter one is of a store that began with
    HMAC-SHA-256 and keeps to it: nothing but these hashes is left of whoever was erased.
    """
    if len(key) != hashlib.blake2b.MAX_KEY_SIZE:
        return lambda identity: hmac.digest(key, _WHAT + identity.encode(), "sha256").hex()
    begun = hashlib.blake2b(_WHAT, key=key, digest_size=_HASH_BYTES)

    def hashed(identity: str) -> str:
        mark = begun.copy()
        mark.update(identity.encode())
        return mark.hexdigest()

    return hashed


def _without_address(reason: str, text: str) -> str:
    return _QUOTED_DOMAIN.sub("", reason.replace(text, "it")).rstrip(".")
