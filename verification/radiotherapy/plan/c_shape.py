"""The C-shape of TG-119, from densities to a plan.

    python -m verification.radiotherapy.plan.c_shape

Nine beams 40 degrees apart, beamlets of 5 mm, doses on a grid of 5 mm.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bodytwin.twins.radiotherapy.model.dvh import dvh
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.influence import influence
from bodytwin.twins.radiotherapy.model.merge import Lattice, merged
from bodytwin.twins.radiotherapy.model.objectives import Deviation, Overdose
from bodytwin.twins.radiotherapy.model.optimise import optimise
from bodytwin.twins.radiotherapy.model.pencil import generic
from bodytwin.twins.radiotherapy.model.rows import rows_of
from bodytwin.twins.radiotherapy.model.trace import Densities
from bodytwin.twins.radiotherapy.model.wanted import Aim, Structure

FILE = Path(__file__).parents[3] / "examples" / "data" / "tg119" / "c_shape.npz"
GRID_MM, FRACTIONS = 5.0, 25
PRESCRIBED_GY = 50.0
GANTRIES_DEG = tuple(40.0 * k for k in range(9))
REGIONS = {"body": 0, "target": 1, "core": 2}


@dataclass(frozen=True)
class Phantom:
    densities: Densities
    voxels_mm: np.ndarray
    cells: np.ndarray
    regions: dict

    @property
    def target_mm(self):
        return self.voxels_mm[self.regions["target"]]


def phantom():
    """Densities of the phantom, and the dose voxels (n, 3) of its body with their regions."""
    with np.load(FILE) as held:
        density, bits, affine = held["density_per_mille"] / 1000, held["regions"], held["affine"]
    spacing = np.diag(affine)[:3]
    fine = [int(n * s // GRID_MM) for n, s in zip(density.shape, spacing, strict=True)]
    cells = np.argwhere(np.ones(fine, bool))
    at = affine[:3, 3] + GRID_MM * (cells + 0.5) - 0.5 * spacing
    nearest = np.rint((at - affine[:3, 3]) / spacing).astype(int)
    nearest = np.clip(nearest, 0, np.array(density.shape) - 1)
    own = bits[tuple(nearest.T)]
    body = (own & 1) > 0
    return Phantom(
        densities=Densities(values=density.astype(np.float32), affine=affine),
        voxels_mm=at[body],
        cells=cells[body],
        regions={name: (own[body] >> k) & 1 > 0 for name, k in REGIONS.items()},
    )


def beams(of, gantries_deg=GANTRIES_DEG):
    """Beams to the middle of the target."""
    middle = tuple(float(v) for v in of.target_mm.mean(axis=0))
    return [Beam(gantry_deg=g, isocentre_mm=middle) for g in gantries_deg]


def made(of, gantries_deg=GANTRIES_DEG):
    """The influence of all beams, and the CPU seconds it took."""
    before = time.process_time()
    found = influence(
        beams(of, gantries_deg),
        of.densities,
        generic(),
        voxels_mm=of.voxels_mm,
        target_mm=of.target_mm,
    )
    return found, time.process_time() - before


def planned(of, matrix):
    """Dose (n,) of the whole course in Gy; 95 % of the target get PRESCRIBED_GY."""
    own = of.regions
    target = Structure("target", np.flatnonzero(own["target"]))
    core = Structure("core", np.flatnonzero(own["core"]))
    rest = own["body"] & ~own["target"] & ~own["core"]
    body = Structure("body", np.flatnonzero(rest), fine=False)
    aims = [
        Aim(target, Deviation(52.0), 1000.0),
        Aim(core, Overdose(18.0), 300.0),
        Aim(body, Overdose(25.0), 100.0),
    ]
    rows = rows_of(matrix)
    grid = Lattice(voxel=of.cells, spacing_mm=(GRID_MM,) * 3)
    few = merged(rows, grid, (target, core, body))
    dose = optimise(rows, aims, few=few).dose_gy
    return dose * PRESCRIBED_GY / told(of, dose, "target").dose_at_gy(95.0)


def told(of, dose, region):
    """The histogram of a region."""
    inside = of.regions[region]
    return dvh(dose[inside], np.full(int(inside.sum()), GRID_MM**3 / 1000.0))


def main():
    """Print what the influence costs and which goals are met."""
    of = phantom()
    made(of, GANTRIES_DEG[:1])
    found, spent = made(of)
    print(f"{found.matrix.shape[1]} beamlets, {len(of.voxels_mm)} voxels, "
          f"{found.matrix.nnz / 1e6:.1f} M numbers in {spent:.1f} CPU s")  # fmt: skip
    dose = planned(of, found.matrix)
    target, core = told(of, dose, "target"), told(of, dose, "core")
    print(f"target D95 {target.dose_at_gy(95):.1f}, D10 {target.dose_at_gy(10):.1f} Gy; "
          f"core D10 {core.dose_at_gy(10):.1f} Gy")  # fmt: skip


if __name__ == "__main__":
    main()
