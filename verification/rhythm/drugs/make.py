"""Make the table of what drugs do to speed and duration.

    uv run python -m verification.rhythm.drugs.make

Healthy and border-zone cells are paced at 600 ms to steady state with their channels blocked; the
mean duration of the last beats (the border zone alternates by a per cent) and the speed of one
wave along a strand of such cells are put over those without a drug. Where no wave gets along a
strand the table ends.
"""

import sys
from pathlib import Path

import numpy as np
from numba import set_num_threads

from bodytwin.twins.rhythm.model.cable import Strand, stimulated
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell, rested
from bodytwin.twins.rhythm.model.drugs import blocker, drugged_cell, names

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "src/bodytwin/twins/rhythm/data/drugs_effects.toml"
CYCLE_MS, BEATS, LOOKED_AT = 600.0, 48, 12
MULTIPLES = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
KINDS = {"": "epi", "border_": "border"}


def measured(of):
    """Duration in ms and speed in m/s; a speed of nought where no wave gets along."""
    state = rested(of, cycle_ms=CYCLE_MS, beats=BEATS)
    durations = []
    for _ in range(LOOKED_AT):
        state, trace = beat(of, state, length_ms=CYCLE_MS, sample_ms=0.1)
        durations.append(apd90_ms(trace, sample_ms=0.1))
    strand = Strand()
    _, passed = stimulated(of, strand, np.tile(state, (strand.points, 1)), [0.0], 160.0)
    speed = float(passed.speed_m_per_s[0]) if len(passed.speed_m_per_s) else 0.0
    return float(np.mean(durations)), speed


def shares(name, plain):
    """Rows of the table of one drug, up to the last dose at which both strands conduct."""
    rows = {"multiples": []} | {f"{k}{w}_share": [] for w in ("speed", "duration") for k in KINDS}
    for multiple in MULTIPLES:
        found = {}
        for prefix, kind in KINDS.items():
            duration, speed = measured(drugged_cell(kind, blocker(name), multiple))
            found[f"{prefix}duration_share"] = duration / plain[kind][0]
            found[f"{prefix}speed_share"] = speed / plain[kind][1]
        print(name, multiple, {k: round(v, 4) for k, v in found.items()}, flush=True)
        if not all(np.isfinite(v) and v > 0 for v in found.values()):
            break
        rows["multiples"].append(multiple)
        for key, value in found.items():
            rows[key].append(round(value, 4))
    return rows


def main() -> None:
    """Measure, and write the file."""
    set_num_threads(1)
    plain = {kind: measured(cell(kind)) for kind in KINDS.values()}
    lines = [
        "# Shares of speed and duration of ten Tusscher-Panfilov cells under block (drugs.toml).",
        'made_by = "uv run python -m verification.rhythm.drugs.make"',
        f'protocol = "{BEATS} + {LOOKED_AT} beats at {CYCLE_MS:g} ms; mean APD90 of the last; '
        'speed of one wave along a strand of 22 mm"',
    ]
    for name in names():
        rows = shares(name, plain)
        lines += [f"\n[{name}]", *(f"{key} = {value}" for key, value in rows.items())]
    text = "\n".join(lines) + "\n"
    if "--print" in sys.argv:
        print(text)
    else:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
