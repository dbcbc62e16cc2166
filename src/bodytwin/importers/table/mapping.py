"""What the columns of a table mean. A table alone has no units, so a mapping always does.

The form of the file is described in docs/reference/table-mappings.md.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bodytwin import units
from bodytwin.errors import InvalidInputError
from bodytwin.importers.kind import require_amount, require_kind
from bodytwin.record import LOINC, Code, Route

NONMEM = {
    "id": "id", "time": "time", "amount": "amt", "value": "dv", "event": "evid", "missing": "mdv",
    "compartment": "cmt", "rate": "rate", "interval": "ii", "additional": "addl",
    "steady_state": "ss", "kind": "dvid", "censored": "cens",
}  # fmt: skip
"""Our names of the columns, and what NONMEM calls them; matched whatever their case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredColumn:
    """A quantity in the value column: `kind` tells its rows apart where there are several."""

    quantity: str
    unit: str
    loinc: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateColumn:
    """A property of the patient; `words` turns entries that are no numbers into numbers."""

    column: str
    unit: str
    words: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """Columns, units and codes of one kind of table.

    `origin` is the calendar time of time 0; `routes` names the route by
    compartment number where `route` alone does not do.
    """

    dataset: str
    drug: str
    amount_unit: str
    measured: tuple[MeasuredColumn, ...]
    rxnorm: str = ""
    time_unit: str = "h"
    origin: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    origin_is_given: bool = False
    route: Route = Route.OTHER
    routes: Mapping[str, Route] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=lambda: dict(NONMEM))
    covariates: Mapping[str, CovariateColumn] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_texts(self)
        for unit in (
            self.amount_unit,
            *(m.unit for m in self.measured),
            *(c.unit for c in self.covariates.values()),
        ):
            units.parse(unit)
        require_amount(self.amount_unit)
        for m in self.measured:
            require_kind(Code(LOINC, m.loinc), m.unit)
        if not units.is_convertible(self.time_unit, "h"):
            raise InvalidInputError(f"time_unit is a unit of time, got {self.time_unit!r}.")
        if not self.measured:
            raise InvalidInputError("A mapping names at least one measured quantity.")
        if len(self.measured) > 1 and not all(m.kind for m in self.measured):
            raise InvalidInputError("Several measured quantities need a kind each.")

    @classmethod
    def load(cls, content: bytes) -> "TableMapping":
        """Read a mapping file. Raises InvalidInputError naming what is wrong with it."""
        try:
            return _mapping(tomllib.loads(content.decode()))
        except KeyError as error:
            raise InvalidInputError(f"Mapping file: {error} is missing.") from error
        except InvalidInputError:
            raise
        except RecursionError as error:
            raise InvalidInputError("Mapping file: it is nested too deeply.") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise InvalidInputError(f"Mapping file: {error}") from error


def _require_texts(mapping: TableMapping) -> None:
    texts: list[object] = [mapping.dataset, mapping.drug, mapping.amount_unit, mapping.rxnorm]
    texts += [mapping.time_unit, *mapping.columns.values()]
    for m in mapping.measured:
        texts += [m.quantity, m.unit, m.loinc, m.kind]
    for c in mapping.covariates.values():
        texts += [c.column, c.unit]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInputError("Names, codes and units in a mapping are texts, in quotes.")
    if not (mapping.dataset and mapping.drug):
        raise InvalidInputError("A mapping names its dataset and its drug.")
    numbers: list[object] = [n for c in mapping.covariates.values() for n in c.words.values()]
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        raise InvalidInputError("The words of a covariate stand for numbers.")


def _mapping(t: dict[str, Any]) -> TableMapping:
    known = {
        "dataset", "drug", "rxnorm", "amount_unit", "time_unit", "origin", "route", "routes",
        "columns", "measured", "covariates",
    }  # fmt: skip
    unknown = sorted(set(t) - known)
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    columns = dict(NONMEM) | {k: str(v) for k, v in t.get("columns", {}).items()}
    if set(columns) != set(NONMEM):
        raise ValueError(f"columns are {', '.join(NONMEM)}.")
    more: dict[str, Any] = {}
    if "origin" in t:
        if not isinstance(t["origin"], datetime) or t["origin"].tzinfo is None:
            raise ValueError("origin is a time with a zone, as in 2000-01-01T00:00:00Z.")
        more = {"origin": t["origin"], "origin_is_given": True}
    return TableMapping(
        dataset=t["dataset"],
        drug=t["drug"],
        rxnorm=t.get("rxnorm", ""),
        amount_unit=t["amount_unit"],
        time_unit=t.get("time_unit", "h"),
        route=Route(t.get("route", "other")),
        routes={str(k): Route(v) for k, v in t.get("routes", {}).items()},
        columns=columns,
        measured=tuple(MeasuredColumn(**m) for m in t["measured"]),
        covariates={k: CovariateColumn(**c) for k, c in t.get("covariates", {}).items()},
        **more,
    )
