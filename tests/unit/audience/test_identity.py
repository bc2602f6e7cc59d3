import hashlib
import hmac

import email_validator
import pytest
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import example, given
from hypothesis import strategies as st

from otalk_digest.audience.identity import (
    ROLES,
    SPECIAL_USE,
    hash_identity,
    identity_hasher,
    normalise_address,
    normalise_addresses,
)
from otalk_digest.errors import InputError

LONG_LABEL = "q" * 64


@pytest.mark.parametrize(
    "spellings",
    [
        ("ann@example.org", "Ann@Example.ORG", "  ann@example.org  ", '"ann"@example.org'),
        ("wren@bücher.example", "wren@BÜCHER.example", "wren@xn--bcher-kva.example"),
        # The é as one character and as two.
        ("jos\u00e9@example.org", "jose\u0301@example.org"),
    ],
)
def test_one_reader_has_one_identity_however_the_address_is_spelt(
    spellings: tuple[str, ...],
) -> None:
    assert len({normalise_address(spelling)[1] for spelling in spellings}) == 1


def test_the_address_stays_as_its_owner_writes_it() -> None:
    address, identity = normalise_address("Ann.Lee@example.org")

    assert (address, identity) == ("Ann.Lee@example.org", "ann.lee@example.org")


@pytest.mark.parametrize(
    "address",
    ["o'harbour@example.org", '"ann lee"@example.org', "=sum@example.org", "jösé@example.org"],
)
def test_unusual_addresses_are_addresses(address: str) -> None:
    normalised, identity = normalise_address(address)

    assert normalised == identity == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "quokka",
        "quokka@",
        "@quokka.example",
        "quokka@quokka",
        "quokka@localhost",
        "quokka@quokka.invalid",
        "quokka@quokka.123",
        "quokka@[127.0.0.1]",
        "quokka@@example.org",
        "quokka@-example.org",
        "quokka@quok_ka.org",
        "quokka@example..org",
        ".quokka@example.org",
        "quokka.@example.org",
        "quo..kka@example.org",
        "quo kka@example.org",
        "quo(k)ka@example.org",
        "mailto:quokka@example.org",
        "Quokka <quokka@example.org>",
        "quokka@example.org,wombat@example.org",
        "quokka@example.org\r\nBcc: wombat@example.org",
        "quokka\x00@example.org",
        "quokka\u200b@example.org",
        "quokka@exam\u200bple.org",
        "quokka\ufffd@example.org",
        "quokka@exam\ufffdple.org",
        "quokka@exam\u2603ple.org",
        f"{LONG_LABEL}q@example.org",
        f"quokka@{LONG_LABEL}.org",
        f"quokka@{'q.' * 130}org",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InputError) as refusal:
        normalise_address(address)

    message = str(refusal.value)
    assert message.startswith("not an e-mail address: ")
    assert "quo" not in message
    assert "ple.org" not in message
    assert "\n" not in message


@pytest.mark.parametrize("length", [32, 64])
def test_a_suppressed_address_is_found_again_by_its_hash_and_only_with_the_key(length: int) -> None:
    ours, another = b"1" * length, b"2" * length
    kept = hash_identity("ann@example.org", ours)

    assert kept == hash_identity("ann@example.org", ours)
    assert kept != hash_identity("ann@example.org", another)
    assert kept != hash_identity("anna@example.org", ours)
    assert "ann" not in kept


def by_the_library_alone(text: str) -> tuple[str, str] | None:
    """What email-validator makes of an address, without any way around it."""
    try:
        checked = email_validator.validate_email(
            text.strip(), check_deliverability=False, allow_quoted_local=True, strict=True
        )
    except email_validator.EmailNotValidError:
        return None
    return checked.normalized, f"{checked.local_part.lower()}@{checked.ascii_domain.lower()}"


def in_a_column(text: str) -> tuple[str, str] | None:
    """What we make of it among others."""
    addresses, identities, refused = normalise_addresses(["ann@example.org", text, "quokka"])
    assert (addresses[0], identities[0], refused[-1]) == ("ann@example.org", "ann@example.org", 2)
    return None if 1 in refused else (addresses[1], identities[1])


def by_us(text: str) -> tuple[str, str] | None:
    try:
        return normalise_address(text)
    except InputError:
        return None


@pytest.mark.parametrize(
    "text",
    [
        "Info@Example.ORG",
        "information@example.org",
        "NEWS@example.org",
        "ann@news.TEST",
        "ann@test.example",
        "ann@Local",
        "ann@a.locale",
        "ann@mail.localhost",
        "ann@example.o",
        "ann@example.or9",
        "ann@ab--cd.org",
        "ann@xn--bcher-kva.example",
        "ann@xn--a.example",
        "ann@a-.org",
        "ann@-a.org",
        "ann+tag@1.2.org",
        "-ann-@example.org",
        "an\u017f@example.org",
        "ann@e\u017fample.org",
        "ann@\u212aexample.org",
        "ann@example.org\n",
        "\u2003ann@example.org",
        f"{'a' * 51}@example.org",
        f"{'a' * 64}@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 57}.org",
        f"a@{'b' * 63}.org",
        f"a@{'b' * 64}.org",
        f"a@{'bb.' * 80}org",
        f"{'a' * 64}@{'bb.' * 62}org",
    ],
)
def test_the_short_way_takes_what_the_library_takes(text: str) -> None:
    assert by_us(text) == in_a_column(text) == by_the_library_alone(text)


LABELS = st.one_of(
    st.text("abXY09-", min_size=1, max_size=8),
    st.sampled_from([*SPECIAL_USE, "xn--bcher-kva", "b\u00fccher", "org", "ORG", "q" * 40]),
)
LOCALS = st.one_of(
    st.text("abIN09._+-'\u0130\u017f\u00e9 \"", max_size=12),
    st.sampled_from(sorted(ROLES)),
    st.sampled_from(sorted(ROLES)).map(str.title),
)


@given(local=LOCALS, labels=st.lists(LABELS, max_size=4))
@example(local="Postmaster", labels=["example", "org"])
@example(local="Postmaster", labels=["b\u00fccher", "example"])
@example(local="Ann", labels=["B\u00dcCHER", "Example"])
def test_whatever_is_written_we_and_the_library_read_the_same(
    local: str, labels: list[str]
) -> None:
    text = f"{local}@{'.'.join(labels)}"

    assert by_us(text) == in_a_column(text) == by_the_library_alone(text)


def test_the_names_that_the_library_treats_apart_are_those_we_know() -> None:
    assert set(SPECIAL_USE) == set(email_validator.SPECIAL_USE_DOMAIN_NAMES)
    assert set(CASE_INSENSITIVE_MAILBOX_NAMES) == ROLES


@given(key=st.binary(min_size=64, max_size=64), identity=st.text(max_size=80))
def test_the_hash_is_a_keyed_blake2(key: bytes, identity: str) -> None:
    written = identity.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

    mac = hashlib.blake2b(b"identity:" + written.encode(), key=key, digest_size=16)

    hashed = identity_hasher(key)
    assert hashed("somebody else's") != hashed(written) == mac.hexdigest()


@given(key=st.binary(max_size=63), identity=st.text(max_size=80))
def test_a_store_that_began_with_hmac_keeps_to_it(key: bytes, identity: str) -> None:
    """Of whoever was erased nothing is left but such a hash."""
    written = identity.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

    mac = hmac.new(key, b"identity:" + written.encode(), hashlib.sha256)

    assert hash_identity(written, key) == mac.hexdigest()
