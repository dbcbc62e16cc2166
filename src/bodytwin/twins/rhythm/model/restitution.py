"""How long a cell stays active, and how fast it conducts, after how much rest.

Tables over the diastolic interval, made with the cell models of this package; the
file says by which command. Source of the idea: Nolasco & Dahl 1968, *J Appl
Physiol* 25:191.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.front import Recovery

Float = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Restitution:
    """For each of `kinds`: action potential duration, refractory period and share of speed.

    `di_ms` (k,) are evenly spaced diastolic intervals, counted from 90 % repolarisation;
    `apd_ms` and `cv_share` are (kinds, k), `erp_ms` (kinds,) is how long after 90 %
    repolarisation the tissue can be excited again (it may be negative).
    """

    kinds: tuple[str, ...]
    di_ms: Float
    apd_ms: Float
    cv_share: Float
    erp_ms: Float
    made_by: str = ""

    def __post_init__(self) -> None:
        step = np.diff(self.di_ms)
        if len(step) < 2 or not np.allclose(step, step[0]) or step[0] <= 0:
            raise InvalidInputError("Diastolic intervals are evenly spaced and rising.")
        shape = (len(self.kinds), len(self.di_ms))
        if self.apd_ms.shape != shape or self.cv_share.shape != shape:
            raise InvalidInputError(f"Restitution tables have the shape {shape}.")
        if not ((self.apd_ms > 0).all() and (self.cv_share > 0).all()):
            raise InvalidInputError("Durations and speeds are above zero.")

    @property
    def recovery(self) -> Recovery:
        """The same, as the front needs it."""
        return Recovery(
            first_ms=float(self.di_ms[0]),
            step_ms=float(self.di_ms[1] - self.di_ms[0]),
            active_ms=np.ascontiguousarray(self.apd_ms, dtype=np.float32),
            speed_share=np.ascontiguousarray(self.cv_share, dtype=np.float32),
            recovers_ms=np.ascontiguousarray(self.erp_ms[:, None], dtype=np.float32),
        )

    def rested_apd_ms(self, kind: str) -> float:
        """Duration after a long rest."""
        return float(self.apd_ms[self.kinds.index(kind), -1])


@cache
def ten_tusscher() -> Restitution:
    """The tables of ventricular muscle and border zone that come with this package."""
    path = files("bodytwin.twins.rhythm") / "data" / "restitution.toml"
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    kinds = tuple(said["kinds"])

    def rows(name: str) -> Float:
        return np.array([said[kind][name] for kind in kinds], dtype=np.float32)

    return Restitution(
        kinds=kinds,
        di_ms=np.array(said["di_ms"], dtype=np.float32),
        apd_ms=rows("apd_ms"),
        cv_share=rows("cv_share"),
        erp_ms=np.array([said[kind]["erp_ms"] for kind in kinds], dtype=np.float32),
        made_by=said["made_by"],
    )
