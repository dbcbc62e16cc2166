"""An answer within a second to: could a tachycardia still be induced if ... ?

Learned from runs of the full stimulation of one heart: unknowns spread over their prior,
lesions of many sizes in and around the ways that tachycardias took. What a set of lesions does
is told to the emulator by how much of the narrowest cross-section of each way it leaves
open, so that any number of points and lines can be asked about. Drugs act by the same unknowns,
speed and duration.

Its probability comes with the interval of the process; its record on runs that were left out in
turn (Brier score, and how often the more probable answer came true) is kept with it. It does not
answer outside what it was trained on: a lesion far from every known way, a dose or an
unknown beyond the runs, another heart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bodytwin.contract.case import Case
from bodytwin.contract.parameter import Prior
from bodytwin.errors import MissingDataError
from bodytwin.numerics.emulate import Chance, design, learn_chance, left_out_chances
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.twins.rhythm.interventions import Ablation, RhythmPlan
from bodytwin.twins.rhythm.model.ablation import Lesion, burnt
from bodytwin.twins.rhythm.model.circuit import Circuit
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.protocol import Protocol
from bodytwin.twins.rhythm.model.screening import screen
from bodytwin.twins.rhythm.model.substrate import WOUNDED
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.observe import Imaged
from bodytwin.twins.rhythm.outcomes import drugged, lesions_of, waves_of
from bodytwin.twins.rhythm.parameters import NAMES
from bodytwin.twins.rhythm.stimulation import Tested

Array = NDArray[np.float64]
RUNS = 64
MOST_WAYS = 3
NEAR_MM = 15.0
"""A lesion farther than this from every known way is outside the training."""
SPREAD_MM = 6.0
MOST_SITES = 4
WIDE_MM = 12.0
"""A cross-section ends this far from the path."""
REACH = 2
LEAST_VOXELS = 4
LEAST_INSIDE = 0.75
"""Share of draws that must lie within the training; of the others nothing is known: 0 to 1."""
UNTOUCHED = -0.43
"""Below this standard normal number, a third of all, a run has no lesion."""
USED = tuple(name for name in NAMES if name not in ("endocardial_speedup", "lesion_radius_share"))
"""Unknowns that bear on inducibility; the radius of lesions acts by what they leave open."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """One way that tachycardias took, as cross-sections of wounded muscle along it."""

    path_mm: Array
    sections: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, heart: Heart, circuit: Circuit) -> "Way":
        """The way of a circuit: its isthmus, or all of its path where it has none."""
        on = circuit.isthmus if circuit.has_isthmus else circuit.path
        x = heart.voxels.positions_mm
        carries = np.flatnonzero(
            np.isin(heart.tissue, WOUNDED) if circuit.has_isthmus else heart.conducting
        )
        sections: list[NDArray[np.int64]] = []
        for k in range(REACH, len(on) - REACH):
            axis = x[on[k + REACH]] - x[on[k - REACH]]
            axis /= max(float(np.linalg.norm(axis)), 1e-9)
            away = x[carries] - x[on[k]]
            flat = np.abs(away @ axis) <= 0.75 * heart.voxels.spacing_mm
            here = carries[flat & ((away**2).sum(axis=1) <= WIDE_MM**2)]
            if len(here) >= LEAST_VOXELS:
                sections.append(here)
        return cls(path_mm=x[on], sections=tuple(sections))

    def open_share(self, dead: NDArray[np.bool_]) -> float:
        """How much of the narrowest cross-section is left when some voxels are `dead` (n,)."""
        return min((1.0 - float(dead[s].mean()) for s in self.sections), default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Probability that a tachycardia can be induced, with a 90 % interval.

    Where `trusted` is False the numbers are NaN and `words` say why; ask the full model then.
    """

    probability: float
    low: float
    high: float
    trusted: bool
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Emulator:
    """What was learned of one heart, from how many runs, and how it fared on runs left out."""

    heart: Heart
    ways: tuple[Way, ...]
    sites: tuple[str, ...]
    prior: Prior
    chance: Chance
    runs: int
    brier: float
    hits: float

    def asked(self, rows: Array, plan: RhythmPlan) -> Guess:
        """The chance over draws of the unknowns (draw, unknown) under a plan."""
        why = self._outside(plan)
        if why:
            return _unsure(why)
        x = np.vstack([self._point(row, plan) for row in rows])
        inside = self.chance.inside(x)
        if inside.mean() < LEAST_INSIDE:
            return _unsure(
                "The hearts asked about differ more from the usual than those it was trained on."
            )
        nothing_known = (np.where(inside, v, unknown) for v, unknown in _pairs(self.chance, x))
        middle, low, high = (float(v.mean()) for v in nothing_known)
        return Guess(
            probability=middle,
            low=low,
            high=high,
            trusted=True,
            words=f"Learned from {self.runs} runs with {len(self.sites)} sites; on runs left out "
            f"the more probable answer was right in {100 * self.hits:.0f} %.",
        )

    def _outside(self, plan: RhythmPlan) -> str:
        ways = np.vstack([way.path_mm for way in self.ways])
        for item in plan.interventions:
            if isinstance(item, Ablation):
                for point in item.points_mm:
                    if np.linalg.norm(ways - np.array(point), axis=1).min() > NEAR_MM:
                        return (
                            f"A lesion lies more than {NEAR_MM:g} mm from every way that was "
                            "found; the full test says what it does."
                        )
        return ""

    def _point(self, row: Array, plan: RhythmPlan) -> Array:
        share = float(row[NAMES.index("lesion_radius_share")])
        left = open_shares(self.heart, self.ways, lesions_of(plan, share))
        return np.r_[_standard(self.prior, row, plan), left]


