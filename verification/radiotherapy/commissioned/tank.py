"""The measured beam, and a tank of water in which the engine is asked for the same doses."""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from bodytwin.importers.radiotherapy.beam_data import Along, read_output_factors, read_scans
from bodytwin.twins.radiotherapy.model.commission import Field, Measured, Profile, commissioned
from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence, open_field
from bodytwin.twins.radiotherapy.model.gamma import Criterion, gamma, passing_percent
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.trace import Densities

FOLDER = Path(__file__).parents[3] / "examples" / "data" / "linac-6mv"
FILES = ("06MV_05x05.mcc", "06MV_10x10.mcc")
HELD_OUT_MM = 50.0
AXIS_MM, VOXEL_MM = 1000.0, 5.0
BESIDE_MM = 1.0


@cache
def scans():
    """All scans of both fields, by sides."""
    found = [read_scans((FOLDER / name).read_bytes()).value for name in FILES]
    return {part[0].sides_mm: part for part in found}


@cache
def outputs():
    table = read_output_factors((FOLDER / "OutputFactors.csv").read_bytes()).value
    return {f.sides_mm: f.factor for f in table}


@cache
def absolute():
    """Depth of 10 cm over the maximum at 100 cm, and at 90 over 100 cm of source and surface."""
    rows = list(csv.reader((FOLDER / "AbsoluteDose.csv").read_text().splitlines()))
    said = dict(zip(rows[0], rows[1], strict=True))
    return float(said["d10 @ 100 SSD"]), float(said["d10 @ 90 SSD / d10 @ 100 SSD"])


def measured(kept):
    """What the fit sees: all depth doses and outputs, and the profiles for which `kept` is true."""
    fields = []
    for sides, found in scans().items():
        (deep,) = (s for s in found if s.along is Along.AXIS)

        def profiles(along, found=found):
            return tuple(
                Profile(depth_mm=s.depth_mm, place_mm=s.place_mm, dose=s.dose)
                for s in found
                if s.along is along and kept(s)
            )

        fields.append(
            Field(
                sides_mm=sides,
                output=outputs()[sides],
                depth_mm=deep.place_mm,
                depth_dose=deep.dose,
                along_x=profiles(Along.X),
                along_z=profiles(Along.Z),
            )
        )
    return Measured(
        name="measured 6 MV", surface_mm=900.0, reference_depth_mm=100.0, fields=tuple(fields)
    )


@cache
def machine():
    """Fitted without the profiles at the depth that is held out."""
    return commissioned(measured(lambda s: s.depth_mm != HELD_OUT_MM))


@cache
def machine_of_one_width():
    """Fitted without a profile of the small field, of which only depth dose and output are seen."""
    return commissioned(measured(lambda s: s.sides_mm == (100.0, 100.0)))


@cache
def tank(surface_mm):
    """Water of 400 x 400 x 400 mm below a surface that lies `surface_mm` from the source."""
    affine = np.diag([VOXEL_MM] * 3 + [1.0])
    affine[:3, 3] = [-200 + VOXEL_MM / 2, surface_mm - AXIS_MM + VOXEL_MM / 2, -200 + VOXEL_MM / 2]
    return Densities(values=np.ones((80, 80, 80), np.float32), affine=affine)


def doses(machine, sides, depth_mm, *, x_mm=0.0, z_mm=0.0, surface_mm=900.0):
    """Of an open field of the engine at places in the tank, per unit of weight."""
    depth, x, z = np.broadcast_arrays(depth_mm, x_mm, z_mm)
    beam = Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0), beamlet_mm=1.0)
    at, weight = open_field(machine, width_mm=sides[0], length_mm=sides[1])
    voxels = np.column_stack([x, depth + surface_mm - AXIS_MM, z]).astype(float)
    return dose_of_fluence(
        beam, tank(surface_mm), machine, voxels_mm=voxels, beamlets_mm=at, weights=weight
    )


def profile(machine, scan):
    """Measured and computed dose over that on the axis, in steps of BESIDE_MM."""
    far = np.floor(min(-scan.place_mm[0], scan.place_mm[-1]) / BESIDE_MM) * BESIDE_MM
    place = np.arange(-far, far + BESIDE_MM / 2, BESIDE_MM)
    across = {"x_mm": place} if scan.along is Along.X else {"z_mm": place}
    found = doses(machine, scan.sides_mm, scan.depth_mm, **across)
    wanted = np.interp(place, scan.place_mm, scan.dose)
    return wanted / np.interp(0.0, place, wanted), found / np.interp(0.0, place, found)


def gammas(machine, scan, *, percent=2.0, mm=2.0):
    """Places (n,) where the dose is above a tenth of that on the axis, and gamma (n,) of all.

    The dose on the axis of the same profile is the whole. The line is made a grid by laying it
    beside itself, which lets it agree with nothing but itself.
    """
    by = Criterion(dose_percent=percent, distance_mm=mm, cut_off_percent=0.0)
    lines = profile(machine, scan)
    grids = [np.tile(line[:, None, None], (1, 2, 2)) for line in lines]
    values = gamma(*grids, spacing_mm=(BESIDE_MM,) * 3, criterion=by, normal_gy=1.0)
    return lines[0] >= 0.1, values[:, 0, 0]


def passing(machine, scans):
    """Per cent of each profile that passes, above a tenth of the axis and with its tails."""
    found = {}
    for scan in scans:
        looked, values = gammas(machine, scan)
        name = f"{scan.sides_mm[0]:g} mm along {scan.along.name} at {scan.depth_mm:g} mm"
        found[name] = (passing_percent(values[looked]), passing_percent(values))
    return found
