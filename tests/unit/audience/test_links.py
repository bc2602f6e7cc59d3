from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otalk_digest.audience.links import ReaderLinks, delivery_key, delivery_keys

LINKS = ReaderLinks(key=b"k" * 32, base_url="https://digest.example", mailbox="team@example.org")
OTHER = ReaderLinks(key=b"o" * 32, base_url="https://digest.example", mailbox="team@example.org")
BY_MAIL = ReaderLinks(key=b"k" * 32, base_url=None, mailbox="team@example.org")


@given(st.integers(min_value=1, max_value=2**63))
def test_a_token_leads_back_to_its_reader(subscriber_id: int) -> None:
    assert LINKS.subscriber_of(LINKS.token(subscriber_id)) == subscriber_id


@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=1, max_value=10**9))
def test_a_token_moved_to_another_reader_is_refused(mine: int, yours: int) -> None:
    signature = LINKS.token(mine).partition(".")[2]
    forged = f"{yours}.{signature}"

    assert LINKS.subscriber_of(forged) == (mine if mine == yours else None)


@given(st.text())
def test_what_we_did_not_sign_is_nobody(token: str) -> None:
    assert LINKS.subscriber_of(token) is None


@pytest.mark.parametrize("token", ["", ".", "7", "7.", "test", "7.AAAA", "\ud800.x", "７.x"])
def test_broken_tokens_are_nobody(token: str) -> None:
    assert LINKS.subscriber_of(token) is None


@given(st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=30))
def test_tokens_and_keys_made_together_are_what_each_is_alone(numbers: list[int]) -> None:
    assert LINKS.tokens(numbers) == [LINKS.token(number) for number in numbers]
    keys = delivery_keys(numbers, LINKS.key)
    assert keys == [delivery_key(number, LINKS.key) for number in numbers]


def test_no_two_readers_and_no_two_deliveries_share_a_mark() -> None:
    numbers = range(1, 200)
    for marked in (LINKS.tokens(numbers), delivery_keys(numbers, LINKS.key)):
        marks = [each.replace("-", ".").partition(".")[2] for each in marked]
        assert len(set(marks)) == len(numbers)
        assert len({len(mark) for mark in marks}) == 1


def test_a_token_of_another_store_is_refused() -> None:
    assert LINKS.subscriber_of(OTHER.token(7)) is None


def test_a_token_cut_or_changed_anywhere_is_refused() -> None:
    token = LINKS.token(7)

    changed = [f"{token[:at]}~{token[at + 1 :]}" for at in range(len(token))]
    assert {LINKS.subscriber_of(text) for text in (*changed, token[:-1], token[1:])} == {None}


def test_no_address_is_in_a_link() -> None:
    token = LINKS.token(7)

    assert LINKS.unsubscribe_url(token) == f"https://digest.example/u/{token}"
    assert LINKS.preferences_url(token) == f"https://digest.example/p/{token}"
    assert LINKS.browser_url(token, 3) == f"https://digest.example/e/3/{token}"


def test_the_header_names_the_web_address_first() -> None:
    token = LINKS.token(7)

    header = LINKS.list_unsubscribe(token)

    # RFC 8058 §3.1: an https address; RFC 2369 §3.2: each in angle brackets.
    web, mail = header.split(", ")
    assert web == f"<https://digest.example/u/{token}>"
    assert unquote(mail) == f"<mailto:team@example.org?subject=unsubscribe {token}>"


def test_without_a_web_address_readers_leave_by_mail() -> None:
    token = BY_MAIL.token(7)

    assert BY_MAIL.unsubscribe_url(token).startswith("mailto:team@example.org?subject=unsub")
    assert BY_MAIL.list_unsubscribe(token) == f"<{BY_MAIL.unsubscribe_url(token)}>"


def test_delivery_keys_are_stable_and_differ_with_the_delivery_and_the_store() -> None:
    keys = {delivery_key(number, key) for number in (1, 2, 12) for key in (b"k", b"o")}

    assert len(keys) == 6
    assert delivery_key(1, b"k") in keys
