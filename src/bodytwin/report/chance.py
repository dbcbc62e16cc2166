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
        return cls(p, max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """How one dose or plan fares: `result` is the outcome itself where it is to be shown too."""

    label: str
    in_target: Chance
    harm: Chance | None = None
    result: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentCurve:
    """Target attainment by dose. `outcome` and `target` say in words what is aimed at."""

    outcome: str
    target: str
    harm: str = ""
    doses: tuple[Attainment, ...]

    @classmethod
    def of(cls, comparison: Comparison, outcome: str) -> "AttainmentCurve":
        """One outcome over all options of a comparison, in their order."""
        first = comparison.options[0].outcomes[outcome]
        return cls(
            outcome=first.words or outcome,
            target=range_words(first.low, first.high, first.unit),
            harm=range_words(first.harm_above, first.harm_below, first.unit),
            doses=tuple(_attained(o, o.outcomes[outcome]) for o in comparison.options),
        )


def range_words(low: float | None, high: float | None, unit: str) -> str:
    """Say a range; limits the wrong way round mean above the first or below the second."""
    tail = "" if unit in ("", "1") else f" {unit_words(unit)}"
    if low is not None and high is not None:
        apart = "{:g} to {:g}" if low < high else "above {:g} or below {:g}"
        return apart.format(low, high) + tail
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
