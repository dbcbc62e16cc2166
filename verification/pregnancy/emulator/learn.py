"""Learn the emulator of the pregnancy twin: `... emulator.learn RUNS.npz RUNS.npz WIDTHS.npz`.

Lengths are found on some of the runs, weights from all, and how wide intervals must be from the
last file. Writes data/runs.npz of the twin.
"""

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np

from bodytwin.numerics.emulate import learn, leave_one_out
from bodytwin.twins.pregnancy.model.emulated import AMONG, RUNS, assembled, levelled

SOME = 300
NORMAL_95 = 1.96


def learned(points, values, widths):
    """The arguments of `assembled`; `widths` are inputs and readings of runs not to learn from."""
    points, values = points.astype(np.float32), values.astype(np.float32)
    x = points.astype(float)
    at = (x - x.mean(axis=0)) / x.std(axis=0)
    y = levelled(values.astype(float), x)
    found = [learn(at[:SOME], y[:SOME, k]) for k in range(len(AMONG))]
    kept = {
        "points": points,
        "values": values,
        "lengths": np.array([p.lengths for p in found]),
        "noise": np.array([p.noise for p in found]),
    }
    made = assembled(**kept, factor=np.ones(len(AMONG)))
    inside = made.inside(widths[0])
    mean, sd = made.levels(widths[0][inside])
    off = np.sort(np.abs(levelled(widths[1][inside], widths[0][inside]) - mean) / sd, axis=0)
    rank = min(int(np.ceil((len(off) + 1) * 0.95)), len(off)) - 1
    for name, process, column, most in zip(AMONG, made.processes, y.T, off[rank], strict=True):
        bound = leave_one_out(process)
        print(f"{name}: left-out error {bound.rms:.4f} of sd {column.std():.3f}; {most:.2f} sd")
    return kept | {"factor": off[rank] / NORMAL_95}


def main():
    """Read runs, learn, write."""
    *runs, last = [np.load(path) for path in sys.argv[1:]]
    widths = last["points"].astype(float), last["values"].astype(float)
    points = np.concatenate([r["points"] for r in runs])
    values = np.concatenate([r["values"] for r in runs])
    good = (values[:, :3] > 1).all(axis=1)
    print(f"{len(points)} runs, {np.sum(~good)} left out: a stretch of less than one")
    path = Path(str(files("bodytwin.twins.pregnancy"))) / "data" / RUNS
    np.savez_compressed(path, **learned(points[good], values[good], widths))
    print(f"{path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