def _pairs(chance: Chance, x: Array) -> list[tuple[Array, float]]:
    """Probability, low and high at x, each with what is said where nothing was learned."""
    return list(zip(chance.predict(x), (0.5, 0.0, 1.0), strict=True))


def _unsure(why: str) -> Guess:
    return Guess(probability=np.nan, low=np.nan, high=np.nan, trusted=False, words=why)


def _standard(prior: Prior, row: Array, plan: RhythmPlan | None) -> Array:
    """The unknowns that bear on it, drugs counted in, in standard deviations of the prior."""
    acts = row.copy()
    drug = drugged(plan)
    factors = {
        "fibre_speed_m_per_s": drug.speed_share,
        "duration_share": drug.duration_share,
        "border_speed_share": drug.border_speed_share / drug.speed_share,
        "border_duration_share": drug.border_duration_share / drug.duration_share,
    }
    for name, factor in factors.items():
        acts[NAMES.index(name)] *= factor
    z = (prior.unconstrain(acts[None])[0] - prior.mean) / np.sqrt(np.diag(prior.covariance))
    return z[[NAMES.index(name) for name in USED]]


def open_shares(heart: Heart, ways: Sequence[Way], lesions: Sequence[Lesion]) -> Array:
    """How much of each way is left open by lesions, (ways,) from 0 to 1."""
    dead = ~burnt(heart, lesions).conducting
    return np.array([way.open_share(dead) for way in ways])


def train(
    case: Case[Imaged],
    prior: Prior,
    before: Tested,
    protocol: Protocol,
    *,
    runs: int = RUNS,
    seed: int = 0,
    progress: Progress = silent,
) -> Emulator:
    """Learn from `runs` stimulations of one heart; `before` is it as it was found.

    The sites are those from which a tachycardia was induced in `before`.

    Raises:
        MissingDataError: nothing was induced before, so there is no way to learn about.

    """
    ways = tuple(Way.of(case.inputs.heart, f.circuit) for f in before.circuits[:MOST_WAYS])
    sites = tuple(dict.fromkeys(r.site for draw in before.results for r in draw if r.inducible))[
        :MOST_SITES
    ]
    if not ways or not sites:
        raise MissingDataError(
            "No tachycardia with a way that closes was induced in this heart, so there is nothing "
            "to learn. Test the heart from every site first."
        )
    z = design(runs=runs, unknowns=len(USED) + 5, seed=seed, reach=2.5)
    rng = np.random.default_rng(seed)
    points: list[Array] = []
    yes: list[bool] = []
    heart = case.inputs.heart
    for k, row in enumerate(z):
        progress(f"Learning: run {k + 1} of {runs}", k / runs)
        unknowns = prior.mean.copy()
        spread = np.sqrt(np.diag(prior.covariance))
        for j, name in enumerate(USED):
            unknowns[NAMES.index(name)] += row[j] * spread[NAMES.index(name)]
        drawn = prior.constrain(unknowns[None])[0]
        drawn[NAMES.index("lesion_radius_share")] = 1.0
        lesions = _lesions(ways, row[len(USED) :], rng)
        points.append(np.r_[_standard(prior, drawn, None), open_shares(heart, ways, lesions)])
        yes.append(_induced(case, drawn, lesions, protocol, sites))
    chance = learn_chance(np.vstack(points), np.array(yes))
    said = left_out_chances(chance)
    came = np.array(yes)
    return Emulator(
        heart=heart,
        ways=ways,
        sites=sites,
        prior=prior,
        chance=chance,
        runs=runs,
        brier=float(np.mean((said - came) ** 2)),
        hits=float(np.mean((said > 0.5) == came)),
    )


def _lesions(ways: Sequence[Way], z: Array, rng: np.random.Generator) -> tuple[Lesion, ...]:
    """None in a third of the runs; else one near a way, its radius 1.5 to 7 mm."""
    if z[0] < UNTOUCHED:
        return ()
    way = ways[int(rng.integers(len(ways)))].path_mm
    u = float(ndtr(z[1]))
    at = way[min(int(u * len(way)), len(way) - 1)] + 0.6 * SPREAD_MM * np.array(
        [z[2], z[3], float(rng.standard_normal())]
    )
    a, b, c = (float(q) for q in at)
    return (Lesion(points_mm=((a, b, c),), radius_mm=1.5 + 5.5 * float(ndtr(z[4]))),)


def _induced(
    case: Case[Imaged], row: Array, lesions: Sequence[Lesion], protocol: Protocol,
    sites: Sequence[str],
) -> bool:  # fmt: skip
    waves = waves_of(case.inputs.heart, row)
    treated = burnt(waves.heart, lesions)
    made = Waves(heart=treated, substrate=replace(waves.substrate, conducting=treated.conducting))
    return any(r.inducible for r in screen(made, protocol, sites=sites, first_only=True))
