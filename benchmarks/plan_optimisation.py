"""What does a plan cost? `python -m benchmarks.plan_optimisation [--peer] [--write]` tells.

CPU seconds of the process, one thread. Without `--peer`: a made-up body against SciPy's L-BFGS-B on
SciPy's sparse products of the same matrix. With it: the TG-119 phantom, influence and objective of
pyRadPlan, which is put in an environment of its own (`--python` names one that there is). `--write`
keeps the table in plan_optimisation.txt beside this file.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csc_array, csr_array

from bodytwin.twins.radiotherapy.model.merge import Lattice, merged
from bodytwin.twins.radiotherapy.model.objectives import Beyond, Deviation, MeanDose, Overdose
from bodytwin.twins.radiotherapy.model.optimise import WHAT_IF, Effort, optimise
from bodytwin.twins.radiotherapy.model.rows import rows_of
from bodytwin.twins.radiotherapy.model.wanted import Aim, Structure, values

HERE = Path(__file__).parent
PEER = (
    "pyRadPlan==0.5.0", "pydantic==2.12.5", "numpydantic==1.6.11", "numpy==2.3.5",
    "scipy==1.18.1", "SimpleITK==2.5.7", "numba==0.68.1",
)  # fmt: skip
SHAPE, SPACING_MM = (64, 64, 24), (4.0, 4.0, 4.0)


def body():
    """Influence (voxels, beamlets) of seven beams on a round body, its structures and lattice."""
    voxel = np.stack(np.unravel_index(np.arange(np.prod(SHAPE)), SHAPE), axis=1)
    at = (voxel - voxel.mean(axis=0)) * np.array(SPACING_MM)
    r = np.hypot(at[:, 0], at[:, 1])
    near = np.abs(at[:, 2]) < 30.0
    target = (r > 16.0) & (r < 36.0) & near & ~((np.abs(at[:, 0]) < 12.0) & (at[:, 1] < 0.0))
    core = (r < 12.0) & near
    rest = (r < 120.0) & ~target & ~core
    columns = [
        column
        for angle in np.arange(7) * 2 * np.pi / 7
        for column in beam(at, angle, inside=r < 120.0)
    ]
    length = [len(rows) for rows, _ in columns]
    matrix = csc_array(
        (
            np.concatenate([gy for _, gy in columns]).astype(np.float32),
            np.concatenate([rows for rows, _ in columns]),
            np.concatenate([[0], np.cumsum(length)]),
        ),
        shape=(len(at), len(columns)),
    )
    structures = (
        Structure("core", np.flatnonzero(core)),
        Structure("target", np.flatnonzero(target)),
        Structure("body", np.flatnonzero(rest), fine=False),
    )
    return matrix, structures, Lattice(voxel=voxel, spacing_mm=SPACING_MM)


def beam(at, angle, *, inside):
    """Rows and dose of each beamlet: a bell across, with a tail, that falls off along the beam."""
    along = np.array([np.cos(angle), np.sin(angle), 0.0])
    depth, side = at @ along, at @ np.array([-along[1], along[0], 0.0])
    for u in np.arange(-40.0, 41.0, 7.0):
        for z in np.arange(-31.5, 32.0, 7.0):
            off = np.hypot(side - u, at[:, 2] - z)
            rows = np.flatnonzero(inside & (off < 50.0))
            bell = np.exp(-((off[rows] / 6.0) ** 2)) + 0.02 * np.exp(-off[rows] / 15.0)
            yield rows, bell * np.exp(-0.005 * (depth[rows] + 120.0))


def aims_of(structures, *, core_gy=1.0):
    """Those of pyRadPlan's example, for one fraction."""
    core, target, rest = structures
    return [
        Aim(core, Overdose(core_gy), 10.0),
        Aim(target, Deviation(3.0), 100.0),
        Aim(rest, Beyond(MeanDose(), most_gy=0.0), 1.0),
        Aim(rest, Overdose(2.0), 10.0),
    ]


def ours(matrix, structures, lattice, *, rounds=2):
    """CPU seconds and value: rows and merging included, and of a what-if from there."""
    aims, other = aims_of(structures), aims_of(structures, core_gy=0.9)
    for _ in range(rounds):
        before = time.process_time()
        rows = rows_of(matrix)
        ready = time.process_time()
        few = merged(rows, lattice, structures)
        found = optimise(rows, aims, few=few)
        done = time.process_time()
        again = optimise(rows, other, few=few, start=found.weight, effort=WHAT_IF)
        last = time.process_time()
    thorough = Effort(merged_iterations=400, finish_iterations=100, relative_change=1e-9)
    best = optimise(rows, other, few=few, effort=thorough)
    return {
        "rows_s": ready - before,
        "cold_s": done - ready,
        "warm_s": last - done,
        "value": found.value,
        "warm_over_best": again.value / best.value,
        "weight": found.weight,
    }


