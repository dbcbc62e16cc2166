"""Patients of the table that comes with the project, a hundred of them."""

from pathlib import Path

import pytest

from bodytwin.importers import tumour_table
from bodytwin.twins.tumour import TWIN

TABLE = Path(__file__).parents[3] / "examples/data/tumour-volumes/tumour_volumes.csv"
VARIANT = "laleh_2022"


@pytest.fixture(scope="session")
def patients():
    lines = TABLE.read_bytes().splitlines(keepends=True)
    return tumour_table.read(b"".join(lines[:700]))


@pytest.fixture(scope="session")
def cases(patients):
    return [TWIN.observe(r, variant=VARIANT) for r in patients]
