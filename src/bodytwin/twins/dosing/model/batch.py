"""Many patients and many draws through one kernel call."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.dosing.model.columns import WIDTH
from bodytwin.twins.dosing.model.infusion import ABSORBED
from bodytwin.twins.dosing.model.linear import MAX_CHAIN
from bodytwin.twins.dosing.model.structure import Structure

Array = NDArray[np.float64]
MODEL_DECIDES = -1.0
"""Duration of a dose that lasts as long as the model's zero-order absorption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose in the unit of the model. `into` is CENTRAL or ABSORBED.

    `duration_h` 0 is a bolus, `MODEL_DECIDES` leaves it to the model.
    `steady_interval_h` above 0: given at that interval long before.
    """

    time_h: float
    amount: float
    into: int
    duration_h: float = 0.0
    steady_interval_h: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """One subject: doses, the starts of segments with constant parameters, times to look at."""

    doses: Sequence[Dose]
    segments_h: Sequence[float]
    times_h: Sequence[float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Subjects as ragged arrays, ready for the kernels."""

    structure: Structure
    compartments: int
    links: int
    absorbs: bool
    schedules: Sequence[Schedule]

    @cached_property
    def _doses(self) -> tuple[NDArray[np.int64], Array, Array, Array, NDArray[np.int64], Array]:
        per_subject = [_in_order(s.doses) for s in self.schedules]
        flat = [d for doses in per_subject for d in doses]
        if not self.absorbs and any(d.into == ABSORBED for d in flat):
            raise InvalidInputError(
                "A dose is to be absorbed, and the model has no absorption. "
                "Give the route as intravenous, or choose a model for this route."
            )
        if self.links > MAX_CHAIN:
            raise InvalidInputError(f"At most {MAX_CHAIN} absorption compartments are possible.")
        counts = np.cumsum([0, *(len(d) for d in per_subject)])
        return (
            counts.astype(np.int64),
            np.array([d.time_h for d in flat], dtype=np.float64),
            np.array([d.amount for d in flat], dtype=np.float64),
            np.array([d.duration_h for d in flat], dtype=np.float64),
            np.array([d.into for d in flat], dtype=np.int64),
            np.array([d.steady_interval_h for d in flat], dtype=np.float64),
        )

    @cached_property
    def _segments(self) -> Array:
        return _padded([s.segments_h for s in self.schedules])

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(_padded([s.times_h for s in self.schedules]), axis=1, kind="stable")

    @cached_property
    def _times(self) -> Array:
        return np.take_along_axis(_padded([s.times_h for s in self.schedules]), self._order, 1)

    def run(self, parameters: Array, subject: NDArray[np.int64]) -> Array:
        """Outputs (row, time, 3) for parameters (row, segment, column) of each row's subject.

        Times stand in the order in which the subject's schedule gave them; padding and
        failed rows are NaN.
        """
        from bodytwin.twins.dosing.model.linear import linear
        from bodytwin.twins.dosing.model.ode import integrated

        if parameters.shape[2] != WIDTH:
            raise InvalidInputError(f"A row has {WIDTH} columns, got {parameters.shape[2]}.")
        out = np.full((len(parameters), self._times.shape[1], 3), np.nan)
        subject = np.ascontiguousarray(subject, dtype=np.int64)
        tables = (*self._doses, self._times, out)
        shared = (
            np.ascontiguousarray(parameters),
            self._segments,
            subject,
            self.compartments,
            self.links,
        )
        if self.structure.closed_form:
            linear(*shared, *tables)
        else:
            integrated(self.structure.effect, *shared, *tables)
        unsorted = np.empty_like(out)
        np.put_along_axis(unsorted, self._order[subject][:, :, None], out, axis=1)
        return unsorted


def _in_order(doses: Sequence[Dose]) -> list[Dose]:
    """Doses by time. One at steady state by mouth is set up one interval early, so that a
    lag finds the dose before it on its way.
    """
    spread: list[Dose] = []
    for d in doses:
        if d.steady_interval_h > 0 and d.into == ABSORBED:
            early = d.time_h - d.steady_interval_h
            spread.append(
                Dose(
                    time_h=early,
                    amount=d.amount,
                    into=d.into,
                    duration_h=d.duration_h,
                    steady_interval_h=d.steady_interval_h,
                )
            )
            spread.append(
                Dose(time_h=d.time_h, amount=d.amount, into=d.into, duration_h=d.duration_h)
            )
        else:
            spread.append(d)
    return sorted(spread, key=lambda d: d.time_h)


def _padded(rows: Sequence[Sequence[float]]) -> Array:
    width = max(len(r) for r in rows)
    full = np.full((len(rows), width), np.inf)
    for i, row in enumerate(rows):
        full[i, : len(row)] = row
    return full
