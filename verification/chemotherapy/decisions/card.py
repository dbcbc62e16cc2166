"""How often is the regimen said to be best with a probability the best? `... decisions.card 1000`.

Women are drawn from the population of the variant and followed by another integrator, fixed
steps of Runge and Kutta for all of them at once, in which kill, exposure and marrow are written a
second time. Each is seen through one cycle: three counts and two sizes with the published errors.
The twin then compares three doses of docetaxel for two more cycles; what each would have come to
is computed from the woman's own parameters. A tumour smaller by a tenth counts as much as five
days of severe neutropenia.
"""

import sys
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binomtest

from bodytwin.contract import compare, personalise
from bodytwin.errors import MisfitError
from bodytwin.numerics.inference.importance import ImportanceSampling
from bodytwin.twins.chemotherapy import TWIN
from bodytwin.twins.chemotherapy.model.chemo_sets import table
from bodytwin.twins.chemotherapy.parameters import column
from tests.twins.chemotherapy.conftest import count, dose, record_of, size

VARIANT = "docetaxel_breast"
GIVEN_MG, HOUR_D, STEP_D = 130.0, 1.0 / 24.0, 1.0 / 240.0
FIRST_D, NOW_D, CYCLE_D = 1.0, 22.0, 21.0
COUNTED_D, SIZED_D = (0.0, 9.0, 15.0), (0.0, 22.0)
WEIGHTS = {"size_12_weeks": 10.0, "days_severe": 0.2}
PLANS = tuple(f"docetaxel {mg} mg/m2 every 21 d x 2" for mg in (50, 75, 100))
NAMES = (
    "clearance_l_per_d", "central_volume_l", "flow_1_l_per_d", "volume_1_l", "flow_2_l_per_d",
    "volume_2_l", "baseline_1e9_per_l", "mean_transit_d", "feedback", "slope_l_per_mg",
    "start_mm", "growth_per_d", "docetaxel_kill_per_mg",
)  # fmt: skip


def rates(y, p, inflow, first, t, action):
    """Of three amounts, five logarithms of cells, the drug at its place of effect, and ln size."""
    cl, v, q1, v1, q2, v2, base, transit, gamma, slope, _, growth, kill = p
    release, resistance = action
    c, c1, c2 = y[0] / v, y[1] / v1, y[2] / v2
    k, cells = 4.0 / transit, np.exp(y[3:8])
    out = np.empty_like(y)
    out[0] = inflow - cl * c - q1 * (c - c1) - q2 * (c - c2)
    out[1], out[2] = q1 * (c - c1), q2 * (c - c2)
    out[3] = k * ((1.0 - slope * c) * (base / cells[4]) ** gamma - 1.0)
    out[4:8] = k * (cells[:4] / cells[1:] - 1.0)
    out[8] = -release * y[8]
    fading = np.exp(-resistance * (t - first)) if first is not None else 0.0
    out[9] = growth - kill * release * fading * y[8]
    return out


def followed(p, doses, until_d):
    """Counts (step, woman) and sizes (step, woman) at every step, for `doses` of (day, mg)."""
    said = table("breast_bruno_2012")["action"]["docetaxel"]
    action = (said["release_per_d"], said["resistance_per_d"])
    first = min((day for day, _ in doses), default=None)
    y = np.zeros((10, p.shape[1]))
    y[3:8], y[9] = np.log(p[6]), np.log(p[10])
    steps = round(until_d / STEP_D)
    counts, sizes = np.empty((2, steps + 1, p.shape[1]))
    starts = {round(day / STEP_D): mg for day, mg in doses}
    running = 0.0
    for i in range(steps + 1):
        counts[i], sizes[i] = np.exp(y[7]), np.exp(y[9])
        t = i * STEP_D
        if i in starts:
            y[8] += starts[i]
            running = starts[i] / HOUR_D
        if any(i == s + round(HOUR_D / STEP_D) for s in starts):
            running = 0.0
        a = rates(y, p, running, first, t, action)
        b = rates(y + STEP_D / 2 * a, p, running, first, t + STEP_D / 2, action)
        c = rates(y + STEP_D / 2 * b, p, running, first, t + STEP_D / 2, action)
        d = rates(y + STEP_D * c, p, running, first, t + STEP_D, action)
        y = y + STEP_D / 6 * (a + 2 * b + 2 * c + d)
    return counts, sizes


