"""Alembic's entrance: migrates over the connection that the store hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can change its schema inside a transaction too: a migration happens wholly or not at all.
    transactional_ddl=True,
)
context.run_migrations()
