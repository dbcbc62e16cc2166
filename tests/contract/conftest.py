"""The example plugin, installed as a distribution of its own in a temporary folder."""

import shutil
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bodytwin.numerics.inference.problem import Problem
from bodytwin.numerics.inference.sample import Progress, Sample, silent
from bodytwin.record import (
    LOINC,
    Code,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Treatment,
)

EXAMPLE = Path(__file__).parents[1] / "plugins" / "bodytwin_plugin_example"
START = datetime(2024, 2, 3, 21, 0, tzinfo=UTC)


def install(source: Path, target: Path) -> None:
    """Put a pure Python project where it can be imported, with the metadata pip would write."""
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    module = project["name"].replace("-", "_")
    shutil.copytree(source / module, target / module)
    info = target / f"{module}-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head)
    points = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(points) + "\n")


def fact(what: type, at_h: float, **fields: Any) -> Any:
    return what(
        instant=Instant(START + timedelta(hours=at_h)),
        provenance=Provenance("0" * 64, f"/{at_h}", "test"),
        **fields,
    )


def poisoned(
    *readings: tuple[float, float], oxygen: tuple[tuple[float, float], ...] = ()
) -> Record:
    """A patient with readings (hour, percent) and oxygen (from hour, for hours)."""
    return Record(
        patient="P1",
        observations=tuple(
            fact(Observation, h, code=Code(LOINC, "20563-3"), quantity=Quantity(percent, "%"))
            for h, percent in readings
        ),
        treatments=tuple(
            fact(
                Treatment,
                h,
                code=Code("urn:bodytwin:local", "oxygen_100_percent"),
                amount=Quantity(100, "%"),
                route=Route.OTHER,
                duration_h=hours,
            )
            for h, hours in oxygen
        ),
    )


class FromThePrior:
    """Importance sampling from the prior: slow, and right whatever the simulator."""

    def __init__(self, size: int = 20000, narrowed: float = 1.0) -> None:
        self.size, self.narrowed = size, narrowed

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        z = problem.mean + rng.standard_normal((self.size, problem.size)) @ problem.cholesky.T
        log_w = problem.log_likelihood(z)
        w = np.exp(log_w - log_w.max())
        centre = w @ z / w.sum()
        return Sample(
            draws=centre + self.narrowed * (z - centre),
            log_weights=log_w,
            log_evidence=float(np.log(w.mean()) + log_w.max()),
            method="importance sampling from the prior",
            reason="test",
            trusted=True,
            diagnostics={},
        )


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The installed module of the example plugin."""
    target = tmp_path_factory.mktemp("site")
    install(EXAMPLE, target)
    sys.path.insert(0, str(target))
    try:
        import bodytwin_plugin_example

        yield bodytwin_plugin_example
    finally:
        sys.path.remove(str(target))
        sys.modules.pop("bodytwin_plugin_example", None)


@pytest.fixture
def record() -> Record:
    return poisoned((0, 31), (0.8, 21), (1.5, 14), (2.5, 9), oxygen=((0.2, 0.6), (0.8, 1.0)))


@pytest.fixture
def slow_and_right() -> FromThePrior:
    return FromThePrior()


@pytest.fixture
def too_sure() -> FromThePrior:
    return FromThePrior(narrowed=0.4)
