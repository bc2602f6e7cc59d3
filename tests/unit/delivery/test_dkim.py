"""Our signatures, read by a verifier that is not ours."""

from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.messages import a_batch, a_recipient, a_variant

from otalk_digest.delivery.dkim import Signer, read_key
from otalk_digest.delivery.message import compile_message
from otalk_digest.errors import SettingsError

#: A verifier does not believe in the future.
DATE = datetime(2025, 3, 4, 6, 30, tzinfo=UTC)
RSA = generate_rsa_key(public_exponent=65537, key_size=2048)
KEYS: dict[str, RSAPrivateKey | Ed25519PrivateKey] = {
    "rsa": RSA,
    "ed25519": Ed25519PrivateKey.generate(),
}


def a_signer(kind: str = "rsa") -> Signer:
    return Signer(domain="otalk.example", selector="digest", key=KEYS[kind])


def a_message(**changes: object) -> bytes:
    batch = a_batch(a_recipient(1), variant=a_variant(**changes))
    return compile_message(batch.variant, batch.sender, date=DATE).fill(batch.recipients[0])


def is_valid(signer: Signer, signed: bytes) -> bool:
    record = signer.dns_record().encode()
    asked = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        asked.append((name, timeout))
        return record

    valid: bool = dkim.verify(signed, dnsfunc=look_up)
    assert [name for name, _ in asked] == [b"digest._domainkey.otalk.example."]
    return valid


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_is_valid_and_the_message_behind_it_untouched(kind: str) -> None:
    message = a_message()

    signed = a_signer(kind).sign(message, date=DATE)

    assert signed.endswith(message)
    assert is_valid(a_signer(kind), signed)
    assert max(map(len, signed.split(b"\r\n"))) <= 998


@settings(max_examples=30)
@given(subject=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80))
def test_it_is_valid_whatever_the_message_says(subject: str) -> None:
    signed = a_signer("ed25519").sign(
        a_message(subject=subject, text=f"{subject}\n\n\n\n"), date=DATE
    )

    assert is_valid(a_signer("ed25519"), signed)


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"Subject: ", b"Subject: Re: "),
        (b"From: ", b"From: someone@else.example\r\nFrom: "),
        (b"To: ", b"Subject: another\r\nTo: "),
        (b"text/plain", b"text/enriched"),
    ],
)
def test_what_a_reader_sees_and_how_to_leave_are_covered(what: bytes, instead: bytes) -> None:
    signed = a_signer().sign(a_message(), date=DATE)
    assert what in signed

    assert not is_valid(a_signer(), signed.replace(what, instead, 1))


def test_every_attempt_carries_the_same_bytes() -> None:
    assert a_signer().sign(a_message(), date=DATE) == a_signer().sign(a_message(), date=DATE)


def pem_of(key: object) -> str:
    made = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return str(made, "ascii")


def test_a_key_is_read_from_its_file_as_openssl_writes_it() -> None:
    key = read_key(pem_of(RSA))

    assert isinstance(key, RSAPrivateKey)
    assert key.private_numbers() == RSA.private_numbers()


@pytest.mark.parametrize(
    "pem",
    [
        "no key at all",
        pem_of(generate_private_key(SECP256R1())),
        pem_of(RSA).replace("A", "B", 3),
    ],
    ids=["noise", "another kind", "damaged"],
)
def test_a_key_that_cannot_sign_is_refused_and_not_quoted(pem: str) -> None:
    with pytest.raises(SettingsError, match="DKIM key") as caught:
        read_key(pem)

    lines = pem.splitlines()
    assert lines[len(lines) // 2] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_key_is_in_no_printed_form() -> None:
    assert "key" not in repr(a_signer())
