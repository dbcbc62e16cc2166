"""Where do uterus and cervix stretch, and how sure is that, by runs of the mechanics itself?

The measures as they were said, with the middle of everything else, are computed in each week of a
row; some draws are too, and where the stretch of these lies at a node is its uncertainty. What
changes with a device or a posture is computed for the same women in the first week.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidParameterError, NumericalError
from bodytwin.numerics.solid import field
from bodytwin.twins.pregnancy.model.devices import cerclage, on_a_bed, pessary, polyhydramnios
from bodytwin.twins.pregnancy.model.emulated import AMONG, MESH, emulator, inputs, levelled
from bodytwin.twins.pregnancy.model.mechanics import Loaded, readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from bodytwin.twins.pregnancy.woman import Woman

Array = NDArray[np.float64]
NORMAL_95 = 1.96
LEAST = 1e-5
"""Stretch beyond one below which nothing is said of it."""


CHANGES: dict[str, tuple[str, Callable[[Loaded], Loaded]]] = {
    "cerclage": ("Cerclage", lambda seen: cerclage(seen)[0]),
    "pessary": ("Pessary", lambda seen: pessary(seen)[0]),
    "upright": ("Standing upright", partial(on_a_bed, head_up_deg=90.0)),
    "head_down": ("Bed with the head down by 20 degrees", partial(on_a_bed, head_up_deg=-20.0)),
    "polyhydramnios": ("Too much fluid", polyhydramnios),
}
"""What is tried, in words, on a uterus as it was seen."""


@dataclass(frozen=True, eq=False)
class Change:
    """What a change does: the `middle` with it, or `why` not, and by which `ratios` (draw,) the
    stretch beyond one about the internal os changes in the women of whom it could be computed.
    """

    name: str
    words: str
    middle: Loaded | None
    ratios: Array
    why: str


@dataclass(frozen=True, eq=False)
class Direct:
    """The `middle` in each week, of the draws the readings (draw, 7) in the first week, and the
    stretch of the middle (week, node) with the ends of its 90 % interval; and what changes do.
    """

    middle: tuple[Loaded, ...]
    changes: tuple[Change, ...]
    readings: Array
    stretch: Array
    low90: Array
    high90: Array
    held: int
    failed: tuple[str, ...]


def computed(
    middle: Woman, draws: Sequence[Woman], weeks: Sequence[float], on: Callable[[float], None]
) -> Direct:
    """The middle and the draws in each of `weeks`; `on` hears which share is done.

    The weeks end where the middle cannot be computed. A draw that cannot be computed in all of
    them is left out and told in `failed`.

    Raises:
        NumericalError: the middle could not be computed, or less than half of the draws.

    """
    seen = as_far(middle, weeks)
    weeks = [one.load.week for one in seen]
    tried = [seen[0]]
    found: list[Array] = []
    said: list[tuple[Woman, Array]] = []
    failed: list[str] = []
    for k, woman in enumerate(draws):
        on((k + 1) / (2 * len(draws)))
        try:
            runs = [run(woman, week) for week in weeks]
        except (InvalidParameterError, NumericalError) as error:
            failed.append(str(error))
            continue
        tried.append(runs[0])
        found.append(np.stack([_excess(run) for run in runs]))
        said.append((woman, np.array([getattr(readings(runs[0]), n) for n in AMONG])))
    if 2 * len(found) < len(draws):
        raise NumericalError(
            f"Only {len(found)} of {len(draws)} draws could be computed. The first that could "
            f"not: {failed[0]}"
        )
    logs = np.log(np.stack(found))
    at = np.log(stretches(seen) - 1)
    reach = _reach(len(found)) * logs.std(axis=0, ddof=1)
    return Direct(
        middle=tuple(seen),
        changes=tuple(_changes(tried, on)),
        readings=np.array([r for _, r in said]),
        stretch=1 + np.exp(at),
        low90=1 + np.exp(at - reach),
        high90=1 + np.exp(at + reach),
        held=_held(said),
        failed=tuple(failed),
    )


def _changes(seen: Sequence[Loaded], on: Callable[[float], None]) -> Iterator[Change]:
    """Each change in the middle, which is the first, and in the others."""
    for k, (name, (words, changed)) in enumerate(CHANGES.items()):
        on(0.5 + 0.5 * k / len(CHANGES))
        first: Loaded | None = None
        ratios: list[float] = []
        why = ""
        for one in seen:
            try:
                then = changed(one)
            except (InvalidParameterError, NumericalError) as error:
                why = why or str(error)
                continue
            first = then if one is seen[0] else first
            ratios.append((readings(then).internal_os - 1) / (readings(one).internal_os - 1))
        yield Change(name, words, first, np.array(ratios), why)


def stretches(seen: Sequence[Loaded]) -> Array:
    """Stretch at the nodes (week, node)."""
    return 1 + np.stack([_excess(one) for one in seen])


def as_far(woman: Woman, weeks: Sequence[float]) -> list[Loaded]:
    """A woman in the first week and in those after it, until one cannot be computed."""
    seen = [run(woman, weeks[0])]
    for week in weeks[1:]:
        try:
            seen.append(run(woman, week))
        except (InvalidParameterError, NumericalError):
            break
    return seen


def run(woman: Woman, week: float) -> Loaded:
    """A woman in a week, computed."""
    then = woman.in_week(week)
    return seen_under(half_uterus(then.measures, MESH), then.load)


def _excess(of: Loaded) -> Array:
    at_nodes = field.at_nodes(of.at_rest.mesh, of.stretch)
    return np.maximum(at_nodes - 1, LEAST)


def _reach(draws: int) -> float:
    """Half the width of a 90 % interval of one more draw, in standard deviations of `draws`."""
    from scipy.special import stdtrit

    return float(stdtrit(draws - 1, 0.95)) * float(np.sqrt(1 + 1 / draws))


def _held(said: Sequence[tuple[Woman, Array]]) -> int:
    """How many readings lay within the 95 % interval of the emulator."""
    x = np.array([inputs(w.measures, w.load) for w, _ in said])
    mean, sd = emulator().levels(x)
    off = np.abs(levelled(np.array([r for _, r in said]), x) - mean)
    return int((off <= NORMAL_95 * sd).sum())
