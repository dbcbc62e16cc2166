from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bodytwin.contract.case import ErrorModel, Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.forecast_score import score_forecast
from bodytwin.contract.replay import replay
from bodytwin.errors import UnitError
from bodytwin.validity.scorecard import scorecard

RNG = np.random.default_rng(0)
SAID = Forecast(
    patient="P1",
    twin="t",
    version="1",
    variant="v",
    plan="none",
    posterior="abc",
    made_with="test",
    issued_h=10.0,
    targets=tuple(Target(quantity="level", time_h=h, unit="mg/L") for h in (12.0, 24.0)),
    latent=RNG.normal(5, 1, (800, 2)),
    observable=RNG.normal(5, 1.2, (800, 2)),
    prior_observable=RNG.normal(5, 3, (800, 2)),
    last_value=np.array([4.0, 4.0]),
    remarks=(),
    seed=0,
)


def measured(at_h: float, value: float, quantity: str = "level", unit: str = "mg/L") -> Measurement:
    return Measurement(
        quantity=quantity, time_h=at_h, value=value, unit=unit, error=ErrorModel(additive_sd=1)
    )


def test_each_target_that_was_measured_is_scored_with_what_was_shown():
    (found,) = score_forecast(SAID, [measured(24.0, 5.5), measured(30.0, 1.0)], rng=RNG)
    band = SAID.band(1)
    assert (found.low90, found.median, found.high90) == (band.low90, band.median, band.high90)
    assert found.about.forecast == SAID.id
    assert found.about.horizon_h == 14.0
    assert found.covered90
    assert found.crps < found.crps_prior
    assert_allclose(found.crps_last, 1.5)


def test_other_quantities_are_left_out():
    assert score_forecast(SAID, [measured(24.0, 5.5, quantity="pressure")], rng=RNG) == ()


def test_another_unit_is_refused():
    with pytest.raises(UnitError, match="forecast in mg/L and measured in ug/L"):
        score_forecast(SAID, [measured(24.0, 5500, unit="ug/L")], rng=RNG)


def test_a_replayed_cohort_of_simulated_patients_is_calibrated(example, record, slow_and_right):
    rng = np.random.default_rng(4)
    twin, scores = example.TWIN, []
    case = twin.observe(record, variant="weaver_2000")
    for p, theta in enumerate(twin.prior(case).draw(60, rng)):
        true = twin.simulate(case, theta[None], None, [m.target for m in case.measurements])[0]
        read = true + rng.standard_normal(len(true))
        observations = tuple(
            replace(o, quantity=replace(o.quantity, value=float(v)))
            for o, v in zip(record.observations, read, strict=True)
        )
        patient = replace(record, patient=f"P{p}", observations=observations)
        for step in replay(twin, patient, variant="weaver_2000", method=slow_and_right, draws=400):
            scores.extend(score_forecast(step.forecast, step.outcome, rng=rng))
    card = scorecard(scores, rng=rng)
    assert (card.patients, card.forecasts) == (60, 180)
    assert 0.85 <= card.coverage90.value <= 0.95
    assert card.skill_over_population.low > 0
