"""How the migrations reach the database: on the connection that is handed in."""

from alembic import context

from bodytwin.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
