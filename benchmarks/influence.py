"""What does an influence cost? `python -m benchmarks.influence [--peer] [--write]` tells.

CPU seconds of the process, one thread; memory is the peak of what arrays take while it is made.
Without `--peer`: a box of water against the same equations in plain NumPy, one beamlet after the
other. With it: the TG-119 phantom, five beams, beamlets of 5 mm, beside pyRadPlan, which is put in
an environment of its own (`--python` names one that there is). `--write` keeps the table in
influence.txt beside this file.

Aligned with pyRadPlan are: its dose grid, densities (nothing outside of the body), isocentre and
places of beamlets; those are moved by -0.25 mm along both axes, half a step of its convolution, by
which its beamlets lie off. Its kernels are per mm2, ours per step of 0.5 x 0.5 mm: a constant of 4.
"""

import argparse
import subprocess
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.sparse import csc_array

from bodytwin.twins.radiotherapy.model.gamma import Criterion, gamma, passing_percent
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.influence import influence_at
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, generic
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

HERE = Path(__file__).parent
PEER = (
    "pyRadPlan==0.5.0", "pydantic==2.12.5", "numpydantic==1.6.11", "numpy==2.3.5",
    "scipy==1.18.1", "SimpleITK==2.5.7", "numba==0.68.1",
)  # fmt: skip
SHIFT_MM = -0.25


def box():
    """Beams, densities, voxels (n, 3) and places of beamlets in a box of water of 24 cm."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -118.0
    water = Densities(values=np.ones((60, 60, 60), np.float32), affine=affine)
    cells = np.stack(np.unravel_index(np.arange(60**3), (60,) * 3), axis=1)
    beams = [Beam(gantry_deg=g, isocentre_mm=(0.0, 0.0, 0.0)) for g in (0.0, 50.0)]
    side = np.arange(-25.0, 26.0, 5.0)
    at = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    return beams, water, cells * 4.0 - 118.0, [at] * len(beams)


def ours(beams, densities, voxels, at, *, rounds=2):
    """The matrix, CPU seconds and the peak of memory in MB."""
    for _ in range(rounds):
        before = time.process_time()
        found = influence_at(beams, densities, generic(), voxels_mm=voxels, beamlets_mm=at)
        spent_s = time.process_time() - before
    tracemalloc.start()
    influence_at(beams, densities, generic(), voxels_mm=voxels, beamlets_mm=at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found.matrix, spent_s, peak / 1e6


def plain(beams, densities, voxels, at):
    """The same equations in NumPy and SciPy, and CPU seconds."""
    machine, data, rows = generic(), [], []
    before = time.process_time()
    for beam, places in zip(beams, at, strict=True):
        seen, depths = beam.seen(voxels), traced(beam, densities)
        terms = machine.depth_terms(depths.at(seen)) * (beam.axis_distance_mm / seen[:, 2:]) ** 2
        tables = machine.tables(beamlet_mm=beam.beamlet_mm, surface_mm=depths.surface_mm)
        for place in places:
            off = seen[:, :2] - place
            near = np.flatnonzero((off**2).sum(axis=1) < machine.reach_mm**2)
            where = np.abs(off[near]).T / FINE_MM
            read = [map_coordinates(t, where, order=1, mode="nearest") for t in tables]
            rows.append(near)
            data.append((terms[near] * np.stack(read, axis=1)).sum(axis=1))
    ends = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    shape = (len(voxels), len(rows))
    matrix = csc_array((np.concatenate(data), np.concatenate(rows), ends), shape=shape)
    return matrix, time.process_time() - before


def peer(python):
    """What pyRadPlan made on TG-119, and of what."""
    with tempfile.TemporaryDirectory() as folder:
        if python is None:
            python = Path(folder) / "v" / "bin" / "python"
            run("uv", "venv", "-q", "--python", "3.12", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), *PEER)
        kept = Path(folder) / "peer.npz"
        run(str(python), str(HERE / "influence_peer.py"), str(kept))
        with np.load(kept) as said:
            return dict(said)


def run(*words):
    """What it prints; its errors are in the exception."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=900).stdout


