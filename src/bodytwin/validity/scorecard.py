"""How a twin's forecasts of one quantity fared over patients, and what that entitles it to.

A card is of one (twin, version, variant, quantity): never of "the twin". Every
interval is over patients, not forecasts, because forecasts in one patient fail
together. CRPS skill is 1 − mean CRPS / mean CRPS of the reference, over the
forecasts that have both.

Source of rRMSE and relative bias: Sheiner & Beal, J Pharmacokinet Biopharm
9:503 (1981), with (predicted − observed) / observed.
Not for: goodness of fit to data the twin had seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from bodytwin.errors import InvalidInputError
from bodytwin.validity.baseline import carried_forward
from bodytwin.validity.bootstrap import Clusters, Estimate
from bodytwin.validity.claim import Level
from bodytwin.validity.gate import Gates, GateVerdict, Standing, entitled, judge
from bodytwin.validity.score import Score, error_in_sd

Array = NDArray[np.float64]

NEAR = 0.2
"""Relative error within which a forecast counts as near."""
FAILED_SHARE = 0.01
"""Largest share of forecasts of which no draw could be computed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreCard:
    """Figures with 95 % intervals over patients. `level` is what they entitle the twin to."""

    twin: str
    version: str
    variant: str
    quantity: str
    unit: str
    patients: int
    forecasts: int
    failed: int
    censored: int
    coverage50: Estimate
    coverage90: Estimate
    relative_rmse: Estimate
    relative_bias: Estimate
    median_absolute_relative_error: float
    share_within_20_percent: Estimate
    mean_crps: Estimate
    skill_over_population: Estimate
    skill_over_last_value: Estimate
    forecasts_with_last_value: int
    pit_p: float
    autocorrelation: float
    autocorrelation_pairs: int
    scores: tuple[Score, ...]
    verdicts: tuple[GateVerdict, ...]

    @property
    def level(self) -> Level:
        """What these forecasts entitle the twin to."""
        return entitled(self.verdicts)

    @property
    def words(self) -> str:
        """The card in a few lines for people."""
        names = {
            Level.PERSONALISED: "not (yet) entitled to call its forecasts reliable",
            Level.SCORED: "entitled to forecast; not to rank options",
            Level.DECISION: "entitled to forecast and to rank options",
        }
        head = (
            f"{self.twin} {self.version} / {self.variant}: {self.forecasts} forecasts of "
            f"{self.quantity} in {self.patients} patients; {names[self.level]}."
        )
        size = (
            f"- measured: relative RMSE {self.relative_rmse}, relative bias {self.relative_bias}, "
            f"within 20 %: {self.share_within_20_percent}."
        )
        gates = (f"- {v.standing.value}: {v.words}" for v in self.verdicts)
        return "\n".join([head, size, *gates])


def scorecard(
    scores: Sequence[Score], *, rng: np.random.Generator, gates: Gates | None = None
) -> ScoreCard:
    """Summarise the scores of one quantity by one variant, clustered by patient.

    The baseline of the last value is computed here from the cohort itself,
    leaving out the patient judged, whatever `crps_last` the scores came with.
    """
    _require_one_subject(scores)
    gates = gates or Gates()
    ordered = sorted(scores, key=lambda s: (s.about.patient, s.about.time_h, s.about.issued_h))
    done = carried_forward(ordered)
    about, n = done[0].about, len(done)
    clusters = Clusters.of([s.about.patient for s in done], rng)
    ones = np.ones(n)
    error = np.array([s.relative_error for s in done])
    known = ~np.isnan(error)
    e, k = np.where(known, error, 0.0), known.astype(np.float64)
    own, prior, last = (
        np.array([getattr(s, f) for s in done]) for f in ("crps", "crps_prior", "crps_last")
    )
    scored = np.isfinite(own).astype(np.float64)
    hits50 = np.array([s.covered50 for s in done], dtype=np.float64)
    hits90 = np.array([s.covered90 for s in done], dtype=np.float64)
    correlation, pairs = autocorrelation(done)
    figures = {
        "coverage50": clusters.estimate(_ratio, hits50, ones),
        "coverage90": clusters.estimate(_ratio, hits90, ones),
        "relative_rmse": clusters.estimate(_root, e * e, k),
        "relative_bias": clusters.estimate(_ratio, e, k),
        "share_within_20_percent": clusters.estimate(_ratio, k * (np.abs(e) <= NEAR), k),
        "mean_crps": clusters.estimate(_ratio, np.nan_to_num(own), scored),
        "skill_over_population": _skill(clusters, own, prior),
        "skill_over_last_value": _skill(clusters, own, last),
    }
    failed = int(n - scored.sum())
    pit_p = uniformity_of_pit(done, rng)
    return ScoreCard(
        twin=about.twin,
        version=about.version,
        variant=about.variant,
        quantity=about.quantity,
        unit=about.unit,
        patients=clusters.patients,
        forecasts=n,
        failed=failed,
        censored=sum(s.censoring != 0 for s in done),
        **figures,
        median_absolute_relative_error=float(np.median(np.abs(error[known])))
        if known.any()
        else float("nan"),
        forecasts_with_last_value=int(np.isfinite(last).sum()),
        pit_p=pit_p,
        autocorrelation=correlation,
        autocorrelation_pairs=pairs,
        scores=done,
        verdicts=(
            _enough(clusters.patients, gates),
            _computed(failed, n),
            _coverage("90 %", 0.9, figures["coverage90"], gates.coverage90),
            _coverage("50 %", 0.5, figures["coverage50"], gates.coverage50),
            _better("the population", figures["skill_over_population"], gates),
            _better("the last value carried forward", figures["skill_over_last_value"], gates),
            _shape(pit_p, gates),
            _memory(correlation, pairs, gates),
        ),
    )


