"""Forecasts of the week of birth on the headers of TPEHG DB, scored.

    python -m validation.pregnancy.tpehg.score FOLDER

The forecast of a woman uses the week of her visit and, where her parity is known to be zero, that
this is her first birth; the headers hold neither length nor history by week nor fibronectin. It is
compared with the births of the population given that she is pregnant at the visit. The database was
chosen to hold more preterm births than the population, so every figure is given twice: as the
records are, and with weights that make the share before 37 weeks that of the population.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bodytwin.twins.pregnancy.model.duration import Duration, duration
from bodytwin.twins.pregnancy.model.findings import Findings, History
from bodytwin.validity.scoring import covered, crps, pit
from validation.pregnancy.tpehg.headers import Woman, checksum, women

DRAWS, TERM_WK = 1000, 37


@dataclass(frozen=True, kw_only=True)
class Card:
    """Weighted means: CRPS in weeks, Brier before 37 weeks, coverage, expected and seen share."""

    women: int
    crps_wk: float
    crps_population_wk: float
    brier: float
    brier_population: float
    expected: float
    seen: float
    covered50: float
    covered90: float
    pit_mean: float


def scored(everyone: list[Woman], seed: int) -> np.ndarray:
    """Figures (woman, 10) of all who were not yet in labour or past 37 weeks at their visit."""
    rng = np.random.default_rng(seed)
    ahead = [w for w in everyone if w.visit_wk < min(w.birth_wk, TERM_WK)]
    visits = {_findings(w) for w in ahead}
    said = {found: duration(found, rng, count=DRAWS) for found in sorted(visits, key=str)}
    return np.array([_row(w, said[_findings(w)], rng) for w in ahead])


def card(rows: np.ndarray, *, reweighted: bool) -> Card:
    """Means of the figures, or means that count early births as often as in the population."""
    early = rows[:, 4] == 1.0
    weight = np.ones(len(rows))
    if reweighted and 0 < early.sum() < len(rows):
        share = rows[:, 6].mean()
        weight = np.where(early, share / early.mean(), (1 - share) / (1 - early.mean()))
    mean = np.average(rows, axis=0, weights=weight)
    return Card(
        women=len(rows), crps_wk=mean[0], crps_population_wk=mean[1], brier=mean[2],
        brier_population=mean[3], seen=mean[4], expected=mean[5], covered50=mean[7],
        covered90=mean[8], pit_mean=mean[9],
    )  # fmt: skip


def _findings(w: Woman) -> Findings:
    return Findings(week=int(w.visit_wk), history=History.NULLIPAROUS if w.parity == 0 else None)


def _row(w: Woman, said: Duration, rng: np.random.Generator) -> tuple[float, ...]:
    hers, theirs = said.sample_wk(rng)[:, None], said.sample_population_wk(rng)[:, None]
    birth, early = np.array([w.birth_wk]), float(w.birth_wk < TERM_WK)
    chance = said.before(TERM_WK)
    return (
        float(crps(hers, birth)[0]), float(crps(theirs, birth)[0]),
        (chance.value - early) ** 2, (chance.population - early) ** 2,
        early, chance.value, chance.population,
        float(covered(hers, birth, level=0.5)[0]), float(covered(hers, birth, level=0.9)[0]),
        float(pit(hers, birth)[0]),
    )  # fmt: skip


def shown(found: Card) -> str:
    """A card in a few lines."""
    return (
        f"{found.women} women: CRPS {found.crps_wk:.3f} weeks, population "
        f"{found.crps_population_wk:.3f}; Brier before 37 weeks {found.brier:.4f}, population "
        f"{found.brier_population:.4f}\n"
        f"  before 37 weeks expected {found.expected:.3f}, seen {found.seen:.3f}; 50 % interval "
        f"held {found.covered50:.3f}, 90 % interval {found.covered90:.3f}; mean of PIT "
        f"{found.pit_mean:.3f}"
    )


def main(folder: Path) -> None:
    """Print the cards of all women, and of the two groups of visits."""
    everyone = women(folder)
    print(f"{len(everyone)} headers, SHA-256 of their comments {checksum(folder)}")
    groups = {
        "all": everyone,
        "visit before 26 weeks": [w for w in everyone if w.visit_wk < 26],
        "visit from 26 weeks": [w for w in everyone if w.visit_wk >= 26],
    }
    for name, group in groups.items():
        rows = scored(group, 0)
        for reweighted in (False, True):
            print(f"{name}, {'weighted to the population' if reweighted else 'as they are'}")
            print(" ", shown(card(rows, reweighted=reweighted)))
    for funnelling in (True, False, None):
        group = [w for w in everyone if w.funnelling is funnelling]
        early = np.mean([w.birth_wk < TERM_WK for w in group])
        print(f"funnelling {funnelling}: {len(group)} women, {early:.3f} before 37 weeks")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
