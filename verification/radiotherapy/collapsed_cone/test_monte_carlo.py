"""Is the Monte Carlo to be believed, and are the tables its own?"""

import numpy as np
import pytest

from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from verification.radiotherapy.collapsed_cone import derive
from verification.radiotherapy.collapsed_cone import monte_carlo as mc


@pytest.mark.slow
def test_few_photons_leave_the_energy_of_the_tables_and_of_the_coefficients(record_property):
    tally, photons = derive.kernel_tally(count=60_000), water_6mv()
    beam = mc.spectrum(filter_g_per_cm2=derive.FILTER_G_PER_CM2)
    wanted = beam.share @ mc.absorption(beam.energy_mev)
    wanted /= beam.share @ mc.attenuation(beam.energy_mev)
    record_property("first_collisions", [float(tally[0].sum()), float(wanted)])
    assert tally.sum() == pytest.approx(1.0, abs=1e-3)
    assert tally[0].sum() == pytest.approx(wanted, rel=0.01)
    angle = tally[0].sum(axis=1) / tally[0].sum()
    assert np.abs(angle - photons.primary.share).max() < 0.003
    later = tally[1].sum(axis=1) / tally[1].sum()
    assert np.abs(later - (photons.scatter.share - photons.lacking.share)).max() < 0.003


def test_the_spectrum_and_the_coefficients_are_those_that_the_engine_holds():
    beam, photons = mc.spectrum(), water_6mv()
    assert photons.energy_share == pytest.approx(beam.share, rel=1e-3)
    cm = 10.0 * photons.attenuation_per_mm
    assert cm == pytest.approx(mc.attenuation(beam.energy_mev), rel=1e-3)
