"""Thirty mice with a lung cancer: what is learned of all, and what is foreseen of one.

The logarithms of the parameters of `simeoni` differ between mice as a normal distribution. Its mean
and covariance, and the error of a reading, are learned by expectation and maximisation, where the
expectation is over many simulated mice weighted by how well they fit: simulated once from wide
ranges, and once more from what was then learned. A mouse's own parameters are weighted in the same
way by its readings so far.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bodytwin.twins.chemotherapy.model.exposure import Dose, expose, virtual
from bodytwin.twins.chemotherapy.model.simeoni import Growth, simeoni

TABLE = Path(__file__).parent / "erlotinib_lxf.csv"
NAMES = ("start", "exponential", "linear", "damage", "potency", "dose_power")
WIDE_MEAN = np.array([*np.log([0.12, 0.12, 0.07, 0.5, 0.01]), 0.7])
WIDE_SD = np.array([0.6, 0.5, 0.8, 0.7, 1.0, 0.35])
ELIMINATION_PER_D = 3.0
"""From the levels of the single dose that come with the study: a fall from 7 to 0.4 in a day."""
REFERENCE_MG_PER_KG = 25.0
SIMULATED, OF_ONE, WIDER, ROUNDS = 1500, 350, 1.4, (10, 15)
LEAST_SD = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Mouse:
    """Days and volumes of readings, days of doses, and the dose."""

    number: int
    arm: str
    days: np.ndarray
    volumes_cm3: np.ndarray
    dose_days: tuple[float, ...]
    dose_mg_per_kg: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Normal distribution of the parameters, error of a reading, and simulated mice from it."""

    mean: np.ndarray
    covariance: np.ndarray
    log_error: float


def mice() -> list[Mouse]:
    """All mice of the table."""
    rows = np.genfromtxt(TABLE, delimiter=",", skip_header=1, dtype=None, encoding="utf-8")
    found = []
    for number in sorted({int(r[1]) for r in rows}):
        own = [r for r in rows if r[1] == number]
        seen = [(r[2], r[4]) for r in own if r[3] == "volume_cm3"]
        given = [(r[2], r[4]) for r in own if r[3] == "dose_mg_per_kg"]
        days, volumes = np.array(sorted(seen)).T
        found.append(
            Mouse(
                number=number, arm=str(own[0][0]), days=days, volumes_cm3=volumes,
                dose_days=tuple(float(d) for d, _ in given),
                dose_mg_per_kg=float(given[0][1]) if given else 0.0,
            )
        )  # fmt: skip
    return found


