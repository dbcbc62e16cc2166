"""Theophylline in twelve subjects: 132 levels through the dosing kernel, against nlme.

SSfol's lKe, lKa and lCl, with clearance per kg; lKa and lCl vary between subjects.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from bodytwin.numerics.inference import (
    Observed,
    PopulationParameters,
    PopulationProblem,
    estimate,
)
from bodytwin.twins.dosing.model import ABSORBED, STRUCTURES, Batch, Dose, Schedule
from bodytwin.twins.dosing.model.columns import BIO, CL, KA, V1, WIDTH

DATA = Path(__file__).parents[3] / "examples" / "data" / "theophylline.csv"
NLME = {
    "fixed": {"lKe": -2.4547, "lKa": 0.4657, "lCl": -3.2272},
    "sd": {"lKa": 0.6436, "lCl": 0.1669},
    "residual": 0.7093,
    "log_likelihood": -177.02,
}


@pytest.fixture(scope="module")
def subjects():
    """Dose per kg, times and levels of each subject."""
    found = {}
    with DATA.open() as file:
        for row in csv.DictReader(file):
            mine = found.setdefault(row["ID"], {"dose": 0.0, "t": [], "y": []})
            if row["EVID"] == "0":
                mine["t"].append(float(row["TIME"]))
                mine["y"].append(float(row["DV"]))
            else:
                mine["dose"] = float(row["AMT"]) / float(row["WT"])
    return list(found.values())


def fit(subjects, start):
    kernel = Batch(
        structure=STRUCTURES["linear"],
        compartments=1,
        links=1,
        absorbs=True,
        schedules=[
            Schedule(
                doses=(Dose(time_h=0.0, amount=s["dose"], into=ABSORBED),),
                segments_h=(0.0,),
                times_h=s["t"],
            )
            for s in subjects
        ],
    )
    neutral = np.zeros(WIDTH)
    neutral[BIO] = 1.0
    level = np.array([s["y"] for s in subjects])
    nothing = np.zeros_like(level)

    def predict(fixed, eta, who):
        ke, ka, cl = np.exp(fixed + np.pad(eta, ((0, 0), (1, 0)))).T
        rows = np.tile(neutral, (len(ke), 1, 1))
        rows[:, 0, CL], rows[:, 0, V1], rows[:, 0, KA] = cl, cl / ke, ka
        return kernel.run(rows, who.astype(np.int64))[:, :, 0]

    problem = PopulationProblem(
        subjects=len(subjects),
        predict=predict,
        observed_at=lambda log_sd: Observed(
            value=level,
            additive_sd=np.full_like(level, np.exp(log_sd[0])),
            proportional_sd=nothing,
            log_sd=nothing,
            sum_of_sd=nothing.astype(np.bool_),
            censoring=nothing.astype(np.int8),
            weight=np.ones_like(level),
        ),
    )
    return estimate(problem, start)


def start(shift=0.0, sd=0.5):
    return PopulationParameters(
        fixed=np.array([-2.5, 0.5, -3.2]) + shift,
        covariance=sd**2 * np.eye(2),
        residual=np.zeros(1),
    )


def test_population_is_that_of_nlme(subjects):
    assert len(subjects) == 12
    assert sum(len(s["y"]) for s in subjects) == 132
    found = fit(subjects, start())
    sd = np.sqrt(np.diag(found.parameters.covariance))
    ours = {
        "fixed": dict(zip(NLME["fixed"], found.parameters.fixed, strict=True)),
        "sd": dict(zip(NLME["sd"], sd, strict=True)),
        "residual": float(np.exp(found.parameters.residual[0])),
        "log_likelihood": found.log_likelihood,
    }
    print()
    for kind in ("fixed", "sd"):
        for name, theirs in NLME[kind].items():
            print(f"{kind:6s} {name}: {ours[kind][name]:.4f}, nlme {theirs:.4f}")
    for kind in ("residual", "log_likelihood"):
        print(f"{kind}: {ours[kind]:.4f}, nlme {NLME[kind]:.4f}")
    assert found.converged
    for kind in ("fixed", "sd"):
        assert ours[kind] == pytest.approx(NLME[kind], abs=0.03)
    assert ours["residual"] == pytest.approx(NLME["residual"], abs=0.03)
    assert ours["log_likelihood"] == pytest.approx(NLME["log_likelihood"], abs=0.1)


def test_other_starts_end_in_the_same_population(subjects):
    near, far = fit(subjects, start()), fit(subjects, start(shift=0.4, sd=1.5))
    assert far.converged
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(far.parameters.fixed, near.parameters.fixed, atol=1e-2)
