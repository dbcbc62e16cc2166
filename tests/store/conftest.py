import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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
from bodytwin.store import Reading, open_store

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


@pytest.fixture
def made():
    return Made()


@pytest.fixture
def store(tmp_path):
    found = open_store(tmp_path / "home")
    yield found
    found.close()


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def home_hashes(store):
    return lambda: hashes(store.archive.folder.parent)
