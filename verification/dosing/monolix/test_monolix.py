"""Means and standard deviations of individual parameters, against Monolix, five models."""

import csv
from pathlib import Path

import numpy as np
import pytest

from bodytwin.contract import personalise
from bodytwin.importers.table import TableMapping, read
from bodytwin.importers.table.mapping import CovariateColumn, MeasuredColumn
from bodytwin.numerics.inference import Escalating, ImportanceSampling, TemperedSMC
from bodytwin.record import Route
from bodytwin.twins.dosing.population import read as read_model
from bodytwin.twins.dosing.twin import DosingTwin

HERE = Path(__file__).parent
OURS = {
    "Ka": "absorption_per_h",
    "Vc": "central_volume_l",
    "Cl": "clearance_l_per_h",
    "D2": "zero_order_duration_h",
    "Vmax": "max_elimination_per_h",
    "Km": "michaelis_constant_per_l",
}
CAREFUL = Escalating(importance=ImportanceSampling(draws=12_000), smc=TemperedSMC(particles=4_000))
FEWER = Escalating(importance=ImportanceSampling(draws=6_000), smc=TemperedSMC(particles=3_000))
"""For the model without a closed form."""


def mapping(run: str) -> TableMapping:
    covariates = {
        "bw": CovariateColumn(column="BW", unit="kg"),
        "sex": CovariateColumn(column="SEX", unit="1"),
    }
    return TableMapping(
        dataset=run,
        drug="simulated",
        amount_unit="mg",
        measured=(MeasuredColumn(quantity="concentration", unit="mg/L"),),
        route=Route.ORAL,
        covariates=covariates if run == "run301" else {},
    )


def differences(run: str) -> tuple[np.ndarray, np.ndarray]:
    """Relative differences of mean and sd, each (subject and parameter,)."""
    model = read_model(run, (HERE / "models" / f"{run}.toml").read_bytes())
    twin = DosingTwin({run: model})
    records = read((HERE / "data" / f"{run}.csv").read_bytes(), mapping(run)).records
    monolix = list(csv.DictReader((HERE / "data" / f"{run}_monolix.csv").read_text().splitlines()))
    means, sds = [], []
    for record, theirs in zip(records, monolix, strict=True):
        case = twin.observe(record, variant=run)
        method = FEWER if run == "run201" else CAREFUL
        posterior = personalise(twin, case, method=method, draws=12_000)
        for short, name in OURS.items():
            if f"{short}_mean" in theirs:
                mean, sd = float(theirs[f"{short}_mean"]), float(theirs[f"{short}_sd"])
                shift = (
                    model.parameters[name].value
                    / posterior.prior.parameters[posterior.prior.names.index(name)].median
                )
                ours = posterior[name] * shift
                means.append(ours.mean() / mean - 1)
                sds.append(ours.std() / sd - 1)
    return np.abs(means), np.abs(sds)


@pytest.mark.parametrize("run", ["run001", "run006", "run201", "run301", "run513"])
def test_posteriors_are_those_of_monolix(run):
    means, sds = differences(run)
    print(
        f"{run}: {len(means)} parameters; mean differs by {np.median(means):.2%} in the median "
        f"({means.max():.1%} at most), sd by {np.median(sds):.2%} ({sds.max():.1%} at most)"
    )
    assert np.median(means) <= 0.02
    assert np.median(sds) <= 0.05
