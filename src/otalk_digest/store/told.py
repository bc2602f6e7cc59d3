"""The tables of what providers tell us, of what was made of it, and of what we told of chats."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from otalk_digest.store.moment import Moment
from otalk_digest.store.schema import metadata

# How far each of a provider's suppression lists was read.
pulls = Table(
    "pulls",
    metadata,
    Column("provider", String, primary_key=True),
    Column("list", String, primary_key=True),
    Column("until", Moment, nullable=False),
)

# Append-only but for `applied_at`: stored first, as they came, and looked at afterwards.
events = Table(
    "events",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # With `name`, `at` and `url` it tells a repetition from news: ids of events change (R 2.5).
    Column("delivery_key", String, nullable=False),
    Column("name", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("url", String, nullable=False),
    # Null when the key is not one of ours. No foreign key: an event outlives its delivery.
    Column("delivery_id", Integer, index=True),
    # What it means for the delivery; null when nothing.
    Column("kind", String),
    Column("reason", String),
    # Why its reader is never mailed again; null when they are.
    Column("suppresses", String),
    Column("raw", Text, nullable=False),
    Column("stored_at", Moment, nullable=False),
    Column("applied_at", Moment, index=True),
    # The attempt that its message left with; null when it is not told.
    Column("attempt_id", Integer),
    UniqueConstraint("delivery_key", "name", "at", "url"),
)

# Readers whom a server put off (SMTP 4xx), while they are tried again.
put_offs = Table(
    "put_offs",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
)

# Append-only: who or what decided about deliveries in doubt, and when (R4).
settlements = Table(
    "settlements",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", Integer),
    Column("how", String, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
)

# What each edition said of a chat, in short: whoever holds a wrong version is told the right one.
tellings = Table(
    "tellings",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("segment", String, primary_key=True),
    Column("guid", String, primary_key=True),
    Column("phase", String, nullable=False),
    # Null where it said no date.
    Column("starts_at", Moment),
    Column("reading", Text, nullable=False),
    Index("ix_tellings_guid", "guid"),
)

# Counted once when nothing is left to send, and kept right from then on; see `store.counts`.
edition_counts = Table(
    "edition_counts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False, index=True),
    Column("segment", String),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("deliveries", Integer, nullable=False),
)
