import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.chemotherapy.model.exposure import Dose, compartments, expose
from bodytwin.twins.chemotherapy.model.log_kill import log_kill, saturating_kill

DRUG = compartments(clearance_l_per_d=10.0, central_volume_l=5.0)
DOSES = [Dose(drug="x", time_d=0.0, amount_mg=20.0), Dose(drug="x", time_d=7.0, amount_mg=20.0)]
DAYS = np.array([0.0, 1.0, 7.0, 400.0])
ONE = np.ones(1)


def test_a_dose_kills_as_many_logs_whenever_it_is_given():
    c = expose(DOSES, DRUG, drug="x")
    size = log_kill(DAYS, start=3 * ONE, growth_per_d=0.01 * ONE, kills=[(c, 0.5 * ONE)])
    assert size[0, 0] == pytest.approx(3.0)
    assert np.log(size[0, -1] / 3.0) == pytest.approx(0.01 * 400 - 0.5 * 40.0 / 10.0)


def test_two_drugs_kill_independently():
    c = expose(DOSES, DRUG, drug="x")
    one = log_kill(DAYS, start=ONE, growth_per_d=0 * ONE, kills=[(c, 0.2 * ONE)])
    two = log_kill(DAYS, start=ONE, growth_per_d=0 * ONE, kills=[(c, 0.3 * ONE)])
    both = log_kill(DAYS, start=ONE, growth_per_d=0 * ONE, kills=[(c, 0.2 * ONE), (c, 0.3 * ONE)])
    np.testing.assert_allclose(both, one * two)


def test_far_below_saturation_the_kill_is_in_proportion():
    c = expose(DOSES, DRUG, drug="x")
    shared = {"start": ONE, "growth_per_d": 0.02 * ONE}
    bent = saturating_kill(DAYS, concentration=c, kill=(0.5e8 * ONE, 1e8 * ONE), **shared)
    np.testing.assert_allclose(bent, log_kill(DAYS, kills=[(c, 0.5 * ONE)], **shared), rtol=1e-6)


def test_a_saturated_kill_is_bounded_by_its_greatest_rate():
    c = expose(DOSES, DRUG, drug="x")
    size = saturating_kill(
        DAYS, start=ONE, growth_per_d=0 * ONE, concentration=c, kill=(0.1 * ONE, 0.01 * ONE)
    )
    assert np.all(np.log(size[0, 1:]) > -0.1 * DAYS[1:])
    assert np.log(size[0, 1]) == pytest.approx(-0.1, rel=0.02)


def test_times_before_the_start_are_refused():
    with pytest.raises(InvalidInputError, match="days from the start"):
        log_kill(np.array([-1.0]), start=ONE, growth_per_d=ONE, kills=[])