def value(counts, sizes):
    """What a plan that starts at `NOW_D` comes to by `WEIGHTS`, (woman,)."""
    now, week = round(NOW_D / STEP_D), round(7 / STEP_D)
    ratio = sizes[now + 12 * week] / sizes[now]
    until = round((NOW_D + CYCLE_D + 28.0) / STEP_D)
    days = np.sum(counts[now : until + 1] < 1.0, axis=0) * STEP_D
    return -WEIGHTS["size_12_weeks"] * ratio - WEIGHTS["days_severe"] * days


@dataclass(frozen=True, kw_only=True, eq=False)
class Card:
    """Per woman: what was said of each plan being best (woman, plan), and which was (woman,).

    `refused` women are not among them: their readings fit the model so badly that it said so.
    """

    said: np.ndarray
    best: np.ndarray
    refused: int

    def groups(self, count=4):
        """Mean said, frequency and number of pairs of woman and plan, by what is said."""
        came = (self.best[:, None] == np.arange(len(PLANS))).ravel()
        said = self.said.ravel()
        edges = np.linspace(0, 1, count + 1)
        where = np.clip(np.digitize(said, edges) - 1, 0, count - 1)
        return [
            (said[where == g].mean(), came[where == g].mean(), int((where == g).sum()))
            for g in range(count)
            if (where == g).any()
        ]


def drawn(women, seed=21):
    """The case after one cycle, its women, and the reference values of their parameters."""
    counts = [count(day - FIRST_D, 4.0) for day in COUNTED_D]
    sizes = [size(day - FIRST_D, 60.0) for day in SIZED_D]
    record = record_of([*counts, *sizes], [dose(0.0, GIVEN_MG)])
    case = TWIN.observe(record, variant=VARIANT)
    theta = TWIN.prior(case).draw(women, np.random.default_rng(seed))
    return case, theta, np.array([column(case.inputs, theta, n) for n in NAMES])


def card(women, draws=300):
    """Everything, for so many women."""
    case, _, p = drawn(women)
    surface = case.inputs.surface_m2
    until = NOW_D + 12 * 7.0 + 1.0
    worth = []
    for mg in (50.0, 75.0, 100.0):
        doses = [(FIRST_D, GIVEN_MG), *((NOW_D + k * CYCLE_D, mg * surface) for k in (0, 1))]
        counts, sizes = followed(p, doses, until)
        worth.append(value(counts, sizes))
    seen = [round(d / STEP_D) for d in COUNTED_D], [round(d / STEP_D) for d in SIZED_D]
    rng, said, judged = np.random.default_rng(22), [], []
    method = ImportanceSampling(draws=1000, starts=2)
    for w in range(women):
        read = iter(counts[seen[0], w] * np.exp(0.424093 * rng.standard_normal(len(COUNTED_D))))
        measured = iter(sizes[seen[1], w] + 10.583 * rng.standard_normal(len(SIZED_D)))
        own = tuple(
            replace(m, value=float(next(read) if m.quantity == "neutrophils" else next(measured)))
            for m in case.measurements
        )
        posterior = personalise(TWIN, replace(case, measurements=own), method=method, draws=draws)
        plans = [TWIN.plan_from_text(posterior.case, text) for text in PLANS]
        try:
            found = compare(TWIN, posterior, plans, utility=TWIN.weighed(case, WEIGHTS))
        except MisfitError:
            continue
        said.append([v.probability_best for v in found.verdicts])
        judged.append(w)
    best = np.argmax(worth, axis=0)[judged]
    return Card(said=np.array(said), best=best, refused=women - len(judged))


def main():
    """Print the table."""
    found = card(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    women = len(found.best)
    print(f"{women} women judged, {found.refused} refused")
    for plan, said, came in zip(
        PLANS, found.said.mean(axis=0), np.bincount(found.best, minlength=3) / women, strict=True
    ):
        print(f"{plan}: said to be best {said:.3f}, was {came:.3f}")
    for said, came, n in found.groups():
        low, high = binomtest(round(came * n), n).proportion_ci(0.95)
        print(f"said {said:.3f}, came {came:.3f} ({low:.3f} to {high:.3f}), {n} of {3 * women}")


if __name__ == "__main__":
    main()
