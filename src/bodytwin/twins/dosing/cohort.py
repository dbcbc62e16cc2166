"""Many patients of one model at once: for learning a population and for large studies."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, Measurement
from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference import Observed
from bodytwin.twins.dosing.model import Batch, Schedule
from bodytwin.twins.dosing.parameters import LINE, History, typical_rows
from bodytwin.twins.dosing.population import PopulationModel

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """Cases of one model. Deviations from the typical patient are eta (row, varying).

    Rows name their patient by index; measurements are padded to the longest
    list, with weight 0.
    """

    model: PopulationModel
    cases: Sequence[Case[History]]

    def __post_init__(self) -> None:
        if self.model.by_occasion:
            raise InvalidInputError(
                f"{self.model.name} varies by occasion; a cohort of it is fitted one by one."
            )

    @cached_property
    def width(self) -> int:
        """Longest list of measurements."""
        return max(len(c.measurements) for c in self.cases)

    @cached_property
    def batch(self) -> Batch:
        """All schedules for one kernel call."""
        return Batch(
            structure=self.model.structure,
            compartments=self.model.compartments,
            links=self.model.links,
            absorbs=self.model.absorbs,
            schedules=[
                Schedule(
                    doses=c.inputs.doses,
                    segments_h=c.inputs.starts_h(),
                    times_h=[m.time_h for m in c.measurements],
                )
                for c in self.cases
            ],
        )

    @cached_property
    def _typical(self) -> tuple[Array, Array]:
        pairs = [typical_rows(c.inputs, c.now_h) for c in self.cases]
        segments = max(len(fixed) for fixed, _ in pairs)
        fixed = np.stack([_lengthened(f, segments) for f, _ in pairs])
        lines = np.stack([_lengthened(v[:-1], segments) for _, v in pairs])
        for i, name in enumerate(self.model.varying):
            to_line, _ = LINE[self.model.parameters[name].transform]
            lines[:, :, i] = to_line(lines[:, :, i])
        return fixed, lines

    @cached_property
    def _columns(self) -> tuple[NDArray[np.intp], Array]:
        at = np.full((len(self.cases), self.width), 0)
        scale = np.ones((len(self.cases), self.width))
        for i, case in enumerate(self.cases):
            for j, m in enumerate(case.measurements):
                at[i, j] = self.model.structure.quantities[m.quantity]
                if at[i, j] == 0:
                    scale[i, j] = self.model.quantities[m.quantity].amount_per_l_to_unit
        return at, scale

    def predict(self, eta: Array, patient: NDArray[np.int64]) -> Array:
        """True values at each patient's measurements, (row, measurement); padding is 1."""
        fixed, lines = self._typical
        rows = fixed[patient].copy()
        for i, name in enumerate(self.model.varying):
            _, from_line = LINE[self.model.parameters[name].transform]
            column = self.model.structure.columns[name]
            rows[:, :, column] = from_line(lines[patient, :, i] + eta[:, None, i])
        out = self.batch.run(rows, patient)
        at, scale = self._columns
        values = np.take_along_axis(out, at[patient][:, :, None], axis=2)[:, :, 0] * scale[patient]
        return np.where(self.observed.weight[patient] > 0, values, 1.0)

    @cached_property
    def observed(self) -> Observed:
        """The measurements of all patients, each field (patient, measurement)."""

        def table(of: Any, fill: float) -> Array:
            full = np.full((len(self.cases), self.width), fill)
            for i, case in enumerate(self.cases):
                full[i, : len(case.measurements)] = [of(m) for m in case.measurements]
            return full

        def error(name: str, fill: float) -> Array:
            def read(m: Measurement) -> float:
                return float(getattr(m.error, name))

            return table(read, fill)

        return Observed(
            value=table(lambda m: m.value, 1.0),
            additive_sd=error("additive_sd", 1.0),
            proportional_sd=error("proportional_sd", 0.0),
            log_sd=error("log_sd", 0.0),
            sum_of_sd=error("sum_of_sd", 0.0).astype(np.bool_),
            censoring=table(lambda m: m.censoring, 0.0).astype(np.int8),
            weight=table(lambda _: 1.0, 0.0),
        )

    @cached_property
    def covariance(self) -> Array:
        """Covariance of eta, (varying, varying)."""
        sd = np.array([self.model.parameters[n].sd for n in self.model.varying])
        return correlation_of(self.model) * np.outer(sd, sd)


def correlation_of(model: PopulationModel) -> Array:
    """Correlation of the deviations, (varying, varying)."""
    names = model.varying
    return np.array(
        [[1.0 if a == b else model.correlations.get(frozenset((a, b)), 0.0) for b in names]
         for a in names]
    )  # fmt: skip


def _lengthened(rows: Array, count: int) -> Array:
    return np.concatenate([rows, np.repeat(rows[-1:], count - len(rows), axis=0)])
