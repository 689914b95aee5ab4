"""What Alembic runs. The connection is handed in by run.py; there is no alembic.ini and no offline mode."""

from alembic import context

from models.migrations.run import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter most things in place
    compare_type=True,
    transaction_per_migration=False,
    user_module_prefix="base.",
)
with context.begin_transaction():
    context.run_migrations()
