import hashlib
import os
import shutil
import subprocess
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from bodytwin.governance.choices import local_consent
from bodytwin.governance.request import Action, Actor, Role
from bodytwin.record import (
    LOINC,
    Code,
    Covariate,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Treatment,
)
from bodytwin.store import Reading, add_reading, gate, open_store, schema, summary
from bodytwin.store.gate import Asker
from bodytwin.store.people import everyone

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
LEVEL = Code(LOINC, "20578-1", "vancomycin")


class Made:
    """Facts and readings with the fewest words."""

    start = START

    @staticmethod
    def at(hours: float) -> Instant:
        return Instant(START + timedelta(hours=hours))

    def level(self, hours, value, *, path="1", amended=False, unit="mg/L"):
        return Observation(
            code=LEVEL,
            quantity=Quantity(value, unit, None, str(value)),
            instant=self.at(hours),
            provenance=Provenance("", path, "test/1"),
            amended=amended,
        )

    def dose(self, hours, amount, *, path="2"):
        return Treatment(
            code=Code("drug", "vancomycin"),
            amount=Quantity(amount, "mg"),
            route=Route.INTRAVENOUS,
            instant=self.at(hours),
            provenance=Provenance("", path, "test/1"),
            duration_h=1.0,
        )

    def weight(self, hours, kg, *, path="3"):
        return Covariate(
            code=Code("local", "weight_kg"),
            quantity=Quantity(kg, "kg"),
            instant=self.at(hours),
            provenance=Provenance("", path, "test/1"),
        )

    def reading(self, data, *facts, patient="p1"):
        kinds = Observation, Treatment, Covariate
        observations, treatments, covariates = (
            tuple(f for f in facts if isinstance(f, kind)) for kind in kinds
        )
        record = Record(
            patient=patient,
            observations=observations,
            treatments=treatments,
            covariates=covariates,
        )
        return Reading(data=data, kind="test", reader="test/1", settings={}, records=[record])


ASKER = Asker(actor=Actor(id="local", role=Role.LOCAL), purpose="TREATDS")


class House:
    """A store as the person at the computer uses it: everything through the gate."""

    def __init__(self, store):
        self.store = store

    def bring(self, reading, at=START, *, asker=ASKER):
        return add_reading(
            self.store,
            reading,
            asker=asker,
            recorded_at=at,
            by_default=lambda p: local_consent(p, id=f"local-{p}", given_at=at),
        )

    @property
    def patient(self):
        (patient,) = everyone(self.store)
        return patient

    def now(self):
        """The time of the newest entry of the log."""
        with self.store.reading() as connection:
            return connection.execute(select(schema.frontier.c.newest)).scalar() or START

    def permit(self, action=Action.READ, *, patient=None, at=None, asker=ASKER, **more):
        at = at or self.now()
        request = asker.request(action, patient or self.patient, **more)
        return gate.ask(self.store, request, at=at)

    def open(self, action=Action.READ, *, at=None, **more):
        at = at or self.now()
        return gate.release(self.store, self.permit(action, at=at, **more), at=at)

    def summaries(self):
        return [summary(self.store, self.open(patient=p)) for p in everyone(self.store)]


@pytest.fixture
def made():
    return Made()


@pytest.fixture
def house(store):
    return House(store)


@pytest.fixture
def house_of():
    return House


@pytest.fixture(scope="session")
def postgres():
    """Address of a server: the one that is named, or one that is started for these tests."""
    named = os.environ.get("BODYTWIN_TEST_POSTGRES")
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra 'postgres')")
    if named:
        yield named
        return
    if not shutil.which("initdb") or not shutil.which("pg_ctl"):
        pytest.skip("set BODYTWIN_TEST_POSTGRES, or install a PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="bodytwin-pg-"))
    run = started_by(folder)
    run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "bodytwin", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    yield f"postgresql://bodytwin@/postgres?host={folder}"
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def started_by(folder: Path):
    """Run a program of the server; it refuses to run as root, so then as nobody."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if as_root and not shutil.which("runuser"):
        pytest.skip("a PostgreSQL server cannot be started by root here")
    if as_root:
        shutil.chown(folder, "nobody")
    before = ["runuser", "-u", "nobody", "--"] if as_root else []

    def run(*words):
        done = subprocess.run([*before, *words], cwd=folder, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            pytest.skip(f"{words[0]} failed, so there is no PostgreSQL server to test on")

    return run


@pytest.fixture
def database(request):
    """An empty PostgreSQL database, gone after the test."""
    server = make_url(request.getfixturevalue("postgres"))
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path, request):
    url = request.getfixturevalue("database") if request.param == "postgresql" else None
    found = open_store(tmp_path / "home", url=url)
    yield found
    found.close()


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.name.endswith(("-wal", "-shm"))
    }


def contents(store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with store.reading() as connection:
        return {
            t.name: sorted(map(tuple, connection.execute(t.select())), key=repr)
            for t in schema.metadata.sorted_tables
        }


@pytest.fixture
def home_hashes(store):
    """What the store holds: the hash of every file beneath its folder, and every row."""
    return lambda: (hashes(store.archive.folder.parent), contents(store))


@pytest.fixture
def kept(store):
    """The same without the log, in which everything that was done stands."""

    def look():
        rows = contents(store)
        logged = {"log", "about", "frontier", "permit"}
        files = hashes(store.archive.folder)
        return files, {name: found for name, found in rows.items() if name not in logged}

    return look
