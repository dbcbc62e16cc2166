"""Validate: replay every patient of the store in time order, and score each forecast."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.forecast_score import score_forecast
from bodytwin.contract.replay import replay
from bodytwin.contract.twin import Twin
from bodytwin.errors import MissingDataError, Refusal
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.record import Record
from bodytwin.service.choice import choose
from bodytwin.service.evidence import cards
from bodytwin.service.workspace import Workspace
from bodytwin.store.records import patients, read_record
from bodytwin.validity.score import Score
from bodytwin.validity.scorecard import ScoreCard


@dataclass(frozen=True, kw_only=True, eq=False)
class Validation:
    """A card for each quantity; how many patients were left out, by the reason.

    `withheld` counts forecasts scored although they would not have been shown,
    because the model did not fit the patient until then.
    """

    twin: str
    variant: str
    cards: tuple[ScoreCard, ...]
    patients: int
    left_out: Mapping[str, int]
    withheld: int


def validate(
    workspace: Workspace,
    *,
    variant: str,
    twin: str | None = None,
    draws: int = 1000,
    seed: int = 0,
    only_last: bool = False,
    progress: Progress = silent,
) -> Validation:
    """Forecast each measurement of each patient from the earlier ones only.

    The population is the published one, so no patient's own data are in it.
    """
    found, rest = _twin(workspace, twin, variant), patients(workspace.store)
    left_out: Counter[str] = Counter()
    scores: list[Score] = []
    withheld = judged = 0
    for i, summary in enumerate(rest):
        progress(f"Replaying patient {i + 1} of {len(rest)}", i / len(rest))
        record = read_record(workspace.store, summary.patient)
        if variant not in found.candidates(record):
            continue
        rng = np.random.default_rng([seed, i])
        try:
            said = list(
                replay(found, record, variant=variant, draws=draws, seed=seed, only_last=only_last)
            )
        except Refusal as refusal:
            left_out[type(refusal).__name__] += 1
            continue
        if not said:
            left_out["fewer than two measurements"] += 1
            continue
        judged += 1
        withheld += sum(not r.shown for r in said)
        scores += [s for r in said for s in score_forecast(r.forecast, r.outcome, rng=rng)]
    if not scores:
        raise MissingDataError(
            f"No patient of this store has two measurements that {variant} can use."
        )
    progress("Replayed", 1.0)
    return Validation(
        twin=found.name,
        variant=variant,
        cards=cards(scores),
        patients=judged,
        left_out=dict(left_out),
        withheld=withheld,
    )


def _twin(workspace: Workspace, twin: str | None, variant: str) -> Twin:
    nobody = Record(patient="")
    return choose(workspace, nobody, twin=twin, variants=(variant,)).twin
