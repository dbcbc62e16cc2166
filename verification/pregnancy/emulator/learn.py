"""Learn the emulator of the pregnancy twin: `... emulator.learn RUNS.npz RUNS.npz WIDTHS.npz`.

Lengths are found on some of the runs, weights from all, and how wide intervals must be from the
last file. With that file alone the runs stay, and only the widths are found anew. Writes
data/runs.npz of the twin.
"""

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np

from bodytwin.numerics.emulate import learn, leave_one_out
from bodytwin.twins.pregnancy.model.emulated import AMONG, RUNS, assembled, levelled

SOME = 300
NORMAL_95 = 1.96


def learned(points, values):
    """The arguments of `assembled` but for the factor."""
    points, values = points.astype(np.float32), values.astype(np.float32)
    x = points.astype(float)
    at = (x - x.mean(axis=0)) / x.std(axis=0)
    y = levelled(values.astype(float), x)
    found = [learn(at[:SOME], y[:SOME, k]) for k in range(len(AMONG))]
    return {
        "points": points,
        "values": values,
        "lengths": np.array([p.lengths for p in found]),
        "noise": np.array([p.noise for p in found]),
    }


def factor(kept, points, values):
    """How much wider than the process says, (7,): 95 of 100 of these runs are held."""
    made = assembled(**kept, factor=np.ones(len(AMONG)))
    inside = made.inside(points)
    mean, sd = made.levels(points[inside])
    off = np.sort(np.abs(levelled(values[inside], points[inside]) - mean) / sd, axis=0)
    rank = min(int(np.ceil((len(off) + 1) * 0.95)), len(off)) - 1
    print(f"widths from {len(off)} runs")
    for name, process, most in zip(AMONG, made.processes, off[rank], strict=True):
        bound, spread = leave_one_out(process), process.values.std()
        print(f"{name}: left-out error {bound.rms:.4f} of sd {spread:.3f}; {most:.2f} sd")
    return off[rank] / NORMAL_95


def main():
    """Read runs, learn, write."""
    path = Path(str(files("bodytwin.twins.pregnancy"))) / "data" / RUNS
    *runs, last = [np.load(name) for name in sys.argv[1:]]
    if runs:
        points = np.concatenate([r["points"] for r in runs])
        values = np.concatenate([r["values"] for r in runs])
        good = (values[:, :3] > 1).all(axis=1)
        print(f"{len(points)} runs, {np.sum(~good)} left out: a stretch of less than one")
        kept = learned(points[good], values[good])
    else:
        kept = {name: array for name, array in np.load(path).items() if name != "factor"}
    widths = last["points"].astype(float), last["values"].astype(float)
    np.savez_compressed(path, **kept, factor=factor(kept, *widths))
    print(f"{path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
