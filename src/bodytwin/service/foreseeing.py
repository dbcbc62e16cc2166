"""Validate on a table: forecast its patients from the others of the same table, and score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, Measurement
from bodytwin.contract.catalogue import catalogue
from bodytwin.contract.twin import ForeseeingTwin, Twin
from bodytwin.errors import InvalidInputError, MissingDataError, NotFoundError, Refusal
from bodytwin.importers import tumour_table
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.validity.baseline import carried_forward
from bodytwin.validity.score import About, Outcome, Score, score

Array = NDArray[np.float64]
FEWEST_SEEN = 2
"""Measurements before a forecast: so many that a trend can be carried forward too."""
HORIZONS_WEEKS = (0.0, 6.0, 12.0, 26.0, float("inf"))
LONG, HELD_OUT = 6, 2
"""The protocol of TumorGrowth.jl: of those with at least six, the last two are held out."""
AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How forecasts did that looked equally far ahead; errors and CRPS in `unit`.

    `mae_last` is of the last value carried forward, `mae_trend` of the exponential trend of the
    last two, `crps_last` of the last value with the spread of other patients' steps.
    """

    words: str
    forecasts: int
    patients: int
    mae: float
    mae_last: float
    mae_trend: float
    crps: float
    crps_last: float
    coverage90: float
    skill: float


@dataclass(frozen=True, kw_only=True, eq=False)
class TableValidation:
    """What came of a table; `verdict` says in a sentence whether the twin has skill."""

    twin: str
    variant: str
    patients: int
    left_out: int
    folds: int
    unit: str
    largest: float
    horizons: tuple[Horizon, ...]
    held_out: Horizon | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One forecast to make: from which case, of what; and what the naive ones say."""

    case: Case[Any]
    outcome: tuple[Measurement, ...]
    seen: tuple[Measurement, ...]
    last_two: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class _Judged:
    score: Score
    trend: float
    last_two: bool


def read_table(path: Path) -> bytes:
    """The bytes of a table. Raises NotFoundError where there is no such file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"There is no table to read at {path.name}.") from error


def validate_table(
    *,
    twin: str,
    data: bytes,
    folds: int,
    draws: int = 1000,
    seed: int = 0,
    progress: Progress = silent,
) -> TableValidation:
    """Forecast patients of each of `folds` groups with the population of the other groups.

    From the second measurement of a patient on, the next two are forecast at each. No store is
    opened: the table is all that is looked at, and nothing of it is kept.
    """
    found = catalogue().twin(twin)
    if not isinstance(found, ForeseeingTwin):
        raise InvalidInputError(f"The twin {twin} cannot be validated on a table alone.")
    variant = _variant(found)
    cases, left_out = _cases(found, variant, data)
    if not 2 <= folds <= len(cases):
        raise MissingDataError(f"{len(cases)} patients cannot be split into {folds} groups.")
    judged: list[_Judged] = []
    rng = np.random.default_rng(seed)
    group = rng.permutation(len(cases)) % folds
    progress("Learning from all, to start from", 0.0)
    whole = found.learn(cases, variant=variant)
    for k in range(folds):
        progress(f"Leaving out group {k + 1} of {folds}", (k + 0.5) / (folds + 1))
        kept = [c for c, g in zip(cases, group, strict=True) if g != k]
        learned = cast(ForeseeingTwin, found.learn(kept, variant=variant, near=whole))
        mine = [c for c, g in zip(cases, group, strict=True) if g == k]
        judged += _fold(learned, [a for c in mine for a in _asked(found, c)], variant, draws, rng)
    progress("Scoring", 0.95)
    judged = [
        replace(j, score=s)
        for j, s in zip(judged, carried_forward([j.score for j in judged]), strict=True)
    ]
    return _summed(found, variant, judged, len(cases), left_out, folds)


def _variant(twin: Twin) -> str:
    if len(twin.variants) != 1:
        raise NotFoundError(f"Say which of {', '.join(twin.variants)}.")
    return next(iter(twin.variants))


def _cases(twin: Twin, variant: str, data: bytes) -> tuple[list[Case[Any]], int]:
    cases: list[Case[Any]] = []
    left_out = 0
    for record in tumour_table.read(data):
        try:
            cases.append(twin.observe(record, variant=variant))
        except Refusal:
            left_out += 1
    return cases, left_out


def _asked(twin: ForeseeingTwin, case: Case[Any]) -> Iterator[_Asked]:
    """The forecasts of one patient; the readings after each are not in its case."""
    seen = [twin.as_foreseen(m) for m in case.measurements]
    for k in range(FEWEST_SEEN, len(seen)):
        known = case.measurements[:k]
        later = tuple(m for m in seen[k : k + 2] if m.time_h > known[-1].time_h)
        yield _Asked(
            case=replace(case, measurements=known),
            outcome=later,
            seen=tuple(seen[:k]),
            last_two=len(seen) >= LONG and k == len(seen) - HELD_OUT,
        )


