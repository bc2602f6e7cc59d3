"""The tables. Moments are UTC; nouns are kept as JSON beside the columns that are searched."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from otalk_digest.store.moment import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

feed_addresses = Table(
    "feed_addresses",
    metadata,
    Column("address", String, primary_key=True),
    # Kept exactly as received (F7, F10).
    Column("etag", String),
    Column("last_modified", String),
    Column("body_hash", String),
    Column("fetched_at", Moment, nullable=False),
    # The last fetch that was not conditional (F8).
    Column("unconditional_at", Moment, nullable=False),
)

# Which run is at work, on PostgreSQL: see `store.turns`.
leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    # Goes up with each turn: a fence against whoever lost theirs.
    Column("token", Integer, nullable=False),
    # The server's process that holds the lock.
    Column("holder", Integer),
    Column("expires_at", Moment),
)

# How each blog is read: found out once, so that a usual week costs one request.
routes = Table(
    "routes",
    metadata,
    # As the settings name it, without a password.
    Column("address", String, primary_key=True),
    # The kind that the settings ask for; null for the best there is.
    Column("wanted", String),
    Column("kind", String, nullable=False),
    Column("route_address", String, nullable=False),
    Column("rest_address", String),
    Column("chosen_at", Moment, nullable=False),
)

# Archives that are not read to their end yet.
backfills = Table(
    "backfills",
    metadata,
    Column("address", String, primary_key=True),
    Column("next_page", Integer, nullable=False),
    Column("pages", Integer),
    Column("updated_at", Moment, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("guid", String, primary_key=True),
    Column("link", String),
    Column("fingerprint", String, nullable=False),
    # The chat that this post is about; its own guid for an announcement.
    Column("chat_guid", String, index=True),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    # When it was found to be gone from the blog (T29).
    Column("gone_at", Moment),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("guid", ForeignKey("posts.guid"), nullable=False, index=True),
    Column("seen_at", Moment, nullable=False),
    Column("post", Text, nullable=False),
    Column("reading", Text, nullable=False),
)

chats = Table(
    "chats",
    metadata,
    Column("guid", String, primary_key=True),
    Column("phase", String, nullable=False),
    Column("starts_at", Moment, index=True),
    Column("updated_at", Moment, nullable=False),
    Column("chat", Text, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("guid", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("news", Text, nullable=False),
)

# What a maintainer set by hand. No key to chats: their rows are replaced at each edit.
overrides = Table(
    "overrides",
    metadata,
    Column("guid", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("value", Text),
    Column("set_at", Moment, nullable=False),
    Column("set_by", String),
)

# Append-only: what maintainers decided about an edition; the newest row counts. No key to
# editions: what is decided about the next one is decided before it is frozen.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", Integer, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", Text),
    # Of an approval: what it binds to, and enough of it to show later what has changed.
    Column("material_hash", String),
    Column("counts", Text),
    Column("content", Text),
)

# Append-only: what maintainers changed in an edition before it left; the newest value counts.
edits = Table(
    "edits",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", Integer, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("news_id", Integer),
    Column("value", Text),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
)

# What became of a piece of news for a segment: told in an edition, or dropped for a reason.
carried = Table(
    "carried",
    metadata,
    Column("news_id", ForeignKey("news.id"), primary_key=True),
    Column("segment", String, primary_key=True),
    Column("edition", ForeignKey("editions.number")),
    Column("reason", String),
    Index("ix_carried_edition_segment", "edition", "segment"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # Looked up and kept unique by its hash alone, which is as unique: a second index, filled out
    # of its order, would cost an import of a million more than all the rest.
    Column("identity", String, nullable=False),
    Column("identity_hash", String, nullable=False, unique=True),
    Column("address", String, nullable=False),
    Column("name", String),
    Column("zone", String),
    Column("country", String),
    Column("language", String),
    Column("consent", String, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("source", String, nullable=False),
    # How often, whether on the day of a chat too, and until when not at all.
    Column("cadence", String, nullable=False, server_default="each"),
    Column("reminder", String, nullable=False, server_default="none"),
    Column("paused_until", Moment),
)

subscriber_facets = Table(
    "subscriber_facets",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
)

# Append-only: proof of consent (UK GDPR art. 7(1)).
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("identity_hash", String, nullable=False, index=True),
    Column("consent", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", String, nullable=False),
    # How it was given, such as "double opt-in", and the words that were agreed to.
    Column("method", String),
    Column("wording", Text),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("identity_hash", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("since", Moment, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("frozen_at", Moment, nullable=False),
    Column("content_hash", String, nullable=False),
    # Counted when it was planned: candidates = deliveries, for ever after.
    Column("candidates", Integer, nullable=False),
    Column("completed_at", Moment),
    Column("kind", String, nullable=False, server_default="digest"),
    # What a reminder, correction or letter is about, such as a chat's guid.
    Column("about", String),
    Index("ix_editions_kind_about", "kind", "about"),
)

variants = Table(
    "variants",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("segment", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", String, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False, index=True),
    Column("segment", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    # Open while this is null: after a crash, what it held is in doubt.
    Column("closed_at", Moment),
    Column("detail", String),
    # See `store.fences`: how far its fence is, the provider's name for it, and when it is due by
    # the provider's clock. Null where an attempt needs none.
    Column("fence", String),
    Column("batch_id", String),
    Column("send_at", Moment),
    # The number of the worker that made it; null for a run's own. See `store.shifts`.
    Column("worker", Integer),
)

_STANDING = ("edition", "status", "id")
_HAS_ENDED = text("status NOT IN ('planned', 'sending')")
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="SET NULL")),
    Column("segment", String),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("attempt_id", ForeignKey("attempts.id")),
    Column("provider_message_id", String),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("edition", "subscriber_id"),
    Index("ix_deliveries_subscriber_id", "subscriber_id"),
    # Each of some, so that one that moves on leaves and enters no more than it must: see
    # `store.standing`. Of SQLite alone here: to name another database imports its dialect.
    Index("ix_deliveries_planned", *_STANDING, sqlite_where=text("status = 'planned'")),
    Index("ix_deliveries_sending", "attempt_id", sqlite_where=text("status = 'sending'")),
    Index("ix_deliveries_ended", *_STANDING, sqlite_where=_HAS_ENDED),
)
