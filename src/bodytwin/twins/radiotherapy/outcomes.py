"""What a course does: control of the tumour, complications, and doses of targets and organs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome
from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.boost import boost_per_gy
from bodytwin.twins.radiotherapy.interventions import (
    Continue,
    Fractions,
    RadiotherapyPlan,
    lasts_d,
)
from bodytwin.twins.radiotherapy.model.delivered import Delivered, Part, delivered
from bodytwin.twins.radiotherapy.model.ntcp_sets import NtcpSet
from bodytwin.twins.radiotherapy.observe import Course
from bodytwin.twins.radiotherapy.parameters import (
    DELIVERED,
    TUMOUR,
    complication_of,
    has_tumour,
    prior_of,
    table,
    tumour_of,
)

Array = NDArray[np.float64]
CONTROL = "tumour_control"
NEAR_MAX_CM3 = 0.1


@dataclass(frozen=True, eq=False)
class Given:
    """So many fractions of so much dose to the target, spread as planned or as in `fraction_gy`.

    `fraction_gy` (nx, ny, nz) is the dose of one such fraction on the image of the course.
    """

    count: int
    dose_gy: float
    fraction_gy: NDArray[np.floating] | None = None

    def to(self, course: Course, region: str) -> Array:
        """The dose (voxels,) of all of these fractions in a region."""
        if self.fraction_gy is not None:
            return self.count * self.fraction_gy[course.anatomy.masks[region]].astype(np.float64)
        each = course.per_fraction_gy(region) / course.fraction_gy
        return self.count * self.dose_gy * each


def given_under(course: Course, plan: RadiotherapyPlan | None) -> tuple[Given, ...]:
    """Everything that is given in the end: what was given, and what the plan adds."""
    parts = [Given(course.given, course.fraction_gy)]
    boosts: list[Given] = []
    for item in plan.interventions if plan else ():
        match item:
            case Continue():
                parts.append(Given(max(0, course.fractions - course.given), course.fraction_gy))
            case Fractions(count=count, dose_gy=dose, boost=None):
                parts.append(Given(count, dose))
            case Fractions(count=count, dose_gy=dose, boost=region):
                boosts.append(Given(count, dose, dose * boost_per_gy(course, region or "")))
    joined: dict[float, int] = {}
    for part in parts:
        joined[part.dose_gy] = joined.get(part.dose_gy, 0) + part.count
    return (*(Given(count, dose) for dose, count in joined.items() if count), *boosts)


def lasts_for_d(course: Course, parts: Sequence[Given]) -> float:
    """Days from the first fraction to the last, five a week after what was given."""
    total = sum(p.count for p in parts)
    if not course.given:
        return float(lasts_d(total))
    return course.given_d[-1] + lasts_d(total - course.given + 1)


def received(course: Course, region: str, parts: Sequence[Given]) -> Delivered:
    """The doses of the voxels of a region."""
    made = [Part(dose_gy=p.to(course, region), fractions=p.count) for p in parts]
    return delivered(made, course.anatomy.voxel_cm3)


def of_course(
    course: Course, variant: str, parameters: Array, parts: Sequence[Given]
) -> tuple[Outcome, ...]:
    """Every outcome of what is given in all, for parameters (draw, parameter).

    Raises:
        OutsidePopulationError: fractions that the studies behind a set did not have.

    """
    if not parts:
        raise InvalidInputError("No fraction was given and none is planned: there is no dose.")
    draws = _by_name(course, variant, parameters)
    share = draws[DELIVERED]
    found: list[Outcome] = []
    if has_tumour(variant):
        found.append(_control(course, variant, parts, draws))
    for organ, region in course.organs.items():
        got = received(course, region, parts)
        complication = complication_of(organ)
        if complication is not None:
            found.append(_complication(organ, complication, got, parts, draws))
        found.append(_organ_dose(organ, region, got, share))
    target = received(course, course.target, parts).planned
    found.append(
        Outcome(
            name="target_d95_gy",
            unit="Gy",
            draws=share * target.dose_at_gy(95.0),
            words=f"Dose that 95 % of {course.target} receive at least",
        )
    )
    return tuple(found)


def fraction_checks(course: Course, variant: str) -> list[Callable[[float], None]]:
    """For each set in use, what raises where its patients did not have such fractions."""
    found = [tumour_of(variant).require_fractions_of] if has_tumour(variant) else []
    sets = [complication_of(organ) for organ in course.organs]
    return found + [s.require_fractions_of for s in sets if s is not None]


def complications(outcomes: Mapping[str, Outcome]) -> list[Outcome]:
    """The outcomes that are probabilities of a complication."""
    return [o for name, o in outcomes.items() if o.unit == "1" and name != CONTROL]


@dataclass(frozen=True)
class UncomplicatedControl:
    """Control of the tumour without any of the complications, weighed where weights are given.

    Without weights the probability of control and no complication, those being independent;
    with weights by outcome the sum of control times its weight less those of complications.
    """

    weights: Mapping[str, float] | None = None

    @property
    def words(self) -> str:
        """The preference in a sentence."""
        if self.weights is None:
            return (
                "The probability of tumour control, where it is asked about, with none of the "
                "complications, each independent of the others."
            )
        said = ", ".join(f"{name} {w:g}" for name, w in self.weights.items())
        return f"Tumour control less complications, each times its weight: {said}."

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Value of each draw, (draw,)."""
        if self.weights is not None:
            strange = set(self.weights) - set(outcomes)
            if strange:
                raise InvalidInputError(
                    f"There is no outcome '{min(strange)[:40]}' to weigh. There are: "
                    f"{', '.join(o for o, v in outcomes.items() if v.unit == '1')}."
                )
            signed = [
                (w if name == CONTROL else -w) * outcomes[name].draws
                for name, w in self.weights.items()
            ]
            return np.sum(signed, axis=0)
        free = np.prod([1.0 - o.draws for o in complications(outcomes)], axis=0)
        return np.asarray(free * outcomes[CONTROL].draws if CONTROL in outcomes else free)


