"""Whether SendGrid signed what its webhook posted, and when (RELIABILITY 2.5). Pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from otalk_digest.errors import SettingsError

#: A post is retried for a day; repetitions are told apart by their events.
OLDEST: Final = timedelta(hours=24)
#: Clocks differ.
MOST_AHEAD: Final = timedelta(minutes=5)

_TEN_DIGITS: Final = re.compile(rb"[0-9]{10}", re.ASCII)
#: Two numbers of 32 bytes as DER, in base64, are far shorter.
_MOST_SIGNATURE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPost:
    """A post as it came, before anything in it is believed."""

    signature: bytes
    timestamp: bytes
    body: bytes


def read_webhook_key(text: str) -> ec.EllipticCurvePublicKey:
    """Return the key that SendGrid shows as base64. Raises SettingsError."""
    try:
        key = load_der_public_key(base64.b64decode(text.strip(), validate=True))
    except Exception as error:
        raise SettingsError(
            "delivery.sendgrid.webhook_key is no public key. Copy the verification key from "
            "SendGrid's event webhook, on one line."
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(
            "delivery.sendgrid.webhook_key is a key of another kind than SendGrid's. Copy the "
            "verification key from SendGrid's event webhook, on one line."
        )
    return key


def is_genuine(post: SignedPost, key: ec.EllipticCurvePublicKey, *, now: datetime) -> bool:
    """Whether the holder of the key signed exactly this, in the last day."""
    # Timestamp and body are signed joined, so only a fixed length keeps the boundary in place.
    if not _TEN_DIGITS.fullmatch(post.timestamp):
        return False
    at = datetime.fromtimestamp(int(post.timestamp), UTC)
    if not now - OLDEST <= at <= now + MOST_AHEAD:
        return False
    signature = _strictly(post.signature)
    if signature is None:
        return False
    try:
        key.verify(signature, post.timestamp + post.body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _strictly(written: bytes) -> bytes | None:
    """Return the signature's DER; None when base64 or DER is written in any other way than one."""
    if len(written) > _MOST_SIGNATURE:
        return None
    try:
        der = base64.b64decode(written, validate=True)
        is_strict = base64.b64encode(der) == written
        is_strict = is_strict and encode_dss_signature(*decode_dss_signature(der)) == der
    except (binascii.Error, ValueError):
        return None
    return der if is_strict else None
