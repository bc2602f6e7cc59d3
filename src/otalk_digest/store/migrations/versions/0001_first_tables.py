"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("guid", name=op.f("pk_chats")),
    )
    op.create_index(op.f("ix_chats_starts_at"), "chats", ["starts_at"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("identity_hash", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_identity_hash"), "consents", ["identity_hash"], unique=False)
    op.create_table(
        "editions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("frozen_at", sa.DateTime(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_editions")),
    )
    op.create_table(
        "feed_addresses",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("body_hash", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(), nullable=False),
        sa.Column("unconditional_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_feed_addresses")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "news",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_guid"), "news", ["guid"], unique=False)
    op.create_table(
        "posts",
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("chat_guid", sa.String(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("guid", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_chat_guid"), "posts", ["chat_guid"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("identity_hash", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("identity", name=op.f("uq_subscribers_identity")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_subscribers_identity_hash")),
    )
    op.create_table(
        "suppressions",
        sa.Column("identity_hash", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_attempts_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_edition"), "attempts", ["edition"], unique=False)
    op.create_table(
        "carried",
        sa.Column("news_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_carried_edition")),
        sa.ForeignKeyConstraint(["news_id"], ["news.id"], name=op.f("fk_carried_news_id")),
        sa.PrimaryKeyConstraint("news_id", "segment", name=op.f("pk_carried")),
    )
    op.create_index("ix_carried_edition_segment", "carried", ["edition", "segment"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["guid"], ["posts.guid"], name=op.f("fk_revisions_guid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_guid"), "revisions", ["guid"], unique=False)
    op.create_table(
        "subscriber_facets",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("facet", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriber_facets_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "subscriber_id", "facet", "value", name=op.f("pk_subscriber_facets")
        ),
    )
    op.create_table(
        "variants",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_variants_edition")),
        sa.PrimaryKeyConstraint("edition", "segment", name=op.f("pk_variants")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("provider_message_id", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_deliveries_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.number"], name=op.f("fk_deliveries_edition")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_deliveries_subscriber_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "edition", "subscriber_id", name=op.f("uq_deliveries_edition_subscriber_id")
        ),
    )
    op.create_index(
        "ix_deliveries_edition_status_id", "deliveries", ["edition", "status", "id"], unique=False
    )
    op.create_index("ix_deliveries_subscriber_id", "deliveries", ["subscriber_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_deliveries_subscriber_id", table_name="deliveries")
    op.drop_index("ix_deliveries_edition_status_id", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("variants")
    op.drop_table("subscriber_facets")
    op.drop_index(op.f("ix_revisions_guid"), table_name="revisions")
    op.drop_table("revisions")
    op.drop_index("ix_carried_edition_segment", table_name="carried")
    op.drop_table("carried")
    op.drop_index(op.f("ix_attempts_edition"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_table("suppressions")
    op.drop_table("subscribers")
    op.drop_index(op.f("ix_posts_chat_guid"), table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("ix_news_guid"), table_name="news")
    op.drop_table("news")
    op.drop_table("meta")
    op.drop_table("feed_addresses")
    op.drop_table("editions")
    op.drop_index(op.f("ix_consents_identity_hash"), table_name="consents")
    op.drop_table("consents")
    op.drop_index(op.f("ix_chats_starts_at"), table_name="chats")
    op.drop_table("chats")
