"""The twin under test, with what every check needs of it, made once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Twin
from bodytwin.errors import Refusal
from bodytwin.numerics.inference.sample import Method
from bodytwin.record import Covariate, Observation, Record, Treatment

Array = NDArray[np.float64]
Row = TypeVar("Row", Observation, Treatment, Covariate)

DRAWS = 24


class Broken(AssertionError):
    """What a check raises, with the words for the report."""


def require(holds: object, words: str) -> None:
    """Raise Broken with `words` unless it holds."""
    if not holds:
        raise Broken(words)


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """Everything is computed when first asked for, so that a fault fails only what rests on it."""

    twin: Twin
    record: Record
    variant: str
    seed: int
    method: Method | None
    simulations: int

    def rng(self, purpose: int) -> np.random.Generator:
        """Random numbers of one check, whatever other checks there are."""
        return np.random.default_rng([self.seed, purpose])

    @cached_property
    def case(self) -> Case[Any]:
        """The whole record as the twin sees it."""
        return self.twin.observe(self.record, variant=self.variant)

    @cached_property
    def prior(self) -> Prior:
        """The population for this case."""
        return self.twin.prior(self.case)

    @cached_property
    def parameters(self) -> Array:
        """A few patients of that population, (draw, parameter)."""
        return self.prior.draw(DRAWS, self.rng(0))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Up to six of what was measured, and each quantity at two later times."""
        seen = self.case.measurements
        require(seen, "The record must hold at least one measurement that the twin uses.")
        now, span = self.case.now_h, max(self.case.now_h, 1.0)
        later = [
            Target(quantity=quantity, time_h=now + share * span, unit=unit)
            for quantity, unit in sorted({(m.quantity, m.unit) for m in seen})
            for share in (0.5, 1.0)
        ]
        return (*(m.target for m in seen[-6:]), *later)

    @cached_property
    def nothing(self) -> Plan[Any]:
        """A plan in which nothing is done."""
        until = self.case.now_h + max(self.case.now_h, 1.0)
        return Plan(name="nothing", until_h=until)

    @cached_property
    def midway(self) -> datetime:
        """A time about the middle of the record at which the twin can already see enough."""
        times = sorted({row.instant.moment for row in _rows(self.record)})
        for moment in times[len(times) // 2 : -1]:
            try:
                self.twin.observe(self.record, variant=self.variant, as_of=moment)
            except Refusal:
                continue
            return moment
        raise Broken(
            "Not checked: the twin must be able to see the patient before the last fact of the "
            "record. Give a longer record."
        )

    @cached_property
    def early(self) -> Case[Any]:
        """The case as it stood midway."""
        return self.twin.observe(self.record, variant=self.variant, as_of=self.midway)

    @cached_property
    def recorded(self) -> Plan[Any]:
        """What was done after midway."""
        return self.twin.recorded_plan(self.record, self.early)

    @cached_property
    def early_nothing(self) -> Plan[Any]:
        """Nothing done after midway, looked at for as long as what was done."""
        return Plan(name="nothing", until_h=self.recorded.until_h)

    def simulate(
        self, parameters: Array | None = None, targets: Sequence[Target] | None = None
    ) -> Array:
        """True values after the case's own history, (draw, target)."""
        theta = self.parameters if parameters is None else parameters
        return self.twin.simulate(self.case, theta.copy(), None, targets or self.targets)


def until(record: Record, moment: datetime) -> Record:
    """The record as it stood at `moment`."""

    def known(rows: Sequence[Row]) -> tuple[Row, ...]:
        return tuple(r for r in rows if r.instant.moment <= moment)

    return _with(record, known)


def with_later_facts(record: Record) -> Record:
    """The record, and its last facts again, a month after all others and three times as large."""
    moment = max(row.instant.moment for row in _rows(record)) + timedelta(days=30)

    def grown(rows: Sequence[Row]) -> tuple[Row, ...]:
        return (*rows, *(_later(row, moment) for row in rows[-2:]))

    return _with(record, grown)


def _later(row: Row, moment: datetime) -> Row:
    instant = replace(row.instant, moment=moment)
    if isinstance(row, Treatment):
        amount = replace(row.amount, value=3 * row.amount.value)
        return replace(row, amount=amount, instant=instant)
    quantity = replace(row.quantity, value=3 * row.quantity.value)
    return replace(row, quantity=quantity, instant=instant)


def _rows(record: Record) -> tuple[Observation | Treatment | Covariate, ...]:
    return (*record.observations, *record.treatments, *record.covariates)


def _with(record: Record, change: Any) -> Record:
    return replace(
        record,
        observations=change(record.observations),
        treatments=change(record.treatments),
        covariates=change(record.covariates),
    )
