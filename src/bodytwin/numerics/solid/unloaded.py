"""What shape had a body before the load under which it was seen?

An image shows a womb under its pressure. Its stretch counts from the shape it would have without:
that shape is found here by solving the equations of loading for it (`backward`), in shares of
the load. Where a thick-walled body has two equilibria under one pressure, or none beyond a limit,
one loaded shape still has one unloaded shape near it, so that this search goes on where one
that loads a guess again and again (Sellier 2011, *Eng Comput* 28:1035) has nothing to load.

Not for: residual stress, which stays when the load is gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import NumericalError
from bodytwin.numerics.solid.backward import Backward
from bodytwin.numerics.solid.composition import Body
from bodytwin.numerics.solid.load import Held, Load
from bodytwin.numerics.solid.mesh import Mesh
from bodytwin.numerics.solid.newton import Path, Step, found, silent

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Unloaded:
    """The body without its load, and the displacement (n, 3) by which the load takes it to where
    it was seen; `solve` may start from there.
    """

    body: Body
    displacement_mm: Array
    steps: tuple[Step, ...]
    cuts: int

    @property
    def iterations(self) -> int:
        """Of all steps that succeeded."""
        return sum(s.iterations for s in self.steps)


def unloaded(
    seen: Body,
    loads: Sequence[Load],
    held: Sequence[Held],
    *,
    axes: Callable[[Mesh], Array] | None = None,
    path: Path | None = None,
    on_step: Callable[[Step], None] = silent,
) -> Unloaded:
    """The body that `loads`, and moving the `held` nodes, turn into the body `seen`.

    `axes` gives the directions (m, 27, 3, 3) in the unloaded mesh where they follow its shape;
    without it they are those of `seen`. Supports and areas count from the unloaded shape. `on_step`
    hears of each equilibrium. Raises NumericalError with the share of the load that could be taken
    away and why not more.
    """
    problem = Backward(seen, loads, held, axes)
    try:
        answer = found(problem, path or Path(), None, on_step)
    except NumericalError as cause:
        raise NumericalError(f"The unloaded shape was not found. {cause}") from None
    return Unloaded(
        body=problem.unloaded(answer.displacement_mm.reshape(-1)),
        displacement_mm=answer.displacement_mm,
        steps=answer.steps,
        cuts=answer.cuts,
    )