def aligned(said):
    """Beams, densities, voxels and places of beamlets as pyRadPlan has them."""
    cells = np.unravel_index(said["voxels"], tuple(int(n) for n in said["grid"]))
    voxels = said["origin_mm"] + said["spacing_mm"] * np.column_stack(cells[::-1])
    affine = np.diag([*said["densities_spacing_mm"], 1.0])
    affine[:3, 3] = said["densities_origin_mm"]
    values = np.ascontiguousarray(said["densities"].transpose(2, 1, 0), dtype=np.float32)
    beams = [
        Beam(
            gantry_deg=float(gantry),
            isocentre_mm=(float(x), float(y), float(z)),
            beamlet_mm=float(said["beamlet_mm"]),
        )
        for gantry, (x, y, z) in zip(said["gantries_deg"], said["isocentres_mm"], strict=True)
    ]
    at = [said["places_mm"][said["beam"] == n] + SHIFT_MM for n in range(len(beams))]
    return beams, Densities(values=np.maximum(values, 0.0), affine=affine), voxels, at


def beside(said):
    """Lines on TG-119: time, memory, numbers kept, and how near the doses are."""
    theirs = csc_array((said["data"], said["indices"], said["indptr"]), shape=tuple(said["shape"]))
    matrix, spent_s, peak_mb = ours(*aligned(said))
    ratio = float(said["spent_s"]) / spent_s
    yield f"TG-119: {matrix.shape[1]} beamlets of five beams, {len(said['voxels'])} voxels of 5 mm"
    yield (
        f"  {'pyRadPlan 0.5.0':16s} {float(said['spent_s']):6.2f} CPU s, "
        f"{theirs.nnz / 1e6:.2f} M numbers, {float(said['peak_bytes']) / 1e6:.0f} MB"
    )
    yield (
        f"  {'bodytwin':16s} {spent_s:6.2f} CPU s, {matrix.nnz / 1e6:.2f} M numbers "
        f"({matrix.nnz / theirs.nnz:.3f} of it), {peak_mb:.0f} MB, 1/{ratio:.1f} of the time"
    )
    grid = tuple(int(n) for n in said["grid"])
    spacing = tuple(float(s) for s in said["spacing_mm"])
    for name, weight in (("its plan", said["weight"]), ("even", np.ones(matrix.shape[1]))):
        wanted, found = theirs @ weight, np.zeros(theirs.shape[0])
        found[said["voxels"]] = FINE_MM**2 * (matrix @ weight)
        off = (found - wanted)[wanted > 0.1 * wanted.max()] / wanted.max()
        passed = [
            passing_percent(
                gamma(
                    wanted.reshape(grid), found.reshape(grid), spacing_mm=spacing[::-1],
                    criterion=Criterion(dose_percent=allowed, distance_mm=allowed),
                )
            )
            for allowed in (2.0, 3.0)
        ]  # fmt: skip
        yield (
            f"  dose, {name:9s} gamma 2 %/2 mm {passed[0]:.2f} %, 3 %/3 mm {passed[1]:.2f} %; "
            f"mean {off.mean():+.2%}, root mean square {np.sqrt((off**2).mean()):.2%} of the "
            "largest, above a tenth of it"
        )


def table(against, python):
    """Lines on the box of water; on TG-119 where asked for."""
    given = box()
    matrix, spent_s, peak_mb = ours(*given)
    reference, plain_s = plain(*given)
    yield f"box of water: {matrix.shape[1]} beamlets, {matrix.nnz / 1e6:.2f} M numbers"
    yield f"  {'plain NumPy':16s} {plain_s:6.2f} CPU s"
    yield (
        f"  {'bodytwin':16s} {spent_s:6.2f} CPU s, {peak_mb:.0f} MB, 1/{plain_s / spent_s:.1f} of "
        f"the time, largest difference {difference(matrix, reference):.1e} of the largest dose"
    )
    if against:
        yield from beside(peer(python))


def difference(matrix, reference):
    """The largest difference over the largest dose; they may keep other numbers at the reach."""
    return float(abs(matrix - reference).max() / reference.max())


def main():
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--peer", action="store_true")
    wanted.add_argument("--python", type=Path, default=None)
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    said = []
    for line in table(given.peer, given.python):
        print(line, flush=True)
        said.append(line)
    if given.write:
        (HERE / "influence.txt").write_text("\n".join(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