def plain(matrix, structures):
    """CPU seconds and value of SciPy alone: its products, its L-BFGS-B, the same start."""
    by_row, by_beamlet = csr_array(matrix), csr_array(matrix.T)
    aims, count = aims_of(structures), matrix.shape[1]

    def cost(weight):
        dose = (by_row @ weight.astype(np.float32)).astype(np.float64)
        slope = np.zeros(len(dose))
        for a in aims:
            at, share = a.structure.rows, a.structure.share
            slope[at] += a.priority * a.objective.slope(dose[at], share)
        gradient = by_beamlet @ slope.astype(np.float32)
        return values(aims, dose).sum(), gradient.astype(np.float64)

    before = time.process_time()
    even = 3.0 / float((by_row @ np.ones(count, np.float32))[structures[1].rows].mean())
    found = minimize(
        cost, np.full(count, even), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * count,
        options={"maxiter": 500, "ftol": 1e-5},
    )  # fmt: skip
    return time.process_time() - before, float(found.fun), int(found.nit)


def peer(python):
    """Influence, structures and result of pyRadPlan on TG-119."""
    with tempfile.TemporaryDirectory() as folder:
        if python is None:
            python = Path(folder) / "v" / "bin" / "python"
            run("uv", "venv", "-q", "--python", "3.12", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), *PEER)
        kept = Path(folder) / "peer.npz"
        run(str(python), str(HERE / "plan_optimisation_peer.py"), str(kept))
        with np.load(kept) as said:
            return dict(said)


def run(*words):
    """What it prints; its errors are in the exception."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=900).stdout


def table(against, python):
    """Lines on the made-up body; on TG-119 where asked for."""
    matrix, structures, lattice = body()
    found = ours(matrix, structures, lattice)
    scipy_s, value, iterations = plain(matrix, structures)
    yield f"made-up body: {matrix.shape[1]} beamlets, {matrix.nnz / 1e6:.1f} M numbers"
    yield from lines(found, "SciPy alone", scipy_s, value, iterations)
    if against:
        said = peer(python)
        matrix = csc_array(
            (said["data"], said["indices"], said["indptr"]), shape=tuple(said["shape"])
        )
        names = ("core", "target", "body")
        structures = [
            Structure(name, np.flatnonzero(mask), fine=name != "body")
            for name, mask in zip(names, said["masks"], strict=True)
        ]
        grid = tuple(int(n) for n in said["grid"])
        voxel = np.stack(np.unravel_index(np.arange(matrix.shape[0]), grid), axis=1)
        found = ours(matrix, structures, Lattice(voxel=voxel, spacing_mm=(5.0, 5.0, 5.0)))
        yield f"TG-119: {matrix.shape[1]} beamlets, {matrix.nnz / 1e6:.1f} M numbers"
        peer_said = (float(said["spent_s"]), float(said["value"]), int(said["iterations"]))
        yield from lines(found, "pyRadPlan 0.5.0", *peer_said)


def lines(found, name, spent_s, value, iterations):
    """A comparison in words."""
    total = found["rows_s"] + found["cold_s"]
    yield f"  {name:18s} {spent_s:6.2f} CPU s, objective {value:.6f}, {iterations} iterations"
    yield (
        f"  {'bodytwin':18s} {found['cold_s']:6.2f} CPU s, and {found['rows_s']:.2f} to turn the "
        f"matrix; objective {found['value']:.6f} ({found['value'] / value:.5f} of it), "
        f"1/{spent_s / found['cold_s']:.1f} of the time, 1/{spent_s / total:.1f} all told"
    )
    yield (
        f"  {'what-if':18s} {found['warm_s']:6.2f} CPU s, {found['warm_s'] / found['cold_s']:.0%} "
        f"of merging and searching anew, {found['warm_s'] / total:.0%} with the turning of the "
        f"matrix, objective {found['warm_over_best']:.4f} of its best"
    )


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
        (HERE / "plan_optimisation.txt").write_text("\n".join(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