def _fold(
    twin: ForeseeingTwin, asked: Sequence[_Asked], variant: str, draws: int,
    rng: np.random.Generator,
) -> Iterator[_Judged]:  # fmt: skip
    for begin in range(0, len(asked), AT_ONCE):
        part = asked[begin : begin + AT_ONCE]
        targets = [[m.target for m in a.outcome] for a in part]
        said = twin.foresee([a.case for a in part], targets, variant=variant, draws=draws, rng=rng)
        nothing = [replace(a.case, measurements=()) for a in part]
        before = twin.foresee(nothing, targets, variant=variant, draws=draws, rng=rng)
        for a, draw, prior in zip(part, said, before, strict=True):
            for j, m in enumerate(a.outcome):
                about = About(
                    twin=a.case.twin, version=a.case.version, variant=variant,
                    patient=a.case.patient, quantity=m.quantity, unit=m.unit,
                    issued_h=a.seen[-1].time_h, time_h=m.time_h,
                )  # fmt: skip
                scored = score(
                    about, Outcome(value=m.value, censoring=m.censoring),
                    draws=draw[:, j], prior_draws=prior[:, j],
                    last_value=a.seen[-1].value, rng=rng,
                )  # fmt: skip
                yield _Judged(score=scored, trend=_trend(a.seen, m), last_two=a.last_two)


def _trend(seen: Sequence[Measurement], of: Measurement) -> float:
    """The exponential trend of the last two values; the last one, where there is none."""
    first, last = seen[-2], seen[-1]
    span = last.time_h - first.time_h
    if span <= 0 or first.value <= 0 or last.value <= 0:
        return last.value
    with np.errstate(over="ignore"):
        steps = (of.time_h - last.time_h) / span
        return float(last.value * np.exp(min(steps * np.log(last.value / first.value), 300.0)))


def _summed(
    twin: Twin, variant: str, judged: Sequence[_Judged], patients: int, left_out: int, folds: int
) -> TableValidation:
    if not judged:
        raise MissingDataError("No patient has three sizes; nothing can be forecast and checked.")
    edges = zip(HORIZONS_WEEKS[:-1], HORIZONS_WEEKS[1:], strict=True)
    rows = [_horizon(_named(low, high), _within(judged, low, high)) for low, high in edges]
    found = tuple(r for r in rows if r is not None)
    return TableValidation(
        twin=twin.name,
        variant=variant,
        patients=patients,
        left_out=left_out,
        folds=folds,
        unit=judged[0].score.about.unit,
        largest=max(max(j.score.observed, j.score.last_value) for j in judged),
        horizons=found,
        held_out=_horizon(
            "the last two of patients with six or more", [j for j in judged if j.last_two]
        ),
        verdict=_verdict(found),
    )


def _named(low: float, high: float) -> str:
    return f"over {low:g} weeks" if np.isinf(high) else f"{low:g} to {high:g} weeks"


def _within(judged: Sequence[_Judged], low: float, high: float) -> list[_Judged]:
    return [j for j in judged if low < j.score.about.horizon_h / 168.0 <= high]


def _horizon(words: str, judged: Sequence[_Judged]) -> Horizon | None:
    if not judged:
        return None
    scores = [j.score for j in judged]
    y = np.array([s.observed for s in scores])
    crps = float(np.mean([s.crps for s in scores]))
    last = float(np.mean([s.crps_last for s in scores]))

    def mae(said: Sequence[float]) -> float:
        """Mean absolute error; what is said to lie below a limit that holds misses by nothing."""
        below = np.array([s.censoring < 0 for s in scores])
        value = np.where(below, np.maximum(said, y), said)
        return float(np.mean(np.abs(value - y)))

    return Horizon(
        words=words,
        forecasts=len(scores),
        patients=len({s.about.patient for s in scores}),
        mae=mae([s.median for s in scores]),
        mae_last=mae([s.last_value for s in scores]),
        mae_trend=mae([j.trend for j in judged]),
        crps=crps,
        crps_last=last,
        coverage90=float(np.mean([s.covered90 for s in scores])),
        skill=1 - crps / last if last > 0 else float("nan"),
    )


def _verdict(horizons: Sequence[Horizon]) -> str:
    better = [h.words for h in horizons if h.mae < h.mae_last and h.skill > 0]
    if len(better) == len(horizons):
        return "The twin beats the last value carried forward at every horizon."
    where = f"only at {', '.join(better)}" if better else "at no horizon"
    return (
        f"The twin beats the last value carried forward, by error and by CRPS, {where}; "
        "it describes, and ranks no options."
    )
