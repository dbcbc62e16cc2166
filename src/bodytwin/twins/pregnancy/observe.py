"""What of a record tells how long a pregnancy lasts: gestation, cervix, fibronectin, births.

Gestation is dated once, by the first statement of it; a later one that differs by more than a week
is listed. The forecast runs from the last visit at which the cervix was measured in weeks that
foretell, else from the last test of fibronectin, else from now. A length below that at which
chances are held counts as below it, however short.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bodytwin import units
from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.errors import MissingDataError, OutsidePopulationError, UnitError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import LOINC, Record
from bodytwin.record.code import LOCAL
from bodytwin.twins.pregnancy.model.findings import EARLIEST_WK, LATEST_WK, Findings, History
from bodytwin.twins.pregnancy.model.measures import NAMES, short_name, unit_of
from bodytwin.twins.pregnancy.model.quoted import table
from bodytwin.twins.pregnancy.parameters import HOURS_PER_WK, Expecting

LENGTH, BIRTH = "cervical_length", "gestation_at_birth"
LENGTH_UNIT, BIRTH_UNIT = "mm", "wk"
CODES = {
    "gestational_age": {(LOINC, "18185-9"), (LOINC, "11884-4"), (LOCAL, "gestational_age")},
    LENGTH: {(LOINC, "11961-0"), (LOCAL, LENGTH)},
    "fetal_fibronectin": {(LOCAL, "fetal_fibronectin")},
    "fetuses": {(LOINC, "11878-6"), (LOCAL, "fetuses")},
    "births": {(LOINC, "11977-6"), (LOCAL, "births")},
    "preterm_births": {(LOINC, "11637-6"), (LOCAL, "preterm_births")},
    "earliest_birth": {(LOCAL, "earliest_birth")},
    BIRTH: {(LOINC, "76516-4"), (LOCAL, BIRTH)},
}
UNITS = {
    "gestational_age": "d", LENGTH: LENGTH_UNIT, "fetal_fibronectin": "ng/mL", "fetuses": "1",
    "births": "1", "preterm_births": "1", "earliest_birth": "wk", BIRTH: BIRTH_UNIT,
}  # fmt: skip
SHORT = {f"ultrasound_{short_name(name)}": name for name in NAMES}
"""What measures of uterus and cervix are called in a record."""
CODES.update({name: {(LOCAL, name)} for name in SHORT})
UNITS.update({name: unit_of(full) for name, full in SHORT.items()})
LENGTH_ERROR = ErrorModel(additive_sd=0.5)
"""Whole millimetres: published chances are of lengths as measured, their error in them."""
BIRTH_ERROR = ErrorModel(additive_sd=0.1)
"""Half a day."""
POSITIVE_NG_PER_ML = 50.0
REDATED_D = 7.0
SAME_VISIT_WK = 1
Seen = tuple[datetime, float, str]


def concerns(record: Record) -> bool:
    """Whether the record tells of a pregnancy."""
    rows = (*record.observations, *record.covariates)
    return any((r.code.system, r.code.code) in CODES["gestational_age"] for r in rows)


def case_of(
    record: Record, *, variant: str, maker: tuple[str, str], as_of: datetime | None
) -> Case[Expecting]:
    """The record up to `as_of` as the twin sees it; `maker` is the twin's name and version.

    Raises MissingDataError where gestation is not stated, OutsidePopulationError where the woman
    or the week is not one of those studied.
    """
    left_out: list[str] = []
    said = {name: _series(record, name, as_of, left_out) for name in CODES}
    if not said["gestational_age"]:
        raise MissingDataError(
            "No gestational age is in the record: LOINC 18185-9 or 11884-4, or local code "
            "gestational_age, in weeks or days, with the day on which it was so."
        )
    origin = _origin(said["gestational_age"], left_out)
    every = [at for rows in said.values() for at, *_ in rows]
    now = as_of or max(every)
    now_wk = _week(now, origin)
    born = said[BIRTH][-1] if said[BIRTH] else None
    found, measured = _visit(said, origin, now_wk if born is None else None, left_out)
    assumed = _assumed(said, found)
    return Case(
        twin=maker[0],
        version=maker[1],
        variant=variant,
        patient=record.patient,
        origin=origin,
        as_of=now,
        inputs=Expecting(
            found=found,
            born_wk=None if born is None else born[1],
            ultrasound=tuple(
                (full, said[name][-1][1]) for name, full in SHORT.items() if said[name]
            ),
        ),
        measurements=tuple(
            _measurement(quantity, row, origin)
            for quantity, row in ((LENGTH, measured), (BIRTH, born))
            if row is not None
        ),
        assumed=tuple(assumed),
        left_out=(*left_out, *found.cautions),
    )


def error_of(quantity: str) -> ErrorModel:
    """How a quantity is measured."""
    if quantity == LENGTH:
        return LENGTH_ERROR
    if quantity == BIRTH:
        return BIRTH_ERROR
    raise MissingDataError(f"This twin foresees {LENGTH} and {BIRTH}, not {quantity}.")


def _series(record: Record, name: str, as_of: datetime | None, left_out: list[str]) -> list[Seen]:
    rows: list[Seen] = []
    for row in (*record.observations, *record.covariates):
        if (row.code.system, row.code.code) not in CODES[name]:
            continue
        if as_of is not None and row.instant.moment > as_of:
            continue
        said: Any = row.quantity
        unit = said.unit or "1"
        try:
            value = units.convert(said.value, source=unit, target=UNITS[name])
        except UnitError as error:
            left_out.append(f"A value of {name} was left out: {error}")
            continue
        if said.comparator is not None and name != "fetal_fibronectin":
            left_out.append(f"A value of {name} was left out: only a limit of it is stated.")
            continue
        source = f"{row.provenance.source_sha256}#{row.provenance.path}"
        rows.append((row.instant.moment, value, source))
    return sorted(rows, key=lambda r: r[0])


def _origin(stated: Sequence[Seen], left_out: list[str]) -> datetime:
    origins = [at - timedelta(days=days) for at, days, _ in stated]
    off = max(abs((o - origins[0]).total_seconds()) / 86400.0 for o in origins)
    if off > REDATED_D:
        left_out.append(
            f"Statements of gestational age differ by {off:.0f} days; the first one is used."
        )
    return origins[0]


def _week(at: datetime, origin: datetime) -> int:
    return int((at - origin).total_seconds() // 3600.0 // HOURS_PER_WK)


def _visit(
    said: dict[str, list[Seen]], origin: datetime, now_wk: int | None, left_out: list[str]
) -> tuple[Findings, Seen | None]:
    """The findings the forecast runs from, and the length among them."""
    numbers = table("duration")
    first, last = numbers["cervix"]["weeks"]
    lengths = [r for r in said[LENGTH] if first <= _week(r[0], origin) <= last]
    if len(said[LENGTH]) > len(lengths):
        left_out.append(
            f"{len(said[LENGTH]) - len(lengths)} length(s) of the cervix measured outside of "
            f"{first} to {last} weeks: there they do not foretell."
        )
    if len(lengths) > 1:
        left_out.append(
            f"{len(lengths) - 1} earlier length(s) of the cervix: the published chances are of "
            "one measurement, the last is used."
        )
    early, late = numbers["fibronectin"]["weeks"]
    tests = [r for r in said["fetal_fibronectin"] if early <= _week(r[0], origin) <= late]
    length = lengths[-1] if lengths else None
    week = _week(length[0], origin) if length else None
    test = tests[-1] if tests else None
    if test and week is not None and abs(_week(test[0], origin) - week) > SAME_VISIT_WK:
        left_out.append("A test of fibronectin of another visit than the last length.")
        test = None
    if test and week is not None and not early <= week <= late:
        left_out.append(f"A test of fibronectin: it was studied at {early} to {late} weeks.")
        test = None
    if week is None:
        week = _week(test[0], origin) if test else now_wk
    if week is None:
        week = EARLIEST_WK
    if now_wk is not None and now_wk > LATEST_WK:
        raise OutsidePopulationError(
            f"Forecasts of delivery are made up to {LATEST_WK} weeks; it is now week {now_wk} and "
            "no birth is in the record."
        )
    return Findings(
        week=week,
        twins=_twins(said["fetuses"]),
        cervical_length_mm=length[1] if length else None,
        fibronectin_positive=test[1] >= POSITIVE_NG_PER_ML if test else None,
        history=_history(said, left_out),
    ), length


def _twins(rows: Sequence[Seen]) -> bool:
    count = round(rows[-1][1]) if rows else 1
    if count not in (1, 2):
        raise OutsidePopulationError(
            f"Women with one child or two were studied, this one carries {count}."
        )
    return count == 2


def _history(said: dict[str, list[Seen]], left_out: list[str]) -> History | None:
    births, preterm, earliest = (
        said[n][-1][1] if said[n] else None for n in ("births", "preterm_births", "earliest_birth")
    )
    if (earliest is not None and earliest < 37) or (preterm or 0) > 0:
        if earliest is None:
            left_out.append("An earlier preterm birth of which the week is not known.")
            return None
        if earliest < 23:
            left_out.append(
                "An earlier birth before 23 weeks: the source gives no number for it alone."
            )
            return None
        return History.PRETERM_23_TO_27 if earliest < 28 else History.PRETERM_28_TO_36
    if births == 0:
        return History.NULLIPAROUS
    if births is not None and births > 0 and (preterm == 0 or earliest is not None):
        return History.TERM_ONLY
    if births is not None:
        left_out.append("Earlier births of which it is not known whether one was preterm.")
    return None


def _assumed(said: dict[str, list[Seen]], found: Findings) -> list[str]:
    lacking = {
        "The length of the cervix is not known: averaged over the population.": (
            found.cervical_length_mm is None
        ),
        "Earlier births are not known: averaged over the population.": (
            found.history is None and not found.twins
        ),
        "One child is assumed.": not said["fetuses"],
    }
    return [words for words, holds in lacking.items() if holds]


def _measurement(quantity: str, row: Seen, origin: datetime) -> Measurement:
    at, value, source = row
    floor_mm = table("duration")["cervix"]["effect"]["floor_mm"]
    below = quantity == LENGTH and value < floor_mm
    return Measurement(
        quantity=quantity,
        time_h=(at - origin).total_seconds() / 3600.0,
        value=floor_mm if below else value,
        censoring=Censoring.BELOW if below else Censoring.NONE,
        unit=UNITS[quantity],
        error=error_of(quantity),
        source=source,
    )
