"""Posterior means and standard deviations against NumPyro's no-U-turn sampler."""

import warnings

import numpy as np
import pytest

from bodytwin.contract import personalise
from bodytwin.numerics.inference import Escalating, ImportanceSampling
from bodytwin.twins.dosing import TWIN
from verification.dosing.nuts.patient import PLAIN, as_case

NAMES = ("clearance_l_per_h", "central_volume_l", "peripheral_volume_l")
CHAINS, DRAWS = 4, 10_000
CAREFUL = Escalating(importance=ImportanceSampling(draws=100_000))


@pytest.fixture(scope="module")
def nuts():
    pytest.importorskip("numpyro", reason="the peer is in the group 'oracles'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of jax and numpyro about each other
        import numpyro

        from verification.dosing.nuts import reference

        numpyro.enable_x64()
        theta = reference.run(reference.sampler(1000, DRAWS, CHAINS), PLAIN)
        log = np.log(theta)
        effective = numpyro.diagnostics.effective_sample_size(log)
        r_hat = numpyro.diagnostics.split_gelman_rubin(log)
    return log.reshape(-1, 3), effective, r_hat


def test_the_closed_forms_predict_the_same_levels():
    pytest.importorskip("numpyro", reason="the peer is in the group 'oracles'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of jax and numpyro about each other
        import numpyro

        from verification.dosing.nuts import reference

        numpyro.enable_x64()
        seen = {k: PLAIN[k] for k in ("t", "start", "amount", "length")}
        theirs = np.asarray(reference.level(**seen, clearance=3.0, v1=60.0, q=6.5, v2=45.0))
    case = as_case()
    ours = TWIN.simulate(
        case, np.array([[3.0, 60.0, 45.0]]), None, [m.target for m in case.measurements]
    )[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_mean_and_spread_are_those_of_nuts(nuts):
    theirs, effective, r_hat = nuts
    posterior = personalise(TWIN, as_case(), method=CAREFUL, draws=100_000)
    ours = np.log(np.column_stack([posterior[name] for name in NAMES]))
    gap = np.abs(ours.mean(0) - theirs.mean(0)) / theirs.std(0)
    ratio = ours.std(0) / theirs.std(0)
    print()
    for i, name in enumerate(NAMES):
        print(
            f"{name:22s} mean of log {ours[:, i].mean():.4f} NUTS {theirs[:, i].mean():.4f}, "
            f"apart {gap[i]:.4f} sd; sd {ours[:, i].std():.4f} NUTS {theirs[:, i].std():.4f}, "
            f"ratio {ratio[i]:.4f}; NUTS effective {effective[i]:.0f}, R-hat {r_hat[i]:.4f}"
        )
    assert np.all(effective > 10_000)
    assert np.all(r_hat < 1.01)
    assert np.all(gap < 0.03)
    assert np.all(np.abs(ratio - 1) < 0.03)
