"""The heart of a patient, as the page shows it: its surface, and what can be asked of it."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from bodytwin.contract.study import Shape
from bodytwin.errors import NotFoundError
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.service.studying import study, view
from bodytwin.service.workspace import Workspace

TWIN = "rhythm"
Asked = Mapping[str, Any]


class Question(Protocol):
    """One of the long questions below."""

    def __call__(
        self, workspace: Workspace, patient: str, asked: Asked, *, progress: Progress = ...
    ) -> Shape:
        """The answer."""
        ...


def heart_of(workspace: Workspace, patient: str) -> Shape:
    """What the heart is, its sites, and which arrays can be fetched."""
    seen = view(workspace, patient, TWIN)
    return {
        "id": patient,
        **seen.header,
        "arrays": {
            name: {"dtype": values.dtype.name, "shape": list(values.shape)}
            for name, values in seen.arrays.items()
        },
    }


def heart_array(workspace: Workspace, patient: str, name: str) -> bytes:
    """One array of the heart, little-endian."""
    arrays = view(workspace, patient, TWIN).arrays
    if name not in arrays:
        raise NotFoundError(f"A heart has {', '.join(arrays)}.")
    values = np.ascontiguousarray(arrays[name])
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def screen(
    workspace: Workspace, patient: str, asked: Asked, *, progress: Progress = silent
) -> Shape:
    """Stimulate from every site; `asked` may hold lesions, a drug or a plan, and draws."""
    return study(workspace, patient, TWIN, "screen", asked, progress=progress)


def search_ablation(
    workspace: Workspace, patient: str, asked: Asked, *, progress: Progress = silent
) -> Shape:
    """The smallest set of lesions found that leaves no site from which one can be induced."""
    return study(workspace, patient, TWIN, "search", asked, progress=progress)


def learn(
    workspace: Workspace, patient: str, asked: Asked, *, progress: Progress = silent
) -> Shape:
    """Train what `explore` answers with."""
    return study(workspace, patient, TWIN, "learn", asked, progress=progress)


def explore(workspace: Workspace, patient: str, asked: Asked) -> Shape:
    """A rough answer within a second, or why there is none."""
    return study(workspace, patient, TWIN, "explore", asked)


def pace(workspace: Workspace, patient: str, asked: Asked, *, progress: Progress = silent) -> Shape:
    """Activation of a sinus or paced beat."""
    return study(workspace, patient, TWIN, "pace", asked, progress=progress)
