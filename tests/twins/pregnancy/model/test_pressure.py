"""Pressure within the uterus by week."""

import pytest

from bodytwin.errors import OutsidePopulationError
from bodytwin.twins.pregnancy.model.pressure import amniotic_pressure


def test_the_points_are_met_and_pressure_rises_between_them():
    assert amniotic_pressure(week=34).mean_kpa == pytest.approx(13.1 * 0.133322, rel=1e-3)
    assert amniotic_pressure(week=40).mean_kpa == pytest.approx(18.0 * 0.133322, rel=1e-3)
    found = [amniotic_pressure(week=w).mean_kpa for w in range(16, 41)]
    assert found == sorted(found)


@pytest.mark.parametrize("week", [15.9, 41.0])
def test_a_week_outside_the_points_is_refused(week):
    with pytest.raises(OutsidePopulationError, match="16 to 40"):
        amniotic_pressure(week=week)


def test_it_says_that_the_source_was_not_read():
    assert "none of them read" in amniotic_pressure(week=30).caution
