"""Virtual patients whose truth is computed another way than the twin computes it.

    python -m verification.radiotherapy.decisions.virtual

A patient is drawn from the prior, measured, personalised, and asked for one of two plans. What is
truly best follows from every voxel by itself, fraction by fraction and day by day, with the cells
regrowing in steps of a quarter of a day; the twin takes levels of dose and closed forms.
"""

import sys
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from bodytwin.contract import compare, personalise
from bodytwin.twins.radiotherapy import TWIN
from bodytwin.twins.radiotherapy.parameters import complication_of, tumour_of
from tests.twins.radiotherapy import head

VARIANT, DRAWS, STEP_D = "larynx_t2", 300, 0.25


def dose_map(rng):
    """The head's dose with the larynx and the target each hotter or colder than planned."""
    gy = head.dose_gy()
    larynx = head.MASKS["Larynx"] & ~head.MASKS["PTV70"]
    gy = np.where(larynx, gy * rng.uniform(0.4, 1.1), gy)
    return np.where(head.MASKS["PTV70"], gy * rng.uniform(0.82, 1.02), gy)


def patient(rng):
    """Two plans for a course of 35 fractions of which 15 were given, and its dose."""
    first, second = rng.choice(np.arange(14, 26), 2, replace=False)
    dose = replace(head.anatomy().dose, image=head.image(dose_map(rng), "RTDOSE"))
    return dose, (f"{first} x 2 Gy", f"{second} x 2 Gy")


def truly(truth, dose, fractions):
    """Control without complication, from voxels one by one and days one by one."""
    each = truth["delivered_share"] * dose.dose_gy.astype(np.float64) / 35.0
    control = _control(truth, each[head.MASKS["PTV70"]], fractions)
    larynx = complication_of("larynx")
    own = each[head.MASKS["Larynx"]]
    eqd2 = sum(own * (own + larynx.alpha_beta_gy) / (2.0 + larynx.alpha_beta_gy)
               for _ in range(fractions))  # fmt: skip
    n = truth["larynx.n"]
    uniform = np.mean(eqd2 ** (1.0 / n)) ** n
    td50, m = truth["larynx.td50_gy"], truth["larynx.m"]
    return control * (1.0 - norm.cdf((uniform - td50) / (m * td50)))


def _control(truth, each, fractions):
    said = {n: e.value for n, e in tumour_of(VARIANT).parameters.items()}
    gamma, d50 = truth["tumour.gamma50"], truth["tumour.d50_gy"]
    slope = np.e * gamma / d50
    alpha = slope / (1.0 + 2.0 / said["alpha_beta_gy"])
    cells = np.full(len(each), np.log(2.0) * np.exp(np.e * gamma) / len(each))
    day, given = 0.0, 0
    rate = slope * said["lost_gy_per_d"]
    days = 15 + np.cumsum([0, *([1, 1, 1, 1, 3] * 20)])[: fractions - 15 + 1]
    due = [*range(15), *days[1:]]
    while given < fractions:
        if day >= due[given]:
            cells = cells * np.exp(-alpha * each * (1.0 + each / said["alpha_beta_gy"]))
            given += 1
            continue
        day += STEP_D
        if day > said["within_d"]:
            cells = cells * (1.0 + rate * STEP_D + 0.5 * (rate * STEP_D) ** 2)
    return np.exp(-cells.sum())


def one(seed):
    """The stated probability that the first plan is best, and whether it truly is."""
    rng = np.random.default_rng([7, seed])
    dose, words = patient(rng)
    unseen = head.record(given=15, dose=dose)
    prior = TWIN.prior(TWIN.observe(unseen, variant=VARIANT))
    truth = dict(zip(prior.names, prior.draw(1, rng)[0], strict=True))
    ratios = truth["delivered_share"] + 0.03 * rng.standard_normal(2)
    case = TWIN.observe(
        head.record(given=15, dose=dose, ratios=tuple(float(r) for r in ratios)), variant=VARIANT
    )
    posterior = personalise(TWIN, case, draws=DRAWS, seed=seed)
    plans = [TWIN.plan_from_text(case, w) for w in words]
    found = compare(TWIN, posterior, plans)
    value = [truly(truth, dose, 15 + p.interventions[0].count) for p in plans]
    return found.verdicts[0].probability_best, float(value[0] > value[1])


def calibrated(count, bins=5):
    """Mean stated probability and frequency in each of `bins` of equal count, (bins, 2)."""
    rows = np.array([one(seed) for seed in range(count)])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return np.array([part.mean(axis=0) for part in np.array_split(rows, bins)])


if __name__ == "__main__":
    for stated, true in calibrated(int(sys.argv[1]) if len(sys.argv) > 1 else 1000):
        print(f"stated {stated:.3f}, true {true:.3f}")
