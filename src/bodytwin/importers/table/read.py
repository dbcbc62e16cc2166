"""A table of events becomes records: whole, or not at all.

The rules of NONMEM-style tables: EVID 0 is a measurement, 1 a dose, 2 neither;
ADDL more doses follow at intervals of II; SS 1 means that the dose has been
given at interval II for ever; RATE above 0 is an infusion, -1 and -2 leave its
length to the model; MDV 1 is a measurement to be skipped. EVID 3 and 4 (reset)
and SS 2 are refused: a record cannot say them.
Source: NONMEM Users Guide VI (PREDPP), 2009, chapters III and V.
"""

import hashlib
import math
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NoReturn

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.number import number as decimal
from bodytwin.importers.report import HeldBack, Imported, ImportReport, pseudonym
from bodytwin.importers.table.grid import Row, rows_of
from bodytwin.importers.table.mapping import MeasuredColumn, TableMapping
from bodytwin.importers.table.part import parts
from bodytwin.record import (
    LOINC,
    RXNORM,
    Code,
    Comparator,
    Covariate,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Treatment,
)
from bodytwin.record.code import LOCAL

READER = "table/1"
NAME = re.compile(r"[a-z_][a-z0-9_]{0,11}")
MEASUREMENT, DOSE, OTHER = 0, 1, 2
NLMIXR_DOSE = 101
MOST_DOSES = 10_000
MOST_DOSES_IN_ALL = 5_000_000
LONGEST_INFUSION_H = 366 * 24


@dataclass(kw_only=True)
class _Subject:
    name: str
    said: str
    hour: float = -math.inf
    observations: list[Observation] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    covariates: list[Covariate] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One row, with what is needed to read it and to say where it went wrong."""

    number: int
    cells: Row
    mapping: TableMapping
    sha256: str

    def refuse(self, name: str, problem: str) -> NoReturn:
        self.refuse_column(self.mapping.columns[name], problem)

    def refuse_column(self, column: str, problem: str) -> NoReturn:
        raise UnreadableFileError(
            f"Row {self.number}, column {column.upper()}: {problem} Nothing of the table was kept."
        )

    def number_in(self, name: str, default: float | None = None) -> float | None:
        text = self.text_in(name)
        return default if text == "" else self.read(text, self.mapping.columns[name])

    def read(self, text: str, column: str) -> float:
        try:
            return decimal(text)
        except InvalidInputError as error:
            self.refuse_column(column, f"{error}.")

    def text_in(self, name: str) -> str:
        return self.cells.get(self.mapping.columns[name].lower(), "")

    @property
    def provenance(self) -> Provenance:
        return Provenance(self.sha256, f"row {self.number}", READER)

    def instant(self, hour: float) -> Instant:
        try:
            return Instant(self.mapping.origin + timedelta(hours=hour))
        except OverflowError:
            self.refuse("time", "the time lies outside the calendar.")


def read(data: bytes, mapping: TableMapping) -> Imported:
    """Read a CSV or Parquet table as `mapping` declares it.

    Raises UnreadableFileError naming the row, the column and what is allowed.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    rows = rows_of(data)
    header = rows[0][1]
    _require_columns(header, mapping)
    subjects: dict[str, _Subject] = {}
    held_back: list[HeldBack] = []
    not_read: dict[str, int] = defaultdict(int)
    doses = 0
    owners: dict[int, str] = {}
    for place, cells in rows:
        line = _Line(number=place, cells=cells, mapping=mapping, sha256=sha256)
        who = line.text_in("id").removesuffix(".0")
        if not who:
            line.refuse("id", "every row needs the id of its patient.")
        subject = subjects.setdefault(who, _Subject(name=pseudonym(mapping.dataset, who), said=who))
        owners[place] = subject.name
        before = len(subject.treatments)
        _take(line, subject, held_back, not_read)
        doses += len(subject.treatments) - before
        if doses > MOST_DOSES_IN_ALL:
            line.refuse("additional", f"a table has at most {MOST_DOSES_IN_ALL} doses.")
    imported = _imported(subjects, mapping, sha256, held_back, not_read, _unused(header, mapping))
    return imported if len(subjects) == 1 else replace(imported, parts=parts(rows, owners))


