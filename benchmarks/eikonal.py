"""What does the fast mode cost? `python -m benchmarks.eikonal [--peers] [--write]` tells.

CPU seconds of one thread, compiled before they are taken, the best of three: the first
activation of the mean heart from one voxel at finer and finer spacing, one beat with restitution,
and the memory. `--peers` adds fim-python (the eikonal equation on tetrahedra) and Arritmic3D (an
automaton on voxels) on blocks of their own in environments of their own; `--write` keeps the table
in eikonal.txt beside this file and draws docs/images/rhythm-cost.svg.
"""

import argparse
import functools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.monodomain import run
from bodytwin.importers import mesh
from bodytwin.importers.mesh import ventricles
from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.front import at_rest, first_arrival, medium, spread
from bodytwin.report.svg import curve, dot, line, tag, text
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.wave import PATIENCE_MS, SMOOTHING_MS

HERE = Path(__file__).parent
HEART = HERE.parent / "examples" / "data" / "heart" / "ventricles.ply"
PLOT = HERE.parent / "docs" / "images" / "rhythm-cost.svg"
SPACINGS_MM = (1.5, 1.0, 0.7, 0.5)
ALONG, ACROSS = 0.6, 0.25
FIM, AUTOMATON = "fim-python==1.2.2", "arritmic3d==3.0b8"
FIM_BLOCK, AUTOMATON_BLOCK = (30, 25, 16), (80, 60, 30)
BEAT_MS = 600.0


@functools.cache
def heart(spacing_mm):
    """The muscle of the mean heart with fibres around its long axis, and the voxel at its apex."""
    read = mesh.read(HEART.read_bytes(), length_unit="mm")
    labelled = ventricles.labelled(ventricles.parts_of(read), spacing_mm=spacing_mm)
    muscle = next(value for value, name in labelled.labels.items() if name == "healthy")
    voxels = Voxels.of_mask(labelled.values == muscle, spacing_mm=spacing_mm)
    x = voxels.positions_mm - voxels.positions_mm.mean(axis=0)
    fibre = np.stack([-x[:, 1], x[:, 0], 0.5 * np.hypot(x[:, 0], x[:, 1])], axis=1)
    fibre /= np.linalg.norm(fibre, axis=1)[:, None]
    return carrying(voxels, fibre), int(np.argmin(x[:, 2]))


def block(shape, spacing_mm=1.0):
    """A block with fibres along its first axis, and the voxel at its corner."""
    voxels = Voxels.of_mask(np.ones(shape, bool), spacing_mm=spacing_mm)
    fibre = np.tile([1.0, 0.0, 0.0], (voxels.count, 1))
    return carrying(voxels, fibre), int(np.argmin(voxels.positions_mm.sum(axis=1)))


def carrying(voxels, fibre):
    """A medium of one tissue, with what it keeps between runs."""
    n = voxels.count
    made = medium(
        voxels,
        axis=fibre.astype(np.float32),
        speed_along_m_per_s=np.full(n, ALONG, np.float32),
        speed_across_m_per_s=np.full(n, ACROSS, np.float32),
        carries=np.ones(n, bool),
    )
    _ = made.jumps, made.places
    return made


def activation(made, source):
    """Core-seconds of the first arrival everywhere, and the last of them in ms."""
    sources = np.array([source], dtype=np.int32)
    return best(lambda: first_arrival(made, sources, np.zeros(1)).max())


def beat(made, source):
    """Core-seconds of one beat with restitution, and the last activation in ms."""
    n, table = made.voxels.count, ten_tusscher()
    _ = made.times_ms

    def once():
        _, events = spread(
            made,
            at_rest(n, 250.0),
            kind=np.zeros(n, np.uint8),
            active_share=np.ones(n, np.float32),
            recovery=table.recovery,
            sources=np.array([source], dtype=np.int32),
            times_ms=np.zeros(1),
            until_ms=BEAT_MS,
            patience_ms=PATIENCE_MS,
            smoothing_ms=SMOOTHING_MS,
        )
        return events.time_ms[-1]

    return best(once)


def best(once, rounds=3):
    """Least CPU seconds of some rounds after one that compiles, and what it gave."""
    once()
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        gave = float(once())
        spent.append(time.process_time() - before)
    return min(spent), gave


