"""DKIM signatures, for a relay that makes none: the home of cryptography (RFC 6376, RFC 8463)."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from otalk_digest.errors import SettingsError

#: RFC 8058 §4: both List-Unsubscribe fields must be covered. The rest is what a reader sees.
_SIGNED: Final = (
    *("from", "to", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
)
#: RFC 6376 §5.4.2: named once more than they stand there, so that no second one can be added.
_ONLY_ONCE: Final = ("from", "to", "subject")
_BLANKS: Final = re.compile(rb"[ \t]+")
_WEAKEST_BITS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs in the name of one domain, with the key whose other half stands in its DNS."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes, *, date: datetime) -> bytes:
        """Return the message with its signature before it; lines end in CRLF.

        `date` is the moment that the signature names: the same on each attempt, so the bytes
        are too.
        """
        header, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(header + b"\r\n")
        present = [name for name in _SIGNED if name in fields]
        names = ":".join((*present, *(name for name in _ONLY_ONCE if name in fields)))
        unsigned = (
            f"v=1; a={self._algorithm}; c=relaxed/simple; d={self.domain}; s={self.selector};\r\n"
            f" t={int(date.timestamp())}; h={names};\r\n bh={_body_hash(body)};\r\n b="
        )
        # §3.7: the signed fields in the order of h=, then this one with an empty b= and no CRLF.
        own = _relaxed(b"dkim-signature", unsigned.encode())
        covered = b"".join(_relaxed(name.encode(), fields[name]) + b"\r\n" for name in present)
        signature = b64encode(self._signature(covered + own)).decode()
        folded = "\r\n ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
        return f"DKIM-Signature: {unsigned}{folded}\r\n".encode() + message

    def dns_record(self) -> str:
        """Return what the TXT record of the selector must say."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(data).decode()}"
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(raw).decode()}"

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def _signature(self, covered: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(covered, PKCS1v15(), SHA256())
        # RFC 8463 §3: the digest is signed, not the text.
        return self.key.sign(sha256(covered).digest())


def read_key(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Read a private key. Raises SettingsError, which never quotes it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause could quote the key.
        raise SettingsError(
            "The DKIM key cannot be read. It must be a private key in PEM form without a"
            " password, as made by: openssl genrsa 2048."
        ) from None
    if isinstance(key, RSAPrivateKey) and key.key_size >= _WEAKEST_BITS:
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise SettingsError(
        "The DKIM key is of a kind that receivers do not know, or too short. Make an RSA key of"
        " 2048 bits: openssl genrsa 2048."
    )


def _fields(header: bytes) -> dict[str, bytes]:
    """Return the value of each field by its name in lower case; none stands twice."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", header)
    pairs = (line.partition(b":") for line in unfolded.split(b"\r\n") if line)
    return {name.decode("ascii", "replace").lower(): value for name, _, value in pairs}


def _relaxed(name: bytes, value: bytes) -> bytes:
    """RFC 6376 §3.4.2."""
    unfolded = value.replace(b"\r\n", b"")
    return name + b":" + _BLANKS.sub(b" ", unfolded).strip(b" ")


def _body_hash(body: bytes) -> str:
    """RFC 6376 §3.4.3: empty lines at the end count as one line end."""
    return b64encode(sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
