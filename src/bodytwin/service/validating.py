"""Validate: forecast every patient of the store in time order, and score each forecast."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.cross_validate import cross_validate
from bodytwin.contract.forecast_score import score_forecast
from bodytwin.contract.replay import Replayed, replay
from bodytwin.contract.twin import Twin
from bodytwin.errors import MissingDataError, Refusal
from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.record import Record
from bodytwin.service.access import granted_many
from bodytwin.service.choice import choose
from bodytwin.service.evidence import cards
from bodytwin.service.workspace import Workspace
from bodytwin.store.people import everyone
from bodytwin.store.records import read_record
from bodytwin.validity.score import Score
from bodytwin.validity.scorecard import ScoreCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How the forecasts are made, and with which population.

    The population is learned anew from the other patients, leaving out one at
    a time or one of `folds` groups. With `published` it is the published one:
    right where none of these patients were in the study it comes from.
    """

    published: bool = False
    folds: int | None = None
    draws: int = 1000
    seed: int = 0
    only_last: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Validation:
    """A card for each quantity; how many patients were left out, by the reason.

    `learned_from` counts the patients of whom the populations were learned.
    `withheld` counts forecasts scored although they would not have been shown,
    because the model did not fit the patient until then.
    """

    twin: str
    variant: str
    cards: tuple[ScoreCard, ...]
    patients: int
    learned_from: int
    left_out: Mapping[str, int]
    withheld: int


def validate(
    workspace: Workspace,
    *,
    variant: str,
    twin: str | None = None,
    design: Design | None = None,
    progress: Progress = silent,
) -> Validation:
    """Forecast each measurement of each patient from the earlier ones only."""
    how = design or Design()
    found = _twin(workspace, twin, variant)
    records, left_out = _usable(workspace, found, variant)
    rng = np.random.default_rng(how.seed)
    scores: list[Score] = []
    judged: set[str] = set()
    withheld = 0
    for r in _replayed(found, records, variant, how, progress):
        judged.add(r.forecast.patient)
        withheld += not r.shown
        scores += score_forecast(r.forecast, r.outcome, rng=rng)
    progress("Validated", 1.0)
    return Validation(
        twin=found.name,
        variant=variant,
        cards=cards(scores),
        patients=len(judged),
        learned_from=0 if how.published else len(records),
        left_out=dict(left_out),
        withheld=withheld,
    )


def _replayed(
    twin: Twin, records: Sequence[Record], variant: str, how: Design, progress: Progress
) -> Iterator[Replayed]:
    if not how.published:
        yield from cross_validate(
            twin,
            records,
            variant=variant,
            folds=how.folds,
            draws=how.draws,
            seed=how.seed,
            only_last=how.only_last,
            progress=progress,
        )
        return
    for i, record in enumerate(records):
        progress(f"Replaying patient {i + 1} of {len(records)}", i / len(records))
        yield from replay(
            twin,
            record,
            variant=variant,
            draws=how.draws,
            seed=how.seed,
            only_last=how.only_last,
        )


def _records(workspace: Workspace) -> Iterator[Record]:
    """Records of those who allow it, always in the same order."""
    found = granted_many(workspace, everyone(workspace.store), Action.COHORT)
    records = [read_record(workspace.store, a) for a in found]
    yield from sorted(records, key=_order)


def _order(record: Record) -> tuple[bool, int, str, str]:
    name = record.demographics.name
    return not name.isdigit(), int(name) if name.isdigit() else 0, name, record.patient


def _usable(workspace: Workspace, twin: Twin, variant: str) -> tuple[list[Record], Counter[str]]:
    """Patients that the variant can see, and why others are left out."""
    twice = 0
    usable: list[Record] = []
    left_out: Counter[str] = Counter()
    for record in _records(workspace):
        if variant not in twin.candidates(record):
            continue
        try:
            case = twin.observe(record, variant=variant)
        except Refusal as refusal:
            left_out[type(refusal).__name__] += 1
            continue
        if len({m.time_h for m in case.measurements}) < 2:
            left_out["fewer than two measurements: used to learn, not forecast"] += 1
        else:
            twice += 1
        usable.append(record)
    if not twice:
        raise MissingDataError(
            f"No patient of this store has two measurements that {variant} can use."
        )
    return usable, left_out


def _twin(workspace: Workspace, twin: str | None, variant: str) -> Twin:
    nobody = Record(patient="")
    return choose(workspace, nobody, twin=twin, variants=(variant,)).twin
