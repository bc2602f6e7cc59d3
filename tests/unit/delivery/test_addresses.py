import pytest
from hypothesis import given
from hypothesis import strategies as st

from otalk_digest.delivery.addresses import UnusableAddressError, are_plain, wire_address

ATOM = "aZ09.!#$%&'*+/=?^_`{|}~-"


@given(local=st.text(ATOM, min_size=1, max_size=64), domain=st.text("aZ09.-", min_size=1))
def test_a_plain_address_stands_as_it_is(local: str, domain: str) -> None:
    assert wire_address(f"{local}@{domain}") == f"{local}@{domain}"


@given(odd=st.sampled_from([*'"<>,;:\\()[] \r\n\t@\x00\x7f']), where=st.integers(0, 17))
def test_what_would_end_an_address_is_refused_wherever_it_stands(odd: str, where: int) -> None:
    plain = "ann@reader.example"

    with pytest.raises(UnusableAddressError):
        wire_address(plain[:where] + odd + plain[where:])


@pytest.mark.parametrize("domain", ["b.example", "gärten.example"])
def test_an_address_is_as_long_as_a_path_allows_and_no_longer(domain: str) -> None:
    wired = wire_address(f"a@{domain}").rpartition("@")[2]
    longest = "a" * (253 - len(wired))

    assert wire_address(f"{longest}@{domain}") == f"{longest}@{wired}"
    with pytest.raises(UnusableAddressError):
        wire_address(f"a{longest}@{domain}")


@pytest.mark.parametrize(
    "odd", ["ann@x.example\nben@x.example", "ann@x.example\n", "", "ann", "änn@x.example"]
)
def test_among_plain_addresses_one_that_is_not_is_found(odd: str) -> None:
    plain = ["ann@x.example", "ben+b@y.example"]

    assert are_plain(plain)
    assert not are_plain([*plain, odd])
    assert not are_plain([odd, *plain])
