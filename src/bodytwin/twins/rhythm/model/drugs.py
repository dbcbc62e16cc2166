r"""What does an antiarrhythmic drug do to speed and duration?

Each current i that a drug blocks is scaled by

.. math::
    \frac{1}{1 + (C / IC_{50,i})^{h_i}}                                           \tag{1}

at the free concentration C (pore block: Mirams et al. 2011, doi 10.1093/cvr/cvr044), and the
blocked ten Tusscher-Panfilov cell was followed: duration of a cell at 600 ms, speed of a strand.
Those shares are tabled over the dose; the file says by which command.

Not for: block that depends on rate or on how the channel stands, metabolites, accumulation,
autonomic effects, drugs together. `Blocker.caution` says what is lacking of each.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.twins.rhythm.model.cells.ten_tusscher import SHARES, Cell, cell
from bodytwin.twins.rhythm.model.substrate import Drugged

FIELDS = ("speed_share", "duration_share", "border_speed_share", "border_duration_share")


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """A drug: free concentration, and half-blocking concentration and steepness by current."""

    name: str
    free_um: float
    block: Mapping[str, tuple[float, float]]
    caution: str
    source: str

    def open_shares(self, multiple: float) -> dict[str, float]:
        """What is left of each current at a multiple of the free concentration, equation (1)."""
        dose = multiple * self.free_um
        return {
            current: 1.0 / (1.0 + (dose / half) ** steep)
            for current, (half, steep) in self.block.items()
        }


@cache
def _said(name: str) -> dict[str, Any]:
    path = files("bodytwin.twins.rhythm") / "data" / name
    return tomllib.loads(path.read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """The drugs there are."""
    return tuple(name for name in _said("drugs.toml") if name != "sources")


def blocker(name: str) -> Blocker:
    """One drug; NotFoundError with the list where there is no such drug."""
    if name not in names():
        raise NotFoundError(f"No drug '{name[:30]}' is known. There are: {', '.join(names())}.")
    said = _said("drugs.toml")[name]
    sources = _said("drugs.toml")["sources"]
    used = [k for k in sources if k in said["block_source"] or k in said["free_source"]]
    return Blocker(
        name=name,
        free_um=said["free_um"],
        block={current: (half, steep) for current, (half, steep) in said["block"].items()},
        caution=said["caution"],
        source="; ".join(sources[k] for k in used),
    )


def drugged_cell(kind: str, drug: Blocker, multiple: float) -> Cell:
    """The cell of one kind under this drug."""
    of = cell(kind)
    left = drug.open_shares(multiple)
    return replace(of, shares=of.shares * np.array([left.get(name, 1.0) for name in SHARES]))


def effects(name: str, multiple: float) -> Drugged:
    """Shares of speed and duration under a drug at a multiple of its free concentration.

    Raises:
        NotFoundError: no such drug.
        InvalidInputError: a dose outside the table, which ends where border zone stops conducting.

    """
    blocker(name)
    table = _said("drugs_effects.toml")
    found = table[name]
    doses = found["multiples"]
    if not doses[0] <= multiple <= doses[-1]:
        raise InvalidInputError(
            f"{name.capitalize()} was followed at {doses[0]:g} to {doses[-1]:g} times its free "
            f"concentration, got {multiple:g}. Choose a dose within."
        )
    at = np.log(multiple)
    shares = {f: float(np.interp(at, np.log(doses), found[f])) for f in FIELDS}
    return Drugged(**shares)
