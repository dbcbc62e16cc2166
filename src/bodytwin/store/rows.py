"""Facts of a record as rows of the table, and back."""

import math
from collections.abc import Iterable, Iterator, Mapping
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
from bodytwin.store.columns import canonical

Fact = Observation | Treatment | Covariate
KINDS: dict[type[Fact], str] = {
    Observation: "observation",
    Treatment: "treatment",
    Covariate: "covariate",
}


def quantity_of(fact: Fact) -> Quantity:
    """The number of a fact: what was measured, given, or holds."""
    return fact.amount if isinstance(fact, Treatment) else fact.quantity


def said_by(facts: Iterable[Fact]) -> Iterator[tuple[str, dict[str, Any], Provenance]]:
    """For each fact: what makes it this one, all that it says, and where it was read.

    What makes a fact is code, instant, number and unit, and for a dose how it
    was given: not where it was read. Two equal doses in one source are two
    doses; two equal measurements are one, read twice.
    """
    seen: dict[str, int] = {}
    for fact in facts:
        said = _said(fact)
        same = canonical([said[k] for k in SAME])
        nth = 0
        if isinstance(fact, Treatment):
            nth = seen.get(same, 0)
            seen[same] = nth + 1
        yield f"{same}#{nth}", said, fact.provenance


SAME = ("kind", "system", "code", "value", "unit", "comparator", "treatment", "instant")


def _said(fact: Fact) -> dict[str, Any]:
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


def fact_of(said: Mapping[str, Any], provenance: Provenance) -> Fact:
    """The fact that was said."""
    code = Code(said["system"], said["code"], said["display"])
    moment = datetime.fromisoformat(said["instant"])
    instant = Instant(moment, Precision(said["precision"]), said["zone_assumed"])
    comparator = Comparator(said["comparator"]) if said["comparator"] else None
    quantity = Quantity(said["value"], said["unit"], comparator, said["text"])
    if said["kind"] == "treatment":
        given = dict(said["treatment"])
        return Treatment(
            code=code,
            amount=quantity,
            route=Route(given.pop("route")),
            instant=instant,
            provenance=provenance,
            **given,
        )
    if said["kind"] == "covariate":
        return Covariate(code=code, quantity=quantity, instant=instant, provenance=provenance)
    return Observation(
        code=code,
        quantity=quantity,
        instant=instant,
        provenance=provenance,
        amended=said["amended"],
    )
