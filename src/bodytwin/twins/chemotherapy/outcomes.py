"""What a regimen does: size of the tumour, neutrophils, and what a decision rests on of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome
from bodytwin.errors import InvalidInputError
from bodytwin.laws.myelosuppression import Marrow, nadir
from bodytwin.twins.chemotherapy.interventions import ChemoPlan, cycle_starts_d, doses_of
from bodytwin.twins.chemotherapy.model.chemo_sets import disposition, limits
from bodytwin.twins.chemotherapy.model.counts import counts_1e9_per_l
from bodytwin.twins.chemotherapy.model.exposure import Dose, expose
from bodytwin.twins.chemotherapy.model.regimen_effects import DIAMETER, response
from bodytwin.twins.chemotherapy.model.size import sizes
from bodytwin.twins.chemotherapy.parameters import HOURS_PER_D, Given, Treated, column, kill_of

Array = NDArray[np.float64]
WEEK_D = 7.0
SIZE_WEEKS = (12, 24)
LONGEST_WEEKS = 52
AFTER_LAST_D = 28.0
LOOK_D = 0.25
RESPONSE, LIFE_THREATENING, DELAYED = "response", "life_threatening_neutropenia", "delayed_cycle"
GOOD = {RESPONSE, "weeks_to_progression", "nadir"}
"""Of these more is better; of all other outcomes less is."""


def size_mm(treated: Treated, parameters: Array, plan: ChemoPlan | None, times_d: Array) -> Array:
    """Sum of longest diameters (draw, time)."""
    doses = (*treated.doses, *doses_of(plan, treated))
    first = min((d.time_d for d in doses), default=0.0)
    kills: list[tuple[Array, Array]] = []
    for drug in treated.model.drugs.values():
        own = [d for d in doses if d.drug == drug.name]
        if drug.action is not None and own:
            amounts = np.array([d.amount for d in own])
            starts = np.array([d.time_d for d in own])
            action = drug.action.action(amounts, starts, first, times_d)
            kills.append((kill_of(treated, parameters, drug), action))
    return sizes(
        times_d,
        start=column(treated, parameters, "start_mm"),
        growth_per_d=column(treated, parameters, "growth_per_d"),
        kills=kills,
    )


def neutrophils_1e9_per_l(
    treated: Treated, parameters: Array, plan: ChemoPlan | None, times_d: Array, now_d: float
) -> Array:
    """Counts (draw, time); at rest when the case begins."""
    name = treated.model.blood
    assert name is not None
    drug = treated.model.drugs[name]
    given = [d for d in (*treated.doses, *doses_of(plan, treated)) if d.drug == name]
    doses = [_dose(d, drug.base_share) for d in given]
    kinetics = [n for n in treated.model.value if n.endswith("_l_per_d") or "volume" in n]
    moves = any(n in treated.model.unknown for n in kinetics)
    drawn = {n: column(treated, parameters if moves else parameters[:1], n) for n in kinetics}
    marrow = Marrow(
        baseline_1e9_per_l=column(treated, parameters, "baseline_1e9_per_l"),
        mean_transit_d=column(treated, parameters, "mean_transit_d"),
        feedback=column(treated, parameters, "feedback"),
        slope_l_per_mg=column(treated, parameters, "slope_l_per_mg"),
    )
    effect = expose(doses, disposition(drawn), drug=name)
    return counts_1e9_per_l(effect, marrow, times_d, events_d=np.array([0.0, now_d]))


def _dose(given: Given, share: float) -> Dose:
    return Dose(
        drug=given.drug,
        time_d=given.time_d,
        amount_mg=given.amount * share,
        infusion_d=given.infusion_d,
    )


def of_plan(
    treated: Treated, now_h: float, parameters: Array, plan: ChemoPlan
) -> tuple[Outcome, ...]:
    """Every outcome that the variant knows."""
    now = now_h / HOURS_PER_D
    found: list[Outcome] = []
    if treated.model.has_size:
        found += _of_size(treated, parameters, plan, now)
    if treated.model.has_blood:
        found += _of_blood(treated, parameters, plan, now)
    return tuple(found)


def _of_size(treated: Treated, parameters: Array, plan: ChemoPlan, now: float) -> list[Outcome]:
    begun = min((d.time_d for d in treated.doses), default=now)
    past = np.append(np.arange(begun, now, WEEK_D), now)
    times = np.append(past, now + WEEK_D * np.arange(1, LONGEST_WEEKS + 1))
    size, here, named = size_mm(treated, parameters, plan, times), len(past) - 1, limits()
    seen = slice(0, here + SIZE_WEEKS[-1] + 1)
    early = response(times[seen], size[:, seen], power=DIAMETER, limits=named)
    whole = response(times, size, power=DIAMETER, limits=named)
    ratios = [
        Outcome(
            name=f"size_{week}_weeks",
            unit="1",
            draws=size[:, here + week] / size[:, here],
            words=f"Sum of longest diameters after {week} weeks, of that now",
        )
        for week in SIZE_WEEKS
    ]
    return [
        *ratios,
        Outcome(
            name=RESPONSE,
            unit="1",
            draws=early.responded.astype(np.float64),
            words=f"Probability that the sum falls {named.response:.0%} below that at the start of "
            f"treatment within {SIZE_WEEKS[-1]} weeks (RECIST 1.1, without new lesions)",
        ),
        Outcome(
            name="weeks_to_progression",
            unit="wk",
            draws=np.clip((whole.progression_d - now) / WEEK_D, 0.0, float(LONGEST_WEEKS)),
            words=f"Weeks from now until the sum is {named.progression:.0%} above its smallest "
            f"since treatment began, at most {LONGEST_WEEKS}",
        ),
    ]


def _of_blood(treated: Treated, parameters: Array, plan: ChemoPlan, now: float) -> list[Outcome]:
    named, starts = limits(), [t for t in cycle_starts_d(plan) if t >= now - 1e-9]
    last = max([now, *(d.time_d for d in doses_of(plan, treated))])
    times = np.arange(now, last + AFTER_LAST_D + LOOK_D / 2, LOOK_D)
    both = np.concatenate([times, np.array(starts)])
    whole = neutrophils_1e9_per_l(treated, parameters, plan, both, now)
    counts, at_start = whole[:, : len(times)], whole[:, len(times) :]
    lowest = nadir(times, counts, recovered_1e9_per_l=named.retreat_1e9_per_l).count_1e9_per_l
    late = np.any(at_start < named.retreat_1e9_per_l, axis=1)
    return [
        Outcome(
            name="nadir",
            unit="10*9/L",
            draws=lowest,
            words=f"Lowest neutrophil count until {AFTER_LAST_D:g} d after the last dose",
            harm_below=named.life_threatening_1e9_per_l,
        ),
        *_below("life_threatening", named.life_threatening_1e9_per_l, "4", counts, lowest),
        *_below("severe", named.severe_1e9_per_l, "3 or 4", counts, lowest),
        Outcome(
            name=DELAYED,
            unit="1",
            draws=late.astype(np.float64),
            words=f"Probability that a count is below {named.retreat_1e9_per_l:g}e9/L on the day "
            "of a planned cycle, so that it cannot be given on time",
        ),
        _recovery(times, counts, starts or [now], named.retreat_1e9_per_l),
    ]


def _below(name: str, limit: float, grade: str, counts: Array, lowest: Array) -> list[Outcome]:
    days = np.asarray(np.sum(counts < limit, axis=1) * LOOK_D, dtype=np.float64)
    return [
        Outcome(
            name=f"days_{name}",
            unit="d",
            draws=days,
            words=f"Days below {limit:g}e9/L in all cycles",
        ),
        Outcome(
            name=f"{name}_neutropenia",
            unit="1",
            draws=(lowest < limit).astype(np.float64),
            words=f"Probability of a count below {limit:g}e9/L (CTCAE grade {grade})",
        ),
    ]


def _recovery(times: Array, counts: Array, starts: Sequence[float], enough: float) -> Outcome:
    begin = starts[0]
    until = starts[1] if len(starts) > 1 else begin + AFTER_LAST_D
    cycle = (times >= begin - 1e-9) & (times <= until + 1e-9)
    first = nadir(times[cycle], counts[:, cycle], recovered_1e9_per_l=enough)
    days = np.minimum(first.recovered_d, until) - begin
    return Outcome(
        name="days_to_recovery",
        unit="d",
        draws=np.where(first.count_1e9_per_l < enough, days, 0.0),
        words=f"Days from the first dose planned until {enough:g}e9/L is reached again, at most "
        "those until the next cycle",
    )


@dataclass(frozen=True)
class EffectAgainstToxicity:
    """What is wanted of a regimen; with `weights` by outcome their sum, harm counted against it."""

    has_size: bool
    has_blood: bool
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def words(self) -> str:
        """The preference in a sentence."""
        if self.weights:
            said = ", ".join(
                f"{name} {w if name in GOOD else -w:+g}" for name, w in self.weights.items()
            )
            return f"The sum of the outcomes, each times its weight as the user gave it: {said}."
        if self.has_size and self.has_blood:
            return (
                "A response (RECIST 1.1) without life-threatening neutropenia counts one, all else "
                "nothing; one who weighs them otherwise should say so."
            )
        if self.has_size:
            return "A response (RECIST 1.1) counts one; harm is not known here and counts not."
        return (
            "No life-threatening neutropenia and no delayed cycle count one. The effect on the "
            "tumour is not known here: compare only regimens held to be equally effective."
        )

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Value of each draw (draw,)."""
        if self.weights:
            strange = sorted(set(self.weights) - set(outcomes))
            if strange:
                raise InvalidInputError(
                    f"There is no outcome '{strange[0][:40]}' to weigh. There are: "
                    f"{', '.join(outcomes)}."
                )
            signed: Sequence[Array] = [
                (w if name in GOOD else -w) * outcomes[name].draws
                for name, w in self.weights.items()
            ]
            return np.sum(signed, axis=0)
        spared = 1.0 - outcomes[LIFE_THREATENING].draws if self.has_blood else np.ones(1)
        if self.has_size:
            return outcomes[RESPONSE].draws * spared
        return spared * (1.0 - outcomes[DELAYED].draws)
