"""How likely each dose is to meet its aim, and how sure that is."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from bodytwin.contract.comparison import Comparison, Option
from bodytwin.contract.forecast import Band
from bodytwin.contract.twin import Outcome
from bodytwin.report.words import unit_words


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability with its 95 % interval."""

    value: float
    low: float = nan
    high: float = nan

    @classmethod
    def of(cls, hits: int, draws: int) -> "Chance":
        """Share of draws with Wilson's interval: the error of counting draws, no more.

        Source: Wilson, J Am Stat Assoc 22:209 (1927).
        """
        if draws <= 0:
            return cls(nan)
        z, p = 1.959964, hits / draws
        scale = 1 + z * z / draws
        centre = (p + z * z / (2 * draws)) / scale
        half = z * sqrt(p * (1 - p) / draws + z * z / (4 * draws * draws)) / scale
        low = centre - half if hits else 0.0
        return cls(p, low, centre + half if hits < draws else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """How one dose or plan fares: `result` is the outcome itself where it is to be shown too."""

    label: str
    in_target: Chance
    harm: Chance | None = None
    result: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentCurve:
    """Target attainment by dose: the result aimed at, its range and limits, and each dose."""

    outcome: str
    unit: str
    doses: tuple[Attainment, ...]
    low: float | None = None
    high: float | None = None
    harm_above: float | None = None
    harm_below: float | None = None

    @classmethod
    def of(cls, comparison: Comparison, outcome: str) -> "AttainmentCurve":
        """Take one outcome of all options of a comparison, in their order."""
        first = comparison.options[0].outcomes[outcome]
        return cls(
            outcome=first.words or outcome,
            unit=first.unit,
            doses=tuple(_attained(o, o.outcomes[outcome]) for o in comparison.options),
            low=first.low,
            high=first.high,
            harm_above=first.harm_above,
            harm_below=first.harm_below,
        )

    @property
    def target(self) -> str:
        """The range in words."""
        return range_words(self.low, self.high, self.unit)

    @property
    def harm(self) -> str:
        """The limits of harm in words."""
        said = [("above", self.harm_above), ("below", self.harm_below)]
        return " or ".join(
            f"{side} {range_words(v, v, self.unit)}" for side, v in said if v is not None
        )


def range_words(low: float | None, high: float | None, unit: str) -> str:
    """Say a range, one-sided where one end is open."""
    tail = f" {unit_words(unit)}" if unit_words(unit) else ""
    if low is not None and high is not None:
        return f"{low:g}{tail}" if low == high else f"{low:g} to {high:g}{tail}"
    if low is not None:
        return f"above {low:g}{tail}"
    return f"below {high:g}{tail}" if high is not None else ""


def _attained(option: Option, o: Outcome) -> Attainment:
    known = np.isfinite(o.draws)
    n = int(known.sum())
    return Attainment(
        label=option.plan,
        in_target=Chance.of(int((o.in_target() & known).sum()), n) if o.has_aim else Chance(nan),
        harm=Chance.of(int((o.harmful() & known).sum()), n) if o.has_limit else None,
        result=Band.of(o.draws, o.unit) if n else None,
    )
