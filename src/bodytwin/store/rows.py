"""Facts of a record as rows of the table, and back."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from bodytwin.errors import InvalidInputError
from bodytwin.record import (
    Code,
    Comparator,
    Covariate,
    Instant,
    Observation,
    Precision,
    Provenance,
    Quantity,
    Route,
    Treatment,
)
from bodytwin.store.archive import sha256
from bodytwin.store.columns import at, canonical

Fact = Observation | Treatment | Covariate
KINDS: dict[type[Fact], str] = {
    Observation: "observation",
    Treatment: "treatment",
    Covariate: "covariate",
}


def quantity_of(fact: Fact) -> Quantity:
    """The number of a fact: what was measured, given, or holds."""
    return fact.amount if isinstance(fact, Treatment) else fact.quantity


def rows_of(
    patient: str, facts: Iterable[Fact], *, recorded_at: datetime
) -> Iterator[tuple[dict[str, Any], Provenance]]:
    """One row and its provenance for each fact.

    The id of a row is the hash of patient, code, instant, number and unit, and
    for a dose how it was given: not of where it was read. Two equal doses in
    one source are two doses; two equal measurements are one, read twice.
    """
    seen: dict[str, int] = {}
    for fact in facts:
        row = _row(patient, fact)
        said = canonical([row[k] for k in _SAID] + [at(row["instant"])])
        nth = 0
        if isinstance(fact, Treatment):
            nth = seen.get(said, 0)
            seen[said] = nth + 1
        row |= {"id": sha256(f"{said}#{nth}".encode()), "recorded_at": recorded_at}
        yield row, fact.provenance


_SAID = ("kind", "patient", "system", "code", "value", "unit", "comparator", "treatment")


def _row(patient: str, fact: Fact) -> dict[str, Any]:
    quantity = quantity_of(fact)
    if not math.isfinite(quantity.value):
        raise InvalidInputError("A value that is not finite is no fact. Hold it back on import.")
    given = None
    if isinstance(fact, Treatment):
        given = {
            "route": fact.route.value,
            "duration_h": fact.duration_h,
            "steady_state_interval_h": fact.steady_state_interval_h,
            "compartment": fact.compartment,
        }
    return {
        "kind": KINDS[type(fact)],
        "patient": patient,
        "system": fact.code.system,
        "code": fact.code.code,
        "display": fact.code.display,
        "instant": fact.instant.moment,
        "precision": fact.instant.precision.value,
        "zone_assumed": fact.instant.zone_assumed,
        "value": float(quantity.value),
        "unit": quantity.unit,
        "comparator": quantity.comparator.value if quantity.comparator else None,
        "text": quantity.text,
        "amended": isinstance(fact, Observation) and fact.amended,
        "treatment": given,
    }


def fact_of(row: Any, provenance: Provenance) -> Fact:
    """The fact that a row holds."""
    code = Code(row.system, row.code, row.display)
    instant = Instant(row.instant, Precision(row.precision), row.zone_assumed)
    comparator = Comparator(row.comparator) if row.comparator else None
    quantity = Quantity(row.value, row.unit, comparator, row.text)
    if row.kind == "treatment":
        given = dict(row.treatment)
        return Treatment(
            code=code,
            amount=quantity,
            route=Route(given.pop("route")),
            instant=instant,
            provenance=provenance,
            **given,
        )
    if row.kind == "covariate":
        return Covariate(code=code, quantity=quantity, instant=instant, provenance=provenance)
    return Observation(
        code=code,
        quantity=quantity,
        instant=instant,
        provenance=provenance,
        amended=row.amended,
    )