def _require_columns(first: Row, mapping: TableMapping) -> None:
    needed = ["id", "time", "amount", "value"]
    named = [mapping.columns[n].lower() for n in needed]
    named += [c.column.lower() for c in mapping.covariates.values()]
    if len(mapping.measured) > 1:
        named.append(mapping.columns["kind"].lower())
    missing = sorted({n for n in named if n not in first})
    if missing:
        raise UnreadableFileError(
            f"The table lacks the column(s) {', '.join(m.upper() for m in missing)}. "
            "Name the columns of the table in the mapping."
        )


def _unused(first: Row, mapping: TableMapping) -> tuple[str, ...]:
    known = {c.lower() for c in mapping.columns.values()}
    known |= {c.column.lower() for c in mapping.covariates.values()}
    left = sorted(set(first) - known)
    if not left:
        return ()
    named = [name.upper() for name in left if NAME.fullmatch(name)]
    others = len(left) - len(named)
    named += [f"{others} with names that are no plain words"] if others else []
    return (f"Columns that the mapping does not name were not read: {', '.join(named)}.",)


def _take(
    line: _Line, subject: _Subject, held_back: list[HeldBack], not_read: dict[str, int]
) -> None:
    time = line.number_in("time")
    if time is None:
        line.refuse("time", "every row needs a time.")
    hour = units.convert(time, source=line.mapping.time_unit, target="h")
    if hour < subject.hour:
        line.refuse("time", "the time goes back within one patient; sort the rows by time.")
    subject.hour = hour
    _covariates(line, subject, hour)
    event = _event(line)
    if event == DOSE:
        subject.treatments += _doses(line, hour)
    elif event == MEASUREMENT:
        observation = _observation(line, hour, held_back)
        if observation is not None:
            subject.observations.append(observation)
        else:
            not_read["measurement left out (MDV 1 or no value)"] += 1
    else:
        not_read["EVID 2"] += 1


def _event(line: _Line) -> int:
    amount = line.number_in("amount", 0.0)
    event = line.number_in("event")
    if event is None:
        return DOSE if amount else MEASUREMENT
    if event in (3, 4):
        line.refuse("event", "a reset (EVID 3 or 4) cannot be said in a record. "
                    "Give the patient after the reset an id of their own.")  # fmt: skip
    if event not in (MEASUREMENT, DOSE, OTHER, NLMIXR_DOSE):
        line.refuse("event", f"EVID is 0, 1 or 2, got {event:g}.")
    if event == MEASUREMENT and amount:
        line.refuse("amount", "a measurement (EVID 0) has no amount.")
    return DOSE if event == NLMIXR_DOSE else int(event)


def _doses(line: _Line, hour: float) -> list[Treatment]:
    amount = line.number_in("amount")
    if amount is None or amount <= 0:
        given = "none" if amount is None else f"{amount:g}"
        line.refuse("amount", f"a dose has an amount above zero, got {given}.")
    additional = line.number_in("additional", 0.0) or 0.0
    interval = units.convert(
        line.number_in("interval", 0.0) or 0.0, source=line.mapping.time_unit, target="h"
    )
    steady = line.number_in("steady_state", 0.0)
    if steady not in (0, 1):
        line.refuse("steady_state", f"SS is 0 or 1, got {steady:g}.")
    if (steady or additional) and interval <= 0:
        line.refuse("interval", "ADDL and SS need an interval (II) above zero.")
    if additional < 0 or additional != int(additional) or additional > MOST_DOSES:
        line.refuse("additional", f"ADDL is a whole number up to {MOST_DOSES}.")
    duration = _duration_h(line, amount)
    compartment = _compartment(line)
    route = line.mapping.routes.get(str(compartment), line.mapping.route)
    if duration != 0 and route is Route.OTHER:
        route = Route.INTRAVENOUS if duration is not None else Route.OTHER
    code = (
        Code(RXNORM, line.mapping.rxnorm, line.mapping.drug)
        if line.mapping.rxnorm
        else Code(LOCAL, line.mapping.drug)
    )
    return [
        Treatment(
            code=code,
            amount=Quantity(amount, line.mapping.amount_unit, None, line.text_in("amount")),
            route=route,
            instant=line.instant(hour + k * interval),
            provenance=line.provenance,
            duration_h=duration,
            steady_state_interval_h=interval if steady and k == 0 else 0.0,
            compartment=compartment,
        )
        for k in range(int(additional) + 1)
    ]


