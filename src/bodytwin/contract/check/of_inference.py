"""Check that personalising recovers simulated patients as often as it says."""

from dataclasses import replace

import numpy as np

from bodytwin.contract.check.subject import Array, Subject, require
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.numerics.inference.sample import Method
from bodytwin.validity.calibration import central_share, sbc_ranks, worst_uniformity_p

KEPT = 99
P_LIMIT = 0.001
FEWEST = 55
"""So that each of ten bins of ranks expects five."""


def simulated_patients_are_recovered(s: Subject) -> str:
    """Simulated patients lie in their own posteriors as often as they should."""
    from bodytwin.contract.personalise import problem_of, with_error

    require(s.simulations >= FEWEST, f"Not checked: it takes at least {FEWEST} simulations.")
    case, prior, rng = s.case, s.prior, s.rng(5)
    require(case.measurements, "Not checked: the record needs a measurement.")
    targets = [m.target for m in case.measurements]
    method = _method(s)
    truths: list[Array] = []
    draws: list[Array] = []
    for theta in prior.draw(s.simulations, rng):
        true = s.twin.simulate(case, theta[None, :], None, targets)[0]
        if not np.isfinite(true).all():
            continue
        noise = rng.standard_normal(len(true))
        measured = tuple(
            replace(m, value=float(with_error(f, m.error, e)), censoring=Censoring.NONE)
            for m, f, e in zip(case.measurements, true, noise, strict=True)
        )
        problem = problem_of(s.twin, replace(case, measurements=measured), prior)
        z = method.sample(problem, rng).resampled(KEPT, rng)
        both = np.vstack([prior.unconstrain(theta[None, :]), z])
        with_fit = np.column_stack([both, problem.log_likelihood(both)])
        truths.append(with_fit[0])
        draws.append(with_fit[1:])
    require(len(truths) >= 0.95 * s.simulations, "Too many simulated patients failed to run.")
    ranks = sbc_ranks(np.array(truths), np.array(draws), rng=rng)
    p = worst_uniformity_p(ranks, draws=KEPT)
    share = float(central_share(ranks, draws=KEPT)[:-1].mean())
    words = f"90 % intervals held {share:.0%} of the parameters; uniformity p = {p:.2g}"
    require(p > P_LIMIT, words)
    return words


def _method(s: Subject) -> Method:
    if s.method is not None:
        return s.method
    from bodytwin.numerics.inference import Escalating

    return Escalating()


CHECKS = (simulated_patients_are_recovered,)
