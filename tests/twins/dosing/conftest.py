"""Real patients of the studies that come with the project."""

from pathlib import Path

import pytest

from bodytwin.importers.table import TableMapping, read

DATA = Path(__file__).parents[3] / "examples" / "data"


def study(name: str):
    mapping = TableMapping.load((DATA / f"{name}.toml").read_bytes())
    return read((DATA / f"{name}.csv").read_bytes(), mapping).records


@pytest.fixture(scope="session")
def neonates():
    return study("phenobarbital_neonates")


@pytest.fixture(scope="session")
def volunteers():
    return study("warfarin")
