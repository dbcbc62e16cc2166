"""How probably can a tachycardia be induced, from where, and which ways does it take?

The same draws of the unknowns are stimulated under every plan, so that plans are told apart by
what they do and not by chance. Of n draws k are inducible: the probability is given with
the central 90 % of a beta distribution (Jeffreys' prior: Brown, Cai & DasGupta 2001, *Stat
Sci* 16:101).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from bodytwin.contract.case import Case
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.twins.rhythm.interventions import RhythmPlan
from bodytwin.twins.rhythm.model.ablation import APART_MM, distance_mm
from bodytwin.twins.rhythm.model.circuit import Circuit, find
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.protocol import Protocol
from bodytwin.twins.rhythm.model.screening import SiteResult
from bodytwin.twins.rhythm.model.wave import Beats
from bodytwin.twins.rhythm.observe import Imaged
from bodytwin.twins.rhythm.outcomes import screened, waves_of

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something came true, `of` tries, with a central 90 % interval."""

    probability: float
    low: float
    high: float
    of: int


def share_of(true: int, of: int) -> Share:
    """The share of tries that came true."""
    a, b = true + 0.5, of - true + 0.5
    low = 0.0 if true == 0 else float(betaincinv(a, b, 0.05))
    high = 1.0 if true == of else float(betaincinv(a, b, 0.95))
    return Share(probability=true / of, low=low, high=high, of=of)


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """One circuit, in how many hearts it was found, and its cycle length in each (k,)."""

    circuit: Circuit
    beats: Beats
    draw: int
    hearts: int
    cycle_lengths_ms: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Tested:
    """Stimulation of every draw from every site: `results` (draw) of sites."""

    plan: str
    results: tuple[tuple[SiteResult, ...], ...]
    circuits: tuple[Found, ...]

    @property
    def inducible(self) -> Share:
        """In how many hearts a tachycardia was induced from some site."""
        return share_of(sum(any(r.inducible for r in d) for d in self.results), len(self.results))

    def site(self, name: str) -> Share:
        """In how many hearts it was induced from this site."""
        return share_of(
            sum(r.inducible for d in self.results for r in d if r.site == name), len(self.results)
        )


def stimulated(
    case: Case[Imaged],
    rows: Array,
    plan: RhythmPlan,
    protocol: Protocol,
    progress: Progress = silent,
    *,
    sites: Sequence[str] = (),
) -> Tested:
    """Stimulate each draw (draw, unknown) of the heart under a plan, from all sites or some."""
    seen = screened(case, rows, plan, protocol, progress, sites=sites)
    hearts = [waves_of(case.inputs.heart, row, plan).heart for row in rows]
    return Tested(plan=plan.name, results=seen.results, circuits=_circuits(hearts, seen.results))


def _circuits(
    hearts: Sequence[Heart], results: Sequence[Sequence[SiteResult]]
) -> tuple[Found, ...]:
    groups: list[list[tuple[int, Circuit, Beats]]] = []
    for k, (heart, sites) in enumerate(zip(hearts, results, strict=True)):
        for r in sites:
            circuit = find(heart, r.beats) if r.beats is not None else None
            if circuit is None or r.beats is None:
                continue
            one = (k, circuit, r.beats)
            for group in groups:
                if distance_mm(heart, group[0][1], circuit) < APART_MM:
                    group.append(one)
                    break
            else:
                groups.append([one])
    groups.sort(key=lambda g: -len({k for k, _, _ in g}))
    return tuple(
        Found(
            circuit=g[0][1],
            beats=g[0][2],
            draw=g[0][0],
            hearts=len({k for k, _, _ in g}),
            cycle_lengths_ms=np.array([c.cycle_length_ms for _, c, _ in g]),
        )
        for g in groups
    )
