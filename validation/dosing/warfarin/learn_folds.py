"""Learn the warfarin population four times, each time without a quarter of the patients.

    python -m validation.dosing.warfarin.learn_folds     # writes folds.json, about half an hour

The forecasts themselves are made and scored by test_warfarin.py, from folds.json.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from bodytwin.record import Record
from bodytwin.twins.dosing import TWIN
from bodytwin.twins.dosing.learn import learn
from bodytwin.twins.dosing.population import PopulationModel
from validation.dosing.cohorts import records

VARIANT = "warfarin_oreilly_1968"
FOLDS = 4
WRITTEN = Path(__file__).parent / "folds.json"


def model() -> PopulationModel:
    """The published model, with the maximal inhibition the same in everybody.

    One dose never brings the level near to where the maximum would show, so 32
    patients say nothing about how it differs between them.
    """
    published = TWIN.model(VARIANT)
    fixed = replace(published.parameters["maximal_inhibition"], sd=0.0)
    return replace(published, parameters={**published.parameters, "maximal_inhibition": fixed})


def group_of(patients: tuple[Record, ...]) -> np.ndarray:
    """Which quarter each patient belongs to, (patient,)."""
    return np.random.default_rng(0).permutation(len(patients)) % FOLDS


def learned(fold: int) -> dict:
    """Values, spreads and errors learned without one quarter."""
    patients = records("warfarin")
    cases = [TWIN.observe(r, variant=VARIANT) for r in patients]
    kept = [
        replace(c, inputs=replace(c.inputs, population=model()))
        for c, g in zip(cases, group_of(patients), strict=True)
        if g != fold
    ]
    found = learn(model(), kept, progress=lambda what, share: print(fold, what, share))
    return {
        "log_likelihood": found.fit.log_likelihood,
        "converged": bool(found.fit.converged),
        "parameters": {
            n: {"value": found.model.parameters[n].value, "sd": found.model.parameters[n].sd}
            for n in found.model.varying
        },
        "errors": {n: asdict(q.error) for n, q in found.model.quantities.items()},
    }


if __name__ == "__main__":
    only = [int(a) for a in sys.argv[1:]] or list(range(FOLDS))
    for fold in only:
        path = WRITTEN.with_suffix(f".{fold}.json") if sys.argv[1:] else None
        result = learned(fold)
        if path is not None:
            path.write_text(json.dumps(result, indent=1))
        else:
            so_far = json.loads(WRITTEN.read_text()) if fold and WRITTEN.exists() else []
            WRITTEN.write_text(json.dumps([*so_far, result], indent=1))
