"""What a map tells and what it does not: `python -m verification.rhythm.mapped.run` prints it."""

from dataclasses import replace

import numpy as np

from bodytwin.contract.personalise import fit_check, problem_of
from bodytwin.twins.rhythm.parameters import prior
from verification.rhythm.mapped.virtual import (
    TWIN,
    case_of,
    covered,
    fibre_speed_m_per_s,
    layer_speed_m_per_s,
    many,
    narrowed,
    off_by_sd,
    posterior,
    taken,
    turned,
)

HEARTS = 10


def speeds(found, how):
    """Coverage, narrowing and error of the two speeds."""
    for speed in (layer_speed_m_per_s, fibre_speed_m_per_s):
        off = off_by_sd(found, speed)
        print(
            f"{how}, {speed.__name__}: {covered(found, speed)} of {len(found)} intervals cover, "
            f"sd {narrowed(found, speed):.2f} of the population's, "
            f"truth off by {np.sqrt((off**2).mean()):.2f} sd (root mean square)"
        )


def shifted():
    """How often a map is used that was moved by so much in some direction."""
    of = taken(prior().constrain(prior().mean[None])[0], np.random.default_rng(0))
    for mm in (3, 5, 8, 10, 15, 20, 30):
        ways = np.random.default_rng(1).standard_normal((12, 3))
        ways *= mm / np.linalg.norm(ways, axis=1, keepdims=True)
        used = [case_of(replace(of, points_mm=of.points_mm + w)).inputs.mapped for w in ways]
        print(f"shifted by {mm} mm: used in {sum(u is not None for u in used)} of {len(used)}")


def turns():
    """What comes of a map of the left ventricle that is turned about the long axis."""
    truth = prior().constrain(prior().mean[None])[0]
    for degrees in (0, 30, 60, 90, 180):
        rng = np.random.default_rng(2)
        case = case_of(turned(taken(truth, rng, left_only=True), degrees))
        if case.inputs.mapped is None:
            print(f"left ventricle, turned by {degrees}: {case.left_out[0]}")
            continue
        draws = posterior(case, rng, draws=200)
        found = np.quantile(layer_speed_m_per_s(draws), [0.05, 0.5, 0.95])
        fit = fit_check(problem_of(TWIN, case, prior()), np.log(draws).mean(axis=0))
        print(
            f"left ventricle, turned by {degrees}: {case.inputs.mapped.median_mm:.1f} mm (median), "
            f"layer {found.round(2)} m/s for {layer_speed_m_per_s(truth):.2f}, "
            f"misfit has probability {fit.tail_probability:.2g}"
        )


if __name__ == "__main__":
    speeds(many(HEARTS, moved=False), "as the twin has it")
    speeds(many(HEARTS, moved=True), "activation begins elsewhere")
    speeds(many(HEARTS, moved=False, left_only=True), "left ventricle only")
    shifted()
    turns()