def simulated(mouse: Mouse, draws: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Logarithm of volume (draw, day) of mice like this one with parameters (draw, 6)."""
    rates = np.exp(draws[:, :5])
    share = mouse.dose_mg_per_kg / REFERENCE_MG_PER_KG
    potency = rates[:, 4] * share ** draws[:, 5] if share > 0 else np.zeros(len(draws))
    doses = [Dose(drug="e", time_d=d, amount_mg=REFERENCE_MG_PER_KG) for d in mouse.dose_days]
    exposure = expose(doses, virtual(elimination_per_d=ELIMINATION_PER_D), drug="e")
    growth = Growth(
        start=rates[:, 0], exponential_per_d=rates[:, 1], linear_per_d=rates[:, 2],
        damage_per_d=rates[:, 3], potency_l_per_mg_d=potency,
    )  # fmt: skip
    return np.log(np.maximum(simeoni(exposure, days, growth=growth), 1e-12))


class Bank:
    """Simulated mice for each schedule of doses of `everyone`, at every day of a reading."""

    def __init__(self, everyone, mean, covariance, rng, count=SIMULATED):
        root = np.linalg.cholesky(covariance)
        self.draws = mean + rng.standard_normal((count, len(mean))) @ root.T
        self.days = np.unique(np.concatenate([m.days for m in everyone]))
        schedules = {(m.dose_days, m.dose_mg_per_kg): m for m in everyone}
        self.paths = {key: simulated(m, self.draws, self.days) for key, m in schedules.items()}
        self.log_proposal = log_normal(self.draws, mean, root)

    def path(self, mouse, days):
        """Logarithm of volume (draw, day) of the simulated mice on this one's schedule."""
        found = self.paths[mouse.dose_days, mouse.dose_mg_per_kg]
        return found[:, np.searchsorted(self.days, days)]

    def log_prior(self, population):
        """How much more likely each draw is in a population than it was drawn, (draw,)."""
        root = np.linalg.cholesky(population.covariance)
        return log_normal(self.draws, population.mean, root) - self.log_proposal

    def score(self, mouse, population, until_d=np.inf):
        """Log weight (draw,) by the readings up to a day, and what they miss (draw, reading)."""
        seen = mouse.days <= until_d
        gap = np.log(mouse.volumes_cm3[seen]) - self.path(mouse, mouse.days[seen])
        return -0.5 * np.sum((gap / population.log_error) ** 2, axis=1), gap


def log_normal(x, mean, root):
    """Log density of a normal distribution at x (draw, p), less its constant."""
    z = np.linalg.solve(root, (x - mean).T)
    return -0.5 * np.sum(z * z, axis=0) - np.log(np.diag(root)).sum()


def weights(score):
    """Weights (draw,) that sum to one."""
    w = np.exp(score - score.max())
    return w / w.sum()


def wide(rng: np.random.Generator) -> tuple[Population, Bank]:
    """Where learning begins: ranges that hold any mouse."""
    start = Population(mean=WIDE_MEAN, covariance=np.diag(WIDE_SD**2), log_error=0.3)
    return start, Bank(mice(), start.mean, start.covariance, rng)


def learn(known, start, rng):
    """The population of the `known` mice, and simulated mice a little wider than it."""
    found, bank = start
    for _ in range(ROUNDS[0]):
        found = maximised(known, bank, found)
    bank = Bank(mice(), found.mean, WIDER**2 * found.covariance, rng)
    for _ in range(ROUNDS[1]):
        found = maximised(known, bank, found)
    return found, bank


def maximised(known: list[Mouse], bank: Bank, now: Population) -> Population:
    """One round of expectation and maximisation."""
    means, seconds, squares, readings = [], [], 0.0, 0
    prior = bank.log_prior(now)
    for mouse in known:
        score, gap = bank.score(mouse, now)
        w = weights(score + prior)
        mean = w @ bank.draws
        off = bank.draws - mean
        means.append(mean)
        seconds.append((w[:, None] * off).T @ off)
        squares += float(w @ np.sum(gap**2, axis=1))
        readings += gap.shape[1]
    centre = np.mean(means, axis=0)
    off = np.array(means) - centre
    covariance = np.mean(seconds, axis=0) + off.T @ off / len(known) + LEAST_SD**2 * np.eye(6)
    return Population(
        mean=centre, covariance=covariance, log_error=float(np.sqrt(squares / readings))
    )


def foreseen(mouse, population, bank, until_d, rng):
    """Draws (draw, reading) of the readings after a day, and the effective number of mice.

    Twice, mice are simulated anew around those that fit so far, with weights flattened so that
    the next ones are spread wider than they need be.
    """
    for flat in (4.0, 2.0, 1.0):
        score, _ = bank.score(mouse, population, until_d)
        w = weights((score + bank.log_prior(population)) / flat)
        if flat > 1.0:
            mean = w @ bank.draws
            off = bank.draws - mean
            spread = (w[:, None] * off).T @ off + 1e-4 * np.eye(6)
            bank = Bank([mouse], mean, spread, rng, OF_ONE)
    rows = rng.choice(len(w), size=4 * OF_ONE, p=w)
    path = bank.path(mouse, mouse.days[mouse.days > until_d])[rows]
    noise = population.log_error * rng.standard_normal(path.shape)
    return np.exp(path + noise), 1.0 / np.sum(w**2)
