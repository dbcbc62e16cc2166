"""Every model file, solved by the package, against an independent integration."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from bodytwin.twins.dosing.model import ABSORBED, CENTRAL, Batch, Dose, Schedule
from bodytwin.twins.dosing.parameters import History, prior_of, rows
from bodytwin.twins.dosing.population import load, names

REFERENCE = tomllib.loads((Path(__file__).parent / "reference.toml").read_text())
FIRST = {"central", "glucose"}


def typical(case: dict) -> np.ndarray:
    model = load(case["model"])
    doses = tuple(
        Dose(
            time_h=d["time_h"],
            amount=d["amount"],
            into=CENTRAL if d["compartment"] in FIRST else ABSORBED,
            duration_h=d["duration_h"],
        )
        for d in case["doses"]
    )
    given = case.get("covariates", {})
    covariates = tuple(
        float(given.get(name, need.missing or 0.0)) for name, need in model.covariates.items()
    )
    history = History(
        population=model,
        doses=doses,
        segments_h=(0.0,),
        covariates=(covariates,),
    )
    prior = prior_of(history, 0.0)
    median = np.array([[p.median for p in prior.parameters]])
    batch = Batch(
        structure=model.structure,
        compartments=model.compartments,
        links=model.links,
        absorbs=model.absorbs,
        schedules=[Schedule(doses=doses, segments_h=(0.0,), times_h=case["times_h"])],
    )
    out = batch.run(rows(history, 0.0, median), np.zeros(1, dtype=np.int64))[0]
    column = model.structure.quantities[case["quantity"]]
    scale = model.quantities[case["quantity"]].amount_per_l_to_unit if column == 0 else 1.0
    return out[:, column] * scale


@pytest.mark.parametrize(
    "case", REFERENCE["case"], ids=[f"{i}-{c['model']}" for i, c in enumerate(REFERENCE["case"])]
)
def test_predicts_what_an_independent_integration_of_the_published_equations_gives(case):
    scale = np.max(np.abs(case["values"]))
    np.testing.assert_allclose(
        typical(case),
        case["values"],
        rtol=REFERENCE["relative_tolerance"],
        atol=1e-9 * scale,
    )


def test_every_model_of_the_library_has_a_reference_case():
    assert {c["model"] for c in REFERENCE["case"]} == set(names())


def test_the_library_holds_at_least_twenty_models_each_with_a_source():
    assert len(names()) >= 20
    assert all(load(n).source.citation for n in names())