def uniformity_of_pit(scores: Sequence[Score], rng: np.random.Generator) -> float:
    """Kolmogorov-Smirnov p of one PIT for each patient, taken at random among their forecasts."""
    groups = [
        [s.pit for s in group if np.isfinite(s.pit)]
        for _, group in groupby(scores, key=lambda s: s.about.patient)
    ]
    u = np.sort([rng.choice(g) for g in groups if g])
    n = len(u)
    if n < 2:
        return float("nan")
    step = np.arange(n)
    distance = float(max((u - step / n).max(), ((step + 1) / n - u).max()))
    # Stephens (1970): makes the limit distribution serve for small n.
    return float(kolmogorov(distance * (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n))))


def autocorrelation(scores: Sequence[Score]) -> tuple[float, int]:
    """Correlation of successive errors within patients, and of how many pairs.

    Only pairs where the later forecast was issued after the earlier outcome
    was known: there a right model leaves nothing to see. The mean is not
    subtracted, so a constant bias within patients shows too.
    """
    z = error_in_sd(list(scores))
    pairs = [
        (i, j)
        for i, j in pairwise(range(len(scores)))
        if scores[i].about.patient == scores[j].about.patient
        and scores[i].about.time_h <= scores[j].about.issued_h
        and np.isfinite(z[i] + z[j])
    ]
    if len(pairs) < 2:
        return float("nan"), len(pairs)
    a, b = z[[i for i, _ in pairs]], z[[j for _, j in pairs]]
    return float(a @ b / np.sqrt((a @ a) * (b @ b))), len(pairs)


def _require_one_subject(scores: Sequence[Score]) -> None:
    subjects = {
        (s.about.twin, s.about.version, s.about.variant, s.about.quantity, s.about.unit)
        for s in scores
    }
    if len(subjects) != 1:
        raise InvalidInputError(
            f"A card is of one twin, version, variant, quantity and unit, got {len(subjects)}. "
            "Group the scores first."
        )


def _ratio(a: Array, b: Array) -> Array:
    return a / b


def _root(a: Array, b: Array) -> Array:
    return np.sqrt(a / b)


def _saved(own: Array, reference: Array) -> Array:
    return 1 - own / reference


def _skill(clusters: Clusters, own: Array, reference: Array) -> Estimate:
    both = np.isfinite(own) & np.isfinite(reference)
    columns = np.where(both, own, 0.0), np.where(both, reference, 0.0)
    return clusters.estimate(_saved, *columns)


def _enough(patients: int, gates: Gates) -> GateVerdict:
    enough = patients >= gates.patients
    return GateVerdict(
        gate="patients",
        value=patients,
        limit=f"at least {gates.patients}",
        standing=Standing.PASSED if enough else Standing.INSUFFICIENT,
        words=f"{patients} patients were scored"
        + ("." if enough else f"; {gates.patients} are needed, so the other figures only inform."),
        needed_for=Level.SCORED,
    )


def _computed(failed: int, n: int) -> GateVerdict:
    share = failed / n
    words = f"{failed} of {n} forecasts could not be computed; each counts as not covered."
    met = share <= FAILED_SHARE
    return judge("failed runs", share, f"at most {FAILED_SHARE:g}", met, Level.SCORED, words)


def _coverage(
    name: str, nominal: float, found: Estimate, allowed: tuple[float, float]
) -> GateVerdict:
    low, high = allowed
    met = low <= found.value <= high and found.low <= nominal <= found.high
    words = f"The {name} interval held {found} of the outcomes."
    limit = f"{low:g} to {high:g}, and {nominal:g} within its interval"
    return judge(f"coverage {name}", found.value, limit, met, Level.SCORED, words)


def _better(than: str, found: Estimate, gates: Gates) -> GateVerdict:
    words = f"CRPS skill over {than} is {found}."
    limit, met = f"lower end above {gates.skill:g}", found.low > gates.skill
    return judge(f"skill over {than}", found.value, limit, met, Level.DECISION, words)


def _shape(p: float, gates: Gates) -> GateVerdict:
    words = f"Outcomes fall evenly over their forecasts with p = {p:.2g}, one for each patient."
    limit, met = f"p above {gates.pit_p:g}", p > gates.pit_p
    return judge("even PIT", p, limit, met, Level.DECISION, words)


def _memory(found: float, pairs: int, gates: Gates) -> GateVerdict:
    value = found if pairs >= gates.pairs else float("nan")
    words = f"Successive errors in a patient correlate by {found:.2f} ({pairs} pairs)."
    limit, met = f"within ±{gates.autocorrelation:g}", abs(found) < gates.autocorrelation
    return judge("memory of errors", value, limit, met, None, words)
