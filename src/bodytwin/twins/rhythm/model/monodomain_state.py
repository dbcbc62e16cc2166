"""What is kept of tissue so that a run can go on from there?"""

import io
import zipfile
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError

Float = NDArray[np.float32]
_WHAT = "bodytwin monodomain 1: "


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Tissue after `step` steps; a checkpoint. Arrays as `monodomain_cells.Membrane` has them.

    `due_ms` (b,) is what the membrane of each block lags behind and `rates` (b,) how fast it last
    moved; `top` and `low` (n,) belong to the beat under way. `of` says which tissue it is of.
    """

    of: str
    step: int
    v: Float
    states: Float
    due_ms: Float
    rates: Float
    top: Float
    low: Float

    def check(self, name: str) -> None:
        """Raise InvalidInputError unless it is a state of the tissue `name`."""
        if self.of != name:
            raise InvalidInputError(
                f"This checkpoint is of other tissue ({self.of}) than the run ({name})."
            )

    def copied(self) -> "State":
        """The same, in arrays of its own."""
        own = {n: getattr(self, n).copy() for n in _ARRAYS}
        return replace(self, **own)

    def moved(self, *, step: int, v: Float) -> "State":
        """The same arrays at another step, with the potential `v`."""
        return replace(self, step=step, v=v)

    def to_bytes(self) -> bytes:
        """As an .npz file."""
        held = io.BytesIO()
        arrays = {n: getattr(self, n) for n in _ARRAYS}
        of = np.frombuffer((_WHAT + self.of).encode(), dtype=np.uint8)
        np.savez_compressed(held, of=of, step=np.int64(self.step), **arrays)
        return held.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "State":
        """From `to_bytes`.

        Raises:
            UnreadableFileError: it is not such a file, or it is damaged.

        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as held:
                of = held["of"].tobytes().decode()
                arrays = {n: held[n] for n in _ARRAYS}
                step = int(held["step"])
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as damage:
            raise UnreadableFileError("This is not a checkpoint, or it is damaged.") from damage
        if not of.startswith(_WHAT) or any(a.dtype != np.float32 for a in arrays.values()):
            raise UnreadableFileError("This is not a checkpoint of this version.")
        return cls(of=of.removeprefix(_WHAT), step=step, **arrays)


_ARRAYS = tuple(f.name for f in fields(State) if f.name not in ("of", "step"))
