"""Simulated patients of one model, drawn from its own population."""

from datetime import UTC, datetime, timedelta

import numpy as np

from bodytwin.contract.case import Case, Measurement
from bodytwin.contract.personalise import with_error
from bodytwin.twins.dosing.cohort import Cohort
from bodytwin.twins.dosing.model import Dose
from bodytwin.twins.dosing.parameters import History
from bodytwin.twins.dosing.population import PopulationModel

ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


def case(
    model: PopulationModel,
    *,
    patient: str,
    doses: tuple[Dose, ...],
    times_h: tuple[float, ...],
    values: np.ndarray,
    covariates: tuple[float, ...] = (),
    quantity: str = "concentration",
) -> Case[History]:
    """One patient with levels of one quantity."""
    measured = model.quantities[quantity]
    history = History(population=model, doses=doses, segments_h=(0.0,), covariates=(covariates,))
    return Case(
        twin="dosing",
        version="1",
        variant=model.name,
        patient=patient,
        origin=ORIGIN,
        as_of=ORIGIN + timedelta(hours=max(times_h)),
        inputs=history,
        measurements=tuple(
            Measurement(
                quantity=quantity,
                time_h=t,
                value=float(v),
                unit=measured.unit,
                error=measured.error,
            )
            for t, v in zip(times_h, values, strict=True)
        ),
    )


def cohort(
    model: PopulationModel,
    size: int,
    *,
    doses: tuple[Dose, ...],
    times_h: tuple[float, ...],
    seed: int,
    fewest: int = 1,
    covariates: tuple[float, ...] = (),
    quantity: str = "concentration",
) -> tuple[Cohort, np.ndarray]:
    """Patients with `fewest` or more of the times measured; their true eta (patient, varying)."""
    rng = np.random.default_rng(seed)
    blank = np.zeros(len(times_h))
    template = case(
        model, patient="template", doses=doses, times_h=times_h, values=blank,
        covariates=covariates, quantity=quantity,
    )  # fmt: skip
    plain = Cohort(model=model, cases=[template])
    lower = np.linalg.cholesky(plain.covariance)
    eta = rng.standard_normal((size, len(lower))) @ lower.T
    true = plain.predict(eta, np.zeros(size, dtype=np.int64))
    error = model.quantities[quantity].error
    read = np.maximum(with_error(true, error, rng.standard_normal(true.shape)), 1e-3)
    cases = []
    for i in range(size):
        count = int(rng.integers(fewest, len(times_h) + 1))
        seen = np.sort(rng.choice(len(times_h), count, replace=False))
        cases.append(
            case(
                model,
                patient=f"p{i}",
                doses=doses,
                times_h=tuple(times_h[j] for j in seen),
                values=read[i, seen],
                covariates=covariates,
                quantity=quantity,
            )
        )
    return Cohort(model=model, cases=cases), eta
