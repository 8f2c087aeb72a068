"""The tables of a new database, made straight from the models.

Taking every migration one after the other ends in the same tables and takes seconds: before each step Django makes the
models anew as they were then. A database that holds nothing yet has no history to go through.
"""

from __future__ import annotations

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, router
from django.db.migrations import Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor

_BESIDE_MODELS = (RunSQL, SeparateDatabaseAndState)
"""Operations that may make what no model tells of."""


def make_all() -> bool:
    """Make every table in an empty database and note its migrations as taken; False where they must really be taken.

    That is where a table exists already, and where a migration does what no model tells of: SQL of its own, or, in a
    package of ours, Python of its own (that of the libraries mends rows, and there are none). All is made or nothing.
    """
    if connection.introspection.table_names():
        return False
    executor = MigrationExecutor(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if any(map(_tells_more, plan)):
        return False
    with connection.schema_editor() as editor:
        for config in apps.get_app_configs():
            for model in router.get_migratable_models(config, connection.alias):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        editor.create_model(executor.recorder.Migration)
        for migration in plan:
            for app, name in migration.replaces or [(migration.app_label, migration.name)]:
                executor.recorder.record_applied(app, name)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    return True


def _tells_more(migration: Migration) -> bool:
    ours = apps.get_app_config(migration.app_label).name.startswith("encaisse.")
    beside = (*_BESIDE_MODELS, RunPython) if ours else _BESIDE_MODELS
    return any(isinstance(operation, beside) for operation in migration.operations)
