"""Times, quantities and codes, from how FHIR writes them to how the record holds them."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnitError
from bodytwin.importers.fhir.resource import Amount, Concept
from bodytwin.importers.number import number
from bodytwin.record import LOINC, RXNORM, Code, Comparator, Instant, Precision, Quantity, Route

UCUM = "http://unitsofmeasure.org"
_TIME = re.compile(
    r"(?a:(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?)"
)
ROUTES = {
    "47625008": Route.INTRAVENOUS,
    "26643006": Route.ORAL,
    "34206005": Route.SUBCUTANEOUS,
    "78421000": Route.INTRAMUSCULAR,
    "C38276": Route.INTRAVENOUS,
    "C38288": Route.ORAL,
    "C38299": Route.SUBCUTANEOUS,
    "C28161": Route.INTRAMUSCULAR,
}
"""Codes of routes in SNOMED CT and the NCI thesaurus."""


@lru_cache(maxsize=4096)
def instant_of(text: str, assumed_zone: tzinfo | None) -> Instant:
    """A FHIR date, dateTime or instant. Raises InvalidInputError without a zone to go by."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidInputError("The time is missing or not a FHIR date or dateTime.")
    zoned = match["zone"] is not None
    if match["hour"] and not zoned and assumed_zone is None:
        raise InvalidInputError(
            "The time has no zone. Say which zone the source uses when importing."
        )
    precision = (
        Precision.SECOND if match["second"]
        else Precision.MINUTE if match["hour"]
        else Precision.DAY if match["day"]
        else Precision.MONTH if match["month"]
        else Precision.YEAR
    )  # fmt: skip
    whole = text + {Precision.YEAR: "-01-01", Precision.MONTH: "-01"}.get(precision, "")
    try:
        moment = datetime.fromisoformat(whole)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=assumed_zone or UTC)
        return Instant(moment.astimezone(UTC), precision, not zoned)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("The time does not exist in the calendar.") from error


def quantity_of(amount: Amount | None) -> Quantity:
    """A FHIR Quantity whose unit is a UCUM code. Raises where it is not; nothing is guessed."""
    text = b"" if amount is None else bytes(amount.value)
    if amount is None or text in (b"", b"null"):
        raise InvalidInputError("There is no numeric value.")
    if amount.system not in ("", UCUM):
        raise UnitError("The unit is not from UCUM. Ask the source for the UCUM code.")
    code = _unit(amount.code or amount.unit)
    decimals = text.decode()
    comparator = None if amount.comparator is None else _comparator(amount.comparator)
    return Quantity(number(decimals), code, comparator, decimals)


@lru_cache(maxsize=4096)
def _unit(text: str) -> str:
    code = units.canonical(text)
    units.parse(code)
    return code


def _comparator(text: str) -> Comparator:
    try:
        return Comparator(text)
    except ValueError as error:
        raise InvalidInputError("The comparator is none of <, <=, >, >=.") from error


def code_of(concept: Concept | None) -> Code:
    """The LOINC or RxNorm coding of a concept, else its first."""
    codings = () if concept is None else concept.coding
    chosen = next((c for c in codings if c.system in (LOINC, RXNORM) and c.code), None)
    chosen = chosen or next((c for c in codings if c.code), None)
    if chosen is None:
        raise InvalidInputError("There is no code.")
    return _code(chosen.system, chosen.code, chosen.display)


@lru_cache(maxsize=4096)
def _code(system: str, code: str, display: str) -> Code:
    return Code(system, code, display)


def route_of(concept: Concept) -> Route:
    """The route, OTHER where the code is none of those known."""
    return next((ROUTES[c.code] for c in concept.coding if c.code in ROUTES), Route.OTHER)
