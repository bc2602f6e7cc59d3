import pytest

from otalk_digest.audience.identity import hash_identity, normalise_address
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


def test_a_suppressed_address_is_found_again_by_its_hash_and_only_with_the_key() -> None:
    kept = hash_identity("ann@example.org", b"key of this store")

    assert kept == hash_identity("ann@example.org", b"key of this store")
    assert kept != hash_identity("ann@example.org", b"key of another")
    assert kept != hash_identity("anna@example.org", b"key of this store")
    assert "ann" not in kept
