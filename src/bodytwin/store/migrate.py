"""Bring the tables from any earlier version to this one."""

import logging
from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config(folder: str) -> Config:
    config = Config()
    config.set_main_option("script_location", folder)
    return config


def known_revisions() -> frozenset[str]:
    """Every migration that this version ships."""
    with as_file(files("bodytwin.store") / "migrations") as folder:
        scripts = ScriptDirectory.from_config(_config(str(folder)))
        return frozenset(s.revision for s in scripts.walk_revisions())


def migrate(connection: Connection) -> None:
    """Run what is missing, inside the transaction of `connection`."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with as_file(files("bodytwin.store") / "migrations") as folder:
        config = _config(str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
