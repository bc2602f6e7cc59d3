"""How Alembic reaches the store: over the connection that `store.database` hands in."""

from alembic import context

from otalk_digest.store.asked import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters a table by copying it.
    render_as_batch=True,
    # The caller's transaction is the only one: a migration is never half done.
    transactional_ddl=False,
)
context.run_migrations()
