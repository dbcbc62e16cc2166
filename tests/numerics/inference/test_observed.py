import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import lognorm, norm

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference import Censoring
from tests.numerics.inference.inference_cases import observed

LEVELS = np.array([0.7, 2.0, 5.0])
KINDS = [
    observed(LEVELS, additive=0.5),
    observed(LEVELS, additive=0.3, proportional=0.2),
    observed(LEVELS, additive=0.3, proportional=0.2, summed=True),
    observed(LEVELS, log=0.25),
    observed(LEVELS, additive=0.3, proportional=0.2, censoring=[-1, 0, 1]),
    observed(LEVELS, log=0.25, censoring=[1, -1, 0], weight=[1.0, 0.5, 2.0]),
]


@pytest.mark.parametrize("seen", KINDS)
def test_slope_is_the_derivative_of_the_log_density(seen):
    f = np.array([[0.6, 2.3, 4.0], [1.5, 1.0, 7.0]])
    h = 1e-6
    differences = (seen.log_density(f + h) - seen.log_density(f - h)) / (2 * h)
    assert_allclose(seen.slope(f)[0], differences, rtol=1e-6)


@pytest.mark.parametrize("seen", KINDS[:4])
def test_information_is_the_mean_square_of_the_score(seen):
    f = np.array([0.6, 2.3, 4.0])
    noise = np.random.default_rng(0).standard_normal((200_000, 3))
    scale = np.where(seen.on_log_scale, f * np.exp(seen.sd(f) * noise), f + seen.sd(f) * noise)
    score = observed(
        scale,
        additive=seen.additive_sd,
        proportional=seen.proportional_sd,
        log=seen.log_sd,
        summed=seen.sum_of_sd,
    ).slope(np.broadcast_to(f, scale.shape))[0]
    assert_allclose(np.mean(score**2, axis=0), seen.slope(f)[1], rtol=0.02)


def test_density_is_that_of_scipy():
    f = np.array([1.0, 2.5, 4.0])
    natural = observed(LEVELS, additive=0.3, proportional=0.2)
    sd = np.sqrt(0.09 + 0.04 * f**2)
    assert_allclose(natural.log_density(f), norm.logpdf(LEVELS, f, sd))
    logarithmic = observed(LEVELS, log=0.25)
    assert_allclose(logarithmic.log_density(f), lognorm.logpdf(LEVELS, 0.25, scale=f))
    below = observed(LEVELS, additive=0.3, censoring=Censoring.BELOW)
    assert_allclose(below.log_density(f), norm.logcdf(LEVELS, f, 0.3))
    above = observed(LEVELS, additive=0.3, censoring=Censoring.ABOVE)
    assert_allclose(above.log_density(f), norm.logsf(LEVELS, f, 0.3))


def test_padding_counts_for_nothing_even_where_the_run_failed():
    seen = observed([1.0, 0.0], additive=0.5, weight=[1.0, 0.0])
    assert seen.log_density(np.array([1.0, np.nan]))[1] == 0
    assert seen.slope(np.array([1.0, np.nan]))[0][1] == 0


def test_a_level_of_zero_cannot_have_an_error_on_the_log_scale():
    with pytest.raises(InvalidInputError, match="below a limit"):
        observed([0.0], log=0.2)