def _by_name(course: Course, variant: str, parameters: Array) -> dict[str, Array]:
    names = prior_of(variant, tuple(course.organs)).names
    return {name: parameters[:, k] for k, name in enumerate(names)}


def _of(whose: str, draws: Mapping[str, Array]) -> dict[str, Array]:
    start = f"{whose}."
    return {n.removeprefix(start): d for n, d in draws.items() if n.startswith(start)}


def _control(
    course: Course, variant: str, parts: Sequence[Given], draws: Mapping[str, Array]
) -> Outcome:
    found = tumour_of(variant)
    for part in parts:
        found.require_fractions_of(part.dose_gy)
    values = {n: e.value for n, e in found.parameters.items()} | _of(TUMOUR, draws)
    control = found.cells(values).control_of_course(
        received(course, course.target, parts),
        draws[DELIVERED],
        duration_d=lasts_for_d(course, parts),
    )
    words = f"Probability of {found.endpoint}: {found.tumour}"
    return Outcome(name=CONTROL, unit="1", draws=control, words=words)


def _complication(
    organ: str,
    complication: NtcpSet,
    got: Delivered,
    parts: Sequence[Given],
    draws: Mapping[str, Array],
) -> Outcome:
    for part in parts:
        complication.require_fractions_of(part.dose_gy)
    return Outcome(
        name=f"{organ}_complication",
        unit="1",
        draws=complication.across(got, draws[DELIVERED], _of(organ, draws)),
        words=f"Probability of {complication.endpoint} ({complication.organ})",
    )


def _organ_dose(organ: str, region: str, got: Delivered, share: Array) -> Outcome:
    """Mean or near-maximum dose, whichever the limit of the organ is about."""
    limit = table("organs")[organ].get("limit", {})
    seen = got.planned
    if "near_max_gy" in limit:
        dose = seen.dose_at_cm3_gy(min(NEAR_MAX_CM3, seen.total_cm3))
        name, words = f"{organ}_near_max_gy", f"Dose of the hottest {NEAR_MAX_CM3:g} cm3 of"
    else:
        dose, name, words = seen.mean_gy, f"{organ}_mean_gy", "Mean dose of"
    harm = limit.get("near_max_gy", limit.get("mean_gy"))
    said = f"{words} {region}" + (f"; limit {harm:g} Gy: {limit['words']}" if harm else "")
    return Outcome(name=name, unit="Gy", draws=share * dose, words=said, harm_above=harm)
