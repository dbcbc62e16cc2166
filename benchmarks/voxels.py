"""What does the bending of a long bone of voxels cost? `python -m benchmarks.voxels` tells.

A shaft with a hard shell and a spongy core, held at one end and pushed aside at the other, as a CT
would show it. CPU and wall seconds from the voxels to the displacement, compiled before, beside
pyamg (smoothed aggregation with the six motions of a rigid body, conjugate gradients) in an
environment of its own, from the same voxels and to the same tolerance, over the size of the body.

`python -m benchmarks.voxels --write` keeps the table in voxels.txt beside this file and draws
docs/images/voxels-cost.svg.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.monodomain import run
from bodytwin.numerics.elastic import Bricks, solve
from bodytwin.report.svg import curve, dot, line, tag, text

HERE = Path(__file__).parent
PLOT = HERE.parent / "docs" / "images" / "voxels-cost.svg"
PYAMG = "pyamg==5.4.1"
SHELL_MPA, CORE_MPA, SHELL_SHARE = 17000.0, 600.0, 0.25
LENGTHS, FORCE_N, TOLERANCE = 4, 1000.0, 1e-8
ACROSS, MOST_OF_PYAMG = (12, 24, 36, 48, 60), 48
"""Voxels across the shafts, and the most with which pyamg is asked: 48 make a million unknowns."""


def shaft(across):
    """A shaft so many voxels thick, what holds its end and the forces (n, 3) at the other."""
    place = (np.arange(across) - (across - 1) / 2) / (across / 2)
    radius = np.hypot(*np.meshgrid(place, place, indexing="ij"))
    section = np.where(radius < 1, np.where(radius > 1 - SHELL_SHARE, SHELL_MPA, CORE_MPA), 0.0)
    edge = 48.0 / across
    young = np.broadcast_to(section, (LENGTHS * across, across, across)).copy()
    body = Bricks(young, (edge, edge, edge), 0.3)
    along = body.nodes[:, 0]
    force = np.zeros((len(along), 3))
    force[along == along.max(), 1] = FORCE_N / (along == along.max()).sum()
    return body, along == 0, force


def ours(body, held, force):
    """CPU and wall seconds, iterations and the largest displacement."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = solve(body, force, held=held, tolerance=TOLERANCE)
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    return spent | {
        "iterations": found.iterations,
        "most_mm": float(np.abs(found.displacement_mm).max()),
    }


def pyamg(body, held, force):
    """The same of pyamg, or why it is not known."""
    with tempfile.TemporaryDirectory() as folder:
        python, kept = Path(folder) / "v" / "bin" / "python", Path(folder) / "body.npz"
        np.savez(
            kept,
            corners=body.corners,
            moduli=body.moduli_mpa,
            stiffness=body.stiffness,
            positions=body.positions_mm,
            held=held,
            force=force,
        )
        try:
            run("uv", "venv", "-q", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), PYAMG, "scipy")
            words = json.dumps([str(kept), TOLERANCE])
            return json.loads(run(str(python), str(HERE / "voxels_peer.py"), words))
        except (OSError, subprocess.SubprocessError) as lack:
            said = getattr(lack, "stderr", None) or str(lack)
            return f"pyamg could not be installed or run: {said.strip()[-200:]}"


def rows():
    """Unknowns, what it took here, and what it took pyamg, or nothing."""
    ours(*shaft(ACROSS[0]))
    for across in ACROSS:
        given = shaft(across)
        yield (
            3 * len(given[0].nodes),
            ours(*given),
            pyamg(*given) if across <= MOST_OF_PYAMG else None,
        )


def told(who, size, spent):
    """A line of the table."""
    return (
        f"{who}, {size} unknowns: {spent['cpu_s']:.2f} CPU s, {spent['wall_s']:.2f} s, "
        f"{spent['iterations']} iterations, {spent['most_mm']:.6f} mm"
    )


def drawing(measured):
    """Seconds over unknowns, both logarithmic, as SVG."""

    def x(v):
        return 70.0 + 400.0 * np.log10(np.asarray(v) / 1e4) / 2.5

    def y(v):
        return 260.0 - 220.0 * np.log10(np.asarray(v) / 0.1) / 3.0

    marks = [
        "<style>text{font:13px sans-serif;fill:#777}.a{stroke:#0a6}.b{stroke:#c50}.g{stroke:#9994}"
        "path{fill:none!important;stroke-width:2}circle.a{fill:#0a6}circle.b{fill:#c50}</style>"
    ]
    for power in range(-1, 3):
        marks += [line(70, float(y(10.0**power)), 490, float(y(10.0**power)), "g")]
        marks += [text(f"{10.0**power:g} s", 20, float(y(10.0**power)) + 4)]
    for power in (4, 5, 6):
        marks += [text(f"{10**power:,}", float(x(10.0**power)) - 24, 280)]
    for of, words, column in (("a", "bodytwin", 1), ("b", PYAMG.replace("==", " "), 2)):
        kept = [
            (row[0], row[column]["wall_s"]) for row in measured if isinstance(row[column], dict)
        ]
        if kept:
            n, spent = np.array(kept).T
            marks += [curve(x(n), y(spent), of)]
            marks += [dot(float(x(a)), float(y(b)), 4, of) for a, b in kept]
            marks += [text(words, float(x(n[-1])) + 8, float(y(spent[-1])) + 4)]
    marks += [text("seconds on two cores over unknowns, a long bone of voxels", 70, 20)]
    return tag("svg", *marks, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 620 300")


def main():
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--write", action="store_true")
    write, measured, lines = wanted.parse_args().write, [], []
    for size, mine, theirs in rows():
        measured.append((size, mine, theirs))
        before = len(lines)
        lines.append(told("bodytwin", size, mine))
        if isinstance(theirs, dict):
            lines.append(f"{told(PYAMG, size, theirs)}, {theirs['peak_gb']:.1f} GB")
            in_cpu, in_time = (theirs[k] / mine[k] for k in ("cpu_s", "wall_s"))
            lines.append(f"pyamg over ours: {in_cpu:.1f} in CPU s, {in_time:.1f} in time")
        elif theirs:
            lines.append(theirs)
        print("\n".join(lines[before:]), flush=True)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    lines.append(f"the largest took {peak_gb:.1f} GB here")
    print(lines[-1])
    if write:
        (HERE / "voxels.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        PLOT.write_text(drawing(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