def held_mb(made):
    """Megabytes of the medium of a first activation, and with what a beat adds."""
    lasting = (made.axis, made.along, made.across, made.steps, made.places, made.voxels.index)
    first = sum(a.nbytes for a in lasting) + 4 * made.voxels.index.size
    return first / 1e6, (first + 196 * made.voxels.count + 16 * made.voxels.index.size) / 1e6


def peer(script, package, *words):
    """What a peer measured in an environment of its own, or why that is not known."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "v" / "bin" / "python"
        try:
            run("uv", "venv", "-q", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), package)
            said = run(str(python), str(HERE / script), json.dumps(words))
            return json.loads(said.splitlines()[-1])
        except (OSError, subprocess.SubprocessError) as lack:
            why = getattr(lack, "stderr", None) or str(lack)
            return f"{package} could not be installed or run: {why.strip()[-200:]}"


def fim():
    """What fim-python needs for the block of FIM_BLOCK."""
    return peer("eikonal_fim.py", FIM, FIM_BLOCK, 1.0, ALONG, ACROSS)


def automaton():
    """What Arritmic3D needs for a beat of the block of AUTOMATON_BLOCK."""
    return peer("eikonal_automaton.py", AUTOMATON, AUTOMATON_BLOCK, 1.0, ACROSS / ALONG)


def rows():
    """Voxels, core-seconds of an activation, of a beat, and megabytes of both, by spacing."""
    for spacing in SPACINGS_MM:
        made, source = heart(spacing)
        yield made.voxels.count, activation(made, source)[0], beat(made, source)[0], *held_mb(made)


def against():
    """Lines on the peers."""
    ours, last = activation(*block(FIM_BLOCK))
    said = fim()
    if isinstance(said, str):
        yield said
    else:
        yield (
            f"{FIM} on a block of {FIM_BLOCK}: {said['core_s']:.2f} core-s, "
            f"last {said['last_ms']:.0f} ms; here {ours:.4f} core-s, {last:.0f} ms: "
            f"{said['core_s'] / ours:.0f} times"
        )
    ours, last = beat(*block(AUTOMATON_BLOCK))
    said = automaton()
    if isinstance(said, str):
        yield said
    else:
        yield (
            f"{AUTOMATON} on a block of {AUTOMATON_BLOCK}: {said['core_s']:.2f} core-s a beat; "
            f"here {ours:.3f} core-s: {said['core_s'] / ours:.1f} times"
        )


def drawing(measured):
    """Core-seconds over voxels, both logarithmic, as SVG."""
    n, first, beats = (np.array([row[k] for row in measured]) for k in range(3))

    def x(v):
        return 70.0 + 420.0 * np.log10(np.asarray(v) / 1e4) / 2.5

    def y(v):
        return 260.0 - 220.0 * np.log10(np.asarray(v) / 0.01) / 3.5

    marks = [
        "<style>text{font:13px sans-serif;fill:#777}.a{stroke:#0a6}.b{stroke:#c50}.g{stroke:#9994}"
        "path{fill:none!important;stroke-width:2}circle.a{fill:#0a6}circle.b{fill:#c50}</style>"
    ]
    for power in range(-2, 2):
        marks += [line(70, float(y(10.0**power)), 490, float(y(10.0**power)), "g")]
        marks += [text(f"{10.0**power:g} s", 20, float(y(10.0**power)) + 4)]
    for power in (4, 5, 6):
        marks += [text(f"{10**power:,}", float(x(10.0**power)) - 24, 280)]
    for of, spent, words in (("a", first, "first activation"), ("b", beats, "a beat")):
        marks += [curve(x(n), y(spent), of)]
        marks += [dot(float(x(a)), float(y(b)), 4, of) for a, b in zip(n, spent, strict=True)]
        marks += [text(words, float(x(n[-1])) + 8, float(y(spent[-1])) + 4)]
    marks += [text("core-seconds over voxels of the mean heart, 1.5 to 0.5 mm", 70, 20)]
    return tag("svg", *marks, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 620 300")


def main():
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--peers", action="store_true")
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    lines = ["   voxels  activation       beat   core-seconds; megabytes of each"]
    print(lines[0])
    measured = []
    for row in rows():
        measured.append(row)
        lines.append("{:9d} {:11.2f} {:10.2f}   {:.0f} and {:.0f} MB".format(*row))
        print(lines[-1], flush=True)
    for told in against() if given.peers else ():
        lines.append(told)
        print(told, flush=True)
    if given.write:
        (HERE / "eikonal.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        PLOT.write_text(drawing(measured), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
