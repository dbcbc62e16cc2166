from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.importing import import_table
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from tests.made_up import FIRST, MAPPING, SECOND

MANY = SECOND + "".join(
    f"{i},0,{20 + i},1.{i},.,1\n{i},3,.,1.{i},{15 + i / 2},0\n{i},50,.,1.{i},{10 + i / 2},0\n"
    for i in range(2, 7)
)
ORIGIN = datetime(2024, 3, 1, 8, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self, start):
        self.now = start

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock():
    return Clock(ORIGIN + timedelta(hours=30))


@pytest.fixture
def work(tmp_path: Path, clock):
    with workspace(Settings(home=tmp_path / "home"), clock=clock) as found:
        yield found


@pytest.fixture
def bring(work):
    """Import a table and name the patients it is of."""

    def take(table):
        return import_table(work, table.encode(), mapping=MAPPING.encode()).added.patients

    return take


@pytest.fixture
def opened(work):
    """The key to a patient, as reading needs it."""
    return lambda patient, action=Action.READ: granted(work, patient, action)


@pytest.fixture
def tables():
    class Tables:
        first, second, many, mapping, origin = FIRST, SECOND, MANY, MAPPING, ORIGIN

    return Tables
