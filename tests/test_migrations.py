"""The migrations: they make exactly the tables that the code uses, and can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from services.storage.database import MIGRATIONS, Database
from services.storage.tables import Base, PlanRow

WIRE_TABLES = {
    "sessions",
    "files",
    "time_info",
    "zeitschritte",
    "training_results",
    "training_visualizations",
    "training_logs",
    "evaluation_tables",
}


def differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_the_migrated_database_has_what_the_tables_say(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    assert differences(database) == []
    assert set(inspect(database.engine).get_table_names()) >= WIRE_TABLES
    database.close()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    with database.write() as tx:
        tx.get_one(PlanRow, "standard").max_training_runs_per_month = 7
    database.migrate()
    with database.read() as tx:
        assert tx.get_one(PlanRow, "standard").max_training_runs_per_month == 7
    database.close()


def test_every_revision_can_be_taken_back_and_made_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    command.downgrade(config, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    database.migrate()
    assert differences(database) == []
    database.close()


def test_new_users_find_their_plan(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    with database.read() as tx:
        plans = {plan.id: plan for plan in tx.scalars(select(PlanRow))}
    assert {"free", "standard", "unlimited"} == set(plans)
    assert plans["standard"].can_use_training and not plans["free"].can_use_training
    database.close()
