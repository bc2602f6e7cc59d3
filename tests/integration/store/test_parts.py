"""A long list is taken in part by part, in the order in which its readers are looked up."""

import pytest
from tests.builders import NOW, a_subscriber

from otalk_digest.audience.identity import hash_identity
from otalk_digest.model.audience import Listed
from otalk_digest.store.database import Store
from otalk_digest.store.parts import ADDRESS, HASH, KEEPS_ORDER, in_parts
from otalk_digest.store.sayings import Sayings, tables


@pytest.mark.parametrize("key", [b"k" * 32, b"k" * 64], ids=["hmac", "blake2"])
def test_the_rows_of_a_long_list_come_in_the_order_of_their_hashes(
    sqlite: Store, key: bytes
) -> None:
    people = [a_subscriber(f"reader{number}@example.org") for number in range(KEEPS_ORDER * 2)]
    hashes = [hash_identity(person.identity, key) for person in people]
    listed = Listed.of(people)

    with sqlite.rehearse() as connection:
        tables.create_all(connection)
        parts = list(in_parts([(listed, hashes)], Sayings(connection, NOW)))

    found = [(row[HASH], row[ADDRESS]) for part in parts for row in part.rows]
    assert found == sorted(zip(hashes, listed.addresses, strict=True))
    # Neither all at once, nor a few at a time.
    assert [len(part.column(HASH)) <= KEEPS_ORDER for part in parts] == [True] * 3
