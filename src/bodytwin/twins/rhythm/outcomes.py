"""What a plan leads to: can a tachycardia still be induced, how much is burnt, how wide is QRS?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, Target
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome
from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.twins.rhythm.interventions import Ablation, Drug, Intervention, Pacing, RhythmPlan
from bodytwin.twins.rhythm.model.ablation import Lesion, burnt, sized
from bodytwin.twins.rhythm.model.drugs import effects
from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.protocol import Protocol, conducting_near
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.screening import SiteResult, screen
from bodytwin.twins.rhythm.model.sinus import sinus_arrival_ms
from bodytwin.twins.rhythm.model.substrate import Drugged, substrate
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.observe import Imaged
from bodytwin.twins.rhythm.parameters import NAMES

Array = NDArray[np.float64]
INTERVALS = ("QRS duration", "QT interval")
LAST = 0.995
"""The share of muscle by whose activation QRS ends: the last voxels of a grid are artefacts."""


def unknowns_of(row: Array) -> dict[str, float]:
    """One draw by name."""
    return dict(zip(NAMES, map(float, row), strict=True))


def lesions_of(plan: Plan[Intervention] | None, share: float) -> tuple[Lesion, ...]:
    """What is burnt under a plan, when lesions come out `share` times as large as planned."""
    made = [
        Lesion(points_mm=i.points_mm, radius_mm=i.radius_mm)
        for i in (plan.interventions if plan else ())
        if isinstance(i, Ablation)
    ]
    return sized(made, share)


def waves_of(heart: Heart, row: Array, plan: Plan[Intervention] | None = None) -> Waves:
    """One draw of the heart, after what the plan does to it."""
    unknowns = unknowns_of(row)
    treated = burnt(heart, lesions_of(plan, unknowns["lesion_radius_share"]))
    drug = drugged(plan)
    return Waves(heart=treated, substrate=substrate(treated, unknowns, ten_tusscher(), drug))


def drugged(plan: Plan[Intervention] | None) -> Drugged:
    """What the drugs of a plan do together, each as if it were alone."""
    together = Drugged()
    for item in plan.interventions if plan else ():
        if isinstance(item, Drug):
            one = effects(item.name, item.multiple)
            together = Drugged(
                **{f.name: getattr(together, f.name) * getattr(one, f.name) for f in fields(one)}
            )
    return together


def intervals_ms(heart: Heart, row: Array, plan: Plan[Intervention] | None) -> tuple[float, float]:
    """Duration of QRS and QT interval: of paced beats where the plan paces, else of sinus beats."""
    waves, arrival = beat(heart, row, plan)
    return _intervals_ms(waves, arrival)


def beat(heart: Heart, row: Array, plan: Plan[Intervention] | None) -> tuple[Waves, Array]:
    """The heart under a plan, and the activation (n,) of one beat: paced, or else of sinus."""
    waves = waves_of(heart, row, plan)
    pacing = [i for i in (plan.interventions if plan else ()) if isinstance(i, Pacing)]
    if pacing:
        return waves, paced_arrival_ms(waves, pacing)
    return waves, sinus_arrival_ms(waves, unknowns_of(row)["endocardial_speedup"])


def _intervals_ms(waves: Waves, arrival: Array) -> tuple[float, float]:
    reached = arrival[np.isfinite(arrival)]
    kind, table = waves.substrate.kind, waves.substrate.restitution
    rested = table.apd_ms[:, -1][kind] * waves.substrate.apd_share
    back = (arrival + rested)[np.isfinite(arrival)]
    first = float(reached.min())
    return float(np.quantile(reached, LAST)) - first, float(np.quantile(back, LAST)) - first


def paced_arrival_ms(waves: Waves, pacing: Sequence[Pacing]) -> Array:
    """Activation of each voxel (n,) of a beat paced from all sites of some pacings."""
    heart = waves.heart
    sources = [conducting_near(heart, _site(heart, s)) for p in pacing for s in p.sites]
    return waves.arrival_ms(sources, [d for p in pacing for d in p.delays_ms])


def _site(heart: Heart, name: str) -> int:
    if name not in heart.sites:
        raise InvalidPlanError(
            f"There is no site '{name[:40]}'. There are: {', '.join(heart.sites)}."
        )
    return heart.sites[name]


def predicted(
    case: Case[Imaged], parameters: Array, plan: RhythmPlan | None, targets: Sequence[Target]
) -> Array:
    """True intervals and times at the points of the map, (draw, target), of one beat each.

    A plan acts from the time of the case on.
    """
    mapped = case.inputs.mapped
    columns = {
        name: k for k, name in enumerate((*INTERVALS, *(mapped.quantities if mapped else ())))
    }
    for target in targets:
        if target.quantity not in columns or target.unit != "ms":
            raise InvalidInputError(
                f"This twin predicts {' and '.join(INTERVALS)} in ms, and activation at the points "
                f"of a map where the case has one; asked for {target.quantity} in {target.unit}."
            )
    later = np.array([t.time_h > case.now_h for t in targets])
    acts = plan is not None and bool(plan.interventions) and bool(later.any())
    found = np.empty((len(parameters), len(targets)))
    for k, row in enumerate(parameters):
        before = _seen_ms(case.inputs, row, None)
        after = _seen_ms(case.inputs, row, plan) if acts else before
        for j, target in enumerate(targets):
            found[k, j] = (after if later[j] else before)[columns[target.quantity]]
    return found


def _seen_ms(inputs: Imaged, row: Array, plan: RhythmPlan | None) -> Array:
    """What can be measured of one beat: INTERVALS, then the points of the map."""
    waves, arrival = beat(inputs.heart, row, plan)
    intervals = np.array(_intervals_ms(waves, arrival))
    if inputs.mapped is None:
        return intervals
    return np.concatenate([intervals, inputs.mapped.predicted_ms(arrival)])


@dataclass(frozen=True, kw_only=True, eq=False)
class Screened:
    """Stimulation from every site, for each draw: `results` (draw) of sites."""

    results: tuple[tuple[SiteResult, ...], ...]

    @property
    def inducible(self) -> Array:
        """1 where a tachycardia was induced from some site, else 0, (draw,)."""
        return np.array([float(any(r.inducible for r in draw)) for draw in self.results])

    @property
    def sites(self) -> Array:
        """From how many sites, (draw,)."""
        return np.array([float(sum(r.inducible for r in draw)) for draw in self.results])


def screened(
    case: Case[Imaged],
    parameters: Array,
    plan: RhythmPlan,
    protocol: Protocol,
    progress: Progress = silent,
    *,
    sites: Sequence[str] = (),
) -> Screened:
    """Programmed stimulation of every draw of the heart under a plan, from all sites or some."""
    found: list[tuple[SiteResult, ...]] = []
    total = len(parameters)
    for k, row in enumerate(parameters):

        def report(what: str, share: float, k: int = k) -> None:
            progress(f"{plan.name}: heart {k + 1} of {total}. {what}", (k + share) / total)

        waves = waves_of(case.inputs.heart, row, plan)
        found.append(screen(waves, protocol, sites=sites, report=report))
    return Screened(results=tuple(found))


def of_plan(
    case: Case[Imaged],
    parameters: Array,
    plan: RhythmPlan,
    protocol: Protocol,
    progress: Progress = silent,
) -> tuple[Outcome, ...]:
    """What a decision rests on, draw by draw."""
    heart = case.inputs.heart
    seen = screened(case, parameters, plan, protocol, progress)
    intervals = np.array([intervals_ms(heart, row, plan) for row in parameters])
    burnt_ml = np.array(
        [waves_of(heart, row, plan).heart.volume_ml(Tissue.LESION) for row in parameters]
    )
    return (
        Outcome(
            name="inducible",
            unit="1",
            draws=seen.inducible,
            words="1 where programmed stimulation from some site leads to a sustained tachycardia",
            high=0.5,
            low=0.0,
        ),
        Outcome(
            name="inducible sites",
            unit="1",
            draws=seen.sites,
            words="From how many of the sites a tachycardia can be induced",
        ),
        Outcome(
            name="burnt muscle", unit="mL", draws=burnt_ml, words="Conducting muscle that is burnt"
        ),
        Outcome(
            name="QRS duration",
            unit="ms",
            draws=intervals[:, 0],
            words="Time from the first to the last activation of the ventricles",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHeart:
    """Prefer a heart that cannot be thrown into a tachycardia, with as little burnt as possible."""

    per_ml: float = 0.02
    per_ms: float = 0.001
    normal_qrs_ms: float = 110.0

    @property
    def words(self) -> str:
        """The preference, weights included."""
        return (
            "An inducible heart costs 1, each millilitre of burnt muscle "
            f"{self.per_ml:g}, each millisecond of QRS beyond {self.normal_qrs_ms:g} "
            f"{self.per_ms:g}."
        )

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Value of each draw (draw,); larger is better."""
        wide = np.maximum(outcomes["QRS duration"].draws - self.normal_qrs_ms, 0.0)
        return -(
            outcomes["inducible"].draws
            + self.per_ml * outcomes["burnt muscle"].draws
            + self.per_ms * wide
        )
