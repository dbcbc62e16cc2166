"""What do 270 days of a tumour cost? `python -m benchmarks.infiltration [--peer] [--write]` tells.

CPU seconds of one thread on 77 x 116 x 36 voxels of 1.5 x 1.5 x 3 mm, in steps of half a day: here,
in a plain Runge-Kutta of fourth order of the same equation in NumPy, and with `--peer` in the same
in PyTorch, in an environment of its own. The references run for 30 days, which is multiplied by
nine: each of their steps costs the same. What an ensemble of 40 such tumours takes to be followed
for a week and told of an image is told beside. `--write` keeps the table in infiltration.txt.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba
import numpy as np

from benchmarks.infiltration_peer import faces, runge_kutta
from benchmarks.monodomain import BUSY, idle, run
from bodytwin.twins.tumour.model.infiltration import Course, grown, seeded
from bodytwin.twins.tumour.model.infiltration_ensemble import (
    Ensemble,
    Volumes,
    detection,
    forecast,
    updated,
)
from verification.tumour.infiltration.brain import CELLS, brain

HERE = Path(__file__).parent
DAYS, PEER_DAYS, STEP_D, MEMBERS = 270.0, 30.0, 0.5, 40
CENTRE = (20, 62, 18)
TORCH = "torch"


def problem():
    """The made-up brain and a tumour in it."""
    tissue = brain()
    return tissue, seeded(tissue, at_voxel=CENTRE, width_mm=7.0, peak=0.9)


def ours(tissue, start, *, days=DAYS, rounds=4):
    """Least CPU seconds of several rounds, and the burden at the end in ml."""
    numba.set_num_threads(1)
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        [after] = grown(start, tissue, CELLS, Course(), at_d=(days,), step_d=STEP_D)
        spent.append(time.process_time() - before)
    return min(spent), tissue.burden_ml(after)


def diffusion(tissue):
    """In mm2 per d, nought where there is no brain."""
    relative = tissue.white + CELLS.grey_share * (1 - tissue.white)
    return np.where(tissue.inside, CELLS.diffusion_mm2_per_d * relative, 0.0)


def plain(tissue, start):
    """CPU seconds of NumPy for `DAYS`, and the burden after `PEER_DAYS`."""
    weights = faces(np, diffusion(tissue), tissue.spacing_mm)
    before = time.process_time()
    after = runge_kutta(
        start.astype(float), weights, CELLS.rate_per_d, STEP_D, round(PEER_DAYS / STEP_D)
    )
    return (time.process_time() - before) * DAYS / PEER_DAYS, tissue.burden_ml(after)


def peer(tissue, start):
    """The same of PyTorch in both precisions, or why that is not known."""
    with tempfile.TemporaryDirectory() as folder:
        python, kept = Path(folder) / "v" / "bin" / "python", Path(folder) / "problem.npz"
        np.savez(kept, diffusion=diffusion(tissue), start=start)
        try:
            run("uv", "venv", "-q", str(python.parents[1]))
            install = ("uv", "pip", "install", "-q", "--python", str(python), TORCH, "numpy")
            try:
                run(*install, "--torch-backend", "cpu")
            except subprocess.SubprocessError:
                run(*install)
            words = [str(kept), list(tissue.spacing_mm), CELLS.rate_per_d, STEP_D, PEER_DAYS]
            alone = ("env", "OMP_NUM_THREADS=1", str(python), str(HERE / "infiltration_peer.py"))
            return json.loads(run(*alone, json.dumps(words)))
        except (OSError, subprocess.SubprocessError) as lack:
            said = getattr(lack, "stderr", None) or str(lack)
            return f"PyTorch could not be installed or run: {said.strip()[-200:]}"


def week(tissue, start):
    """Seconds on the clock that 40 members take for a week, and for being told of an image."""
    numba.set_num_threads(1)
    rng = np.random.default_rng(0)
    cells = tuple(
        type(CELLS)(
            diffusion_mm2_per_d=float(0.1 * np.exp(0.4 * a)),
            rate_per_d=float(0.05 * np.exp(0.3 * b)),
            grey_share=CELLS.grey_share,
            alpha_per_gy=float(0.05 * np.exp(0.2 * c)),
        )
        for a, b, c in rng.standard_normal((MEMBERS, 3))
    )
    now = Ensemble(density=np.repeat(start[None], MEMBERS, axis=0), cells=cells, time_d=0.0)
    grown(start, tissue, CELLS, Course(), at_d=(1.0,))
    first = time.perf_counter()
    now = forecast(now, tissue, Course(), until_d=7.0)
    second = time.perf_counter()
    volumes = tuple(tissue.volume_ml(now.density[0], above=t) for t in detection())
    updated(now, tissue, Volumes(volumes_ml=volumes, thresholds=detection(), sd_mm=(1.0, 1.0)))
    return second - first, time.perf_counter() - second


def table(*, against):
    """Lines on what was measured."""
    tissue, start = problem()
    spent, burden = ours(tissue, start)
    count = int(tissue.inside.sum())
    yield f"{tissue.inside.size} voxels, {count} of them brain, {DAYS:g} days, one thread"
    yield f"bodytwin, single precision      {spent:6.2f} CPU s, burden {burden:.2f} ml"
    double, exact = ours(tissue, start.astype(float))
    yield f"bodytwin, double precision      {double:6.2f} CPU s, burden {exact:.2f} ml"
    theirs, after = plain(tissue, start)
    yield f"NumPy Runge-Kutta, double       {theirs:6.2f} CPU s, {theirs / spent:.0f} times"
    _, short = ours(tissue, start, days=PEER_DAYS, rounds=1)
    yield f"burdens after {PEER_DAYS:g} days: {short:.4f} ml, NumPy {after:.4f} ml"
    follow, tell = week(tissue, start)
    yield f"{MEMBERS} members: {follow:.1f} s for a week, {tell:.1f} s to be told of an image"
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield f"process at most {held:.0f} MB{'' if idle() else BUSY}"
    if against:
        found = peer(tissue, start)
        if isinstance(found, str):
            yield found
            return
        name = f"PyTorch {found['version']}"
        for kind in ("float64", "float32"):
            cost = found[kind] * DAYS / PEER_DAYS
            yield f"{name:14s} {kind:15s} {cost:6.2f} CPU s, {cost / spent:.0f} times"


def main():
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--peer", action="store_true")
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    lines = []
    for line in table(against=given.peer):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        (HERE / "infiltration.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