def _compartment(line: _Line) -> int:
    number = line.number_in("compartment", 0.0) or 0.0
    if number < 0 or number != int(number):
        line.refuse("compartment", "the compartment of a dose is a whole number, 0 or above.")
    return int(number)


def _duration_h(line: _Line, amount: float) -> float | None:
    rate = line.number_in("rate", 0.0) or 0.0
    if rate in (-1, -2):
        return None
    if rate < 0:
        line.refuse("rate", f"RATE is above zero, 0, -1 or -2, got {rate:g}.")
    if rate == 0:
        return 0.0
    hours = units.convert(min(amount / rate, 1e15), source=line.mapping.time_unit, target="h")
    if hours > LONGEST_INFUSION_H:
        line.refuse("rate", "the infusion would last longer than a year.")
    return hours


def _observation(line: _Line, hour: float, held_back: list[HeldBack]) -> Observation | None:
    missing = line.number_in("missing", 0.0)
    if missing not in (0, 1):
        line.refuse("missing", f"MDV is 0 or 1, got {missing:g}.")
    if missing:
        return None
    value = line.number_in("value")
    if value is None:
        return None
    if value < 0:
        reason = "The value is negative, which no concentration or activity is."
        held_back.append(HeldBack(path=f"row {line.number}", kind="measurement", reason=reason))
        return None
    measured = _measured(line)
    if measured is None:
        held_back.append(
            HeldBack(
                path=f"row {line.number}",
                kind="measurement",
                reason="The mapping does not name this kind of measurement.",
            )
        )
        return None
    censored = line.number_in("censored", 0.0)
    if censored not in (-1, 0, 1):
        line.refuse("censored", f"CENS is 0, 1 (below) or -1 (above), got {censored:g}.")
    if censored and value == 0:
        line.refuse("value", "a censored value is the limit it lies beyond, which is not 0.")
    comparator = {1: Comparator.LESS, -1: Comparator.GREATER}.get(int(censored or 0))
    code = (
        Code(LOINC, measured.loinc, measured.quantity)
        if measured.loinc
        else Code(LOCAL, f"{line.mapping.drug}_{measured.quantity}")
    )
    return Observation(
        code=code,
        quantity=Quantity(value, measured.unit, comparator, line.text_in("value")),
        instant=line.instant(hour),
        provenance=line.provenance,
    )


def _measured(line: _Line) -> MeasuredColumn | None:
    if len(line.mapping.measured) == 1 and not line.mapping.measured[0].kind:
        return line.mapping.measured[0]
    kind = line.text_in("kind").removesuffix(".0")
    return next((m for m in line.mapping.measured if m.kind == kind), None)


def _covariates(line: _Line, subject: _Subject, hour: float) -> None:
    for name, column in line.mapping.covariates.items():
        text = line.cells.get(column.column.lower(), "")
        if text == "":
            continue
        value = column.words.get(text)
        value = line.read(text, column.column) if value is None else value
        if subject.last.get(name) != value:
            subject.last[name] = value
            subject.covariates.append(
                Covariate(
                    code=Code(LOCAL, name),
                    quantity=Quantity(value, column.unit, None, text),
                    instant=line.instant(hour),
                    provenance=line.provenance,
                )
            )


def _imported(
    subjects: dict[str, _Subject],
    mapping: TableMapping,
    sha256: str,
    held_back: list[HeldBack],
    not_read: dict[str, int],
    unused: tuple[str, ...],
) -> Imported:
    records = tuple(
        Record(
            patient=s.name,
            demographics=Demographics(name=s.said),
            observations=tuple(s.observations),
            treatments=tuple(sorted(s.treatments, key=lambda t: t.instant.moment)),
            covariates=tuple(s.covariates),
        )
        for s in subjects.values()
    )
    dates = () if mapping.origin_is_given else (
        f"The table counts time from zero; {mapping.origin:%Y-%m-%d} stands for it, so dates are "
        "not real ones.",
    )  # fmt: skip
    return Imported(
        records=records,
        report=ImportReport(
            source_sha256=sha256,
            reader=READER,
            counts={
                "patients": len(records),
                "observations": sum(len(r.observations) for r in records),
                "treatments": sum(len(r.treatments) for r in records),
                "covariates": sum(len(r.covariates) for r in records),
            },
            not_read=dict(not_read),
            held_back=tuple(held_back),
            remarks=(*dates, *unused),
        ),
    )
