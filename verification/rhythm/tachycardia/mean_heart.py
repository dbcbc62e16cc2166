"""The mean heart of a population, with the scar that this package places unless told otherwise."""

from functools import cache
from pathlib import Path

import numpy as np

from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.scar import Scar, placed
from bodytwin.twins.rhythm.model.substrate import substrate
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.parameters import prior

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"
TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MEDIAN = {p.name: p.median for p in prior().parameters}


@cache
def heart(spacing_mm):
    """The heart without a scar."""
    made = labelled(parts_of(mesh.read(FILE.read_bytes(), length_unit="mm")), spacing_mm=1.0)
    return heart_from_labels(made.values, TO_LPS @ made.affine, made.labels, spacing_mm=spacing_mm)[
        0
    ]


def scarred(spacing_mm, **scar):
    """The heart with a scar."""
    return placed(heart(spacing_mm), Scar(**scar))


def waves(of):
    """Waves in a heart of median properties."""
    return Waves(heart=of, substrate=substrate(of, MEDIAN, ten_tusscher()))
