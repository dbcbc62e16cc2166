"""The sheet of a pregnancy: what is said now, after each earlier visit, and what came of it.

What the sheet says of the birth is registered before it is shown. Once the child is born, the sheet
holds what was registered against the birth.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract import personalise as condition
from bodytwin.contract.case import Measurement
from bodytwin.contract.study import Shape
from bodytwin.contract.twin import EventTwin
from bodytwin.errors import BodytwinError, StoreError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.record import Record
from bodytwin.report.pregnancy import render_born, render_pregnancy
from bodytwin.report.uterus import render_uterus
from bodytwin.service.access import granted
from bodytwin.service.choice import choose
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.personalising import Personalised, Wish, personalise
from bodytwin.service.scoring import score
from bodytwin.service.studying import study
from bodytwin.service.workspace import Workspace
from bodytwin.store.forecasts import Registered, forecasts
from bodytwin.store.records import read_record
from bodytwin.store.scores import scores
from bodytwin.validity.score import Score

TWIN = "pregnancy"
DRAWS = 400
EARLY_WK = (34.0, 37.0)
OF_VISIT = ("at", "gestation_d", "found", "chances", "born")


def sheet(
    workspace: Workspace, patient: str, *, seed: int = 0, progress: Progress = silent
) -> Shape:
    """The study of that name, with `visits`: what was said after each visit, oldest first.

    Where the child is born: `born_wk`, and what registered forecasts were worth.
    """
    access = granted(workspace, patient, Action.READ, twin=TWIN, data="the whole record")
    record = read_record(workspace.store, access)
    birth = _birth(workspace, record)
    if birth is not None:
        return _after(workspace, patient, birth)
    found = personalise(workspace, patient, Wish(twin=TWIN, seed=seed), progress=progress)
    registered = _registered(workspace, found, seed)
    answer = study(workspace, patient, TWIN, "sheet", {}, seed=seed, progress=progress)
    now = {name: answer[name] for name in OF_VISIT}
    earlier = [v for v in _visits(workspace, record, seed) if v["at"] != now["at"]]
    visits = [*earlier, now]
    return answer | {"visits": visits, "registered": registered.forecast.id}


def write_sheet(answer: Shape, path: Path) -> None:
    """Write the page to `path`."""
    page = render_born(answer) if "born_wk" in answer else render_pregnancy(answer)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The page cannot be written: {error.strerror}.") from error


def burden(
    workspace: Workspace,
    patient: str,
    measures: Path | None,
    *,
    draws: int,
    seed: int = 0,
    progress: Progress = silent,
) -> Shape:
    """The study of the load on uterus and cervix, of measures in a TOML file and the record.

    Raises:
        UnreadableFileError: the file cannot be read as TOML.

    """
    try:
        said = {} if measures is None else tomllib.loads(measures.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFileError(
            "The measures cannot be read as TOML, as in: cervix_length = '35 mm'."
        ) from error
    asked = {"measures": said, "draws": draws}
    return study(workspace, patient, TWIN, "load", asked, seed=seed, progress=progress)


def write_burden(answer: Shape, path: Path) -> None:
    """Write the page to `path`."""
    try:
        path.write_text(render_uterus(answer), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The page cannot be written: {error.strerror}.") from error


def brier(draws: NDArray[np.float64], *, before_wk: float, born_wk: float) -> float:
    """The Brier score of birth before a week, by the draws (draw,) of gestation at birth."""
    chance = float(np.mean(draws < before_wk))
    return (chance - float(born_wk < before_wk)) ** 2


def _birth(workspace: Workspace, record: Record) -> Measurement | None:
    chosen = choose(workspace, record, twin=TWIN)
    events = chosen.twin.events if isinstance(chosen.twin, EventTwin) else {}
    case = chosen.twin.observe(record, variant=chosen.variants[0])
    return next((m for m in case.measurements if m.quantity in events), None)


def _registered(workspace: Workspace, found: Personalised, seed: int) -> Registered:
    case = found.first.case
    end_h = found.twin.recorded_plan(found.record, case).until_h
    return forecast(workspace, found, when=[When(ahead_h=end_h - case.now_h)], seed=seed)


def _visits(workspace: Workspace, record: Record, seed: int) -> Iterator[Shape]:
    twin = workspace.twins.twin(TWIN)
    studying: Any = twin
    (variant,) = twin.candidates(record)
    for moment in sorted({o.instant.moment for o in record.observations}):
        try:
            case = twin.observe(record, variant=variant, as_of=moment)
            posterior = condition(twin, case, draws=DRAWS, seed=seed)
            said = studying.study("sheet", posterior, {}, silent)
        except BodytwinError:
            continue
        yield {name: said[name] for name in OF_VISIT}


def _after(workspace: Workspace, patient: str, birth: Measurement) -> Shape:
    score(workspace, patient=patient)
    access = granted(workspace, patient, Action.READ, twin=TWIN, data="forecasts and their scores")
    said = {r.forecast.id: r for r in forecasts(workspace.store, access)}
    judged = [
        (said[s.about.forecast], s, standing)
        for s, standing in scores(workspace.store, access, twin=TWIN)
        if s.about.quantity == birth.quantity
    ]
    rows = [_row(r, s, standing) for r, s, standing in judged]
    return {
        "patient": patient,
        "born_wk": birth.value,
        "unit": birth.unit,
        "forecasts": sorted(rows, key=lambda row: row["issued_h"]),
    }


def _row(registered: Registered, s: Score, standing: str) -> Shape:
    f = registered.forecast
    (at,) = (j for j, t in enumerate(f.targets) if t.quantity == s.about.quantity)
    hers, everyone = f.observable[:, at], f.prior_observable[:, at]
    return {
        "forecast": f.id, "at": registered.as_of.isoformat(), "standing": standing,
        "issued_h": f.issued_h, "gestation_d": int(f.issued_h // 24), "plan": f.plan,
        "median": s.median, "low90": s.low90, "high90": s.high90, "covered90": s.covered90,
        "crps": s.crps, "crps_population": s.crps_prior,
        "brier": [
            {
                "before_wk": int(week),
                "chance": float(np.mean(hers < week)),
                "population": float(np.mean(everyone < week)),
                "score": brier(hers, before_wk=week, born_wk=s.observed),
                "score_population": brier(everyone, before_wk=week, born_wk=s.observed),
            }
            for week in EARLY_WK
            if f.issued_h < week * 168
        ],
    }  # fmt: skip
