"""The tables of those who asked at the public form and have not confirmed yet."""

from sqlalchemy import Column, ForeignKey, Identity, Index, Integer, String, Table, Text

from otalk_digest.store.moment import Moment
from otalk_digest.store.told import events

#: With these, all that any module adds.
metadata = events.metadata

# What a stranger asked for at the public form, until they confirm it.
signups = Table(
    "signups",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column(
        "subscriber_id",
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # Applied when it is confirmed, not before: anybody can type anybody's address.
    Column("wishes", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("source", String, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
)

# Of the links in confirmation mails, only what proves them: each mail has its own.
signup_tokens = Table(
    "signup_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("signup_id", ForeignKey("signups.id", ondelete="CASCADE"), nullable=False, index=True),
)

# Who signed up lately, as keyed hashes of addresses and networks: so many an hour, no more.
tries = Table(
    "tries",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("who", String, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_tries_who_at", "who", "at"),
)
