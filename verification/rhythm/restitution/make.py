"""Make the restitution tables that the fast mode uses, from strands of cells.

    uv run python -m verification.rhythm.restitution.make

S1 at 600 ms to steady state, then one S2, ever earlier; at a point in the middle of the strand the
diastolic interval before S2, the duration of its action potential and its speed. A wave that
starts early runs slowly until the tissue before it has recovered, so there is a shortest interval
at which waves pass: `erp_ms`. Below it the tables are flat, since no wave was seen there.
"""

import sys
from pathlib import Path

import numpy as np

from bodytwin.twins.rhythm.model.cable import Strand, stimulated
from bodytwin.twins.rhythm.model.cells.ten_tusscher import cell, rested

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "src/bodytwin/twins/rhythm/data/restitution.toml"
KINDS = {"healthy": "epi", "border": "border"}
S1_MS, TRAIN = 600.0, 3
GRID_MS = np.arange(0.0, 605.0, 5.0)
COUPLINGS_MS = (600, 500, 450, 400, 380, 365, 355, 350, 345, 340, 335, 330, 325, 320, 315, 310,
                305, 300, 295, 290)  # fmt: skip


def measured(kind: str, strand: Strand) -> dict[str, np.ndarray]:
    """Diastolic intervals, durations and speeds of S2, latest first; S1 last."""
    of = cell(kind)
    state = np.tile(rested(of, cycle_ms=S1_MS, beats=50), (strand.points, 1))
    times = [S1_MS * k for k in range(TRAIN)]
    state, train = stimulated(of, strand, state, times, S1_MS * (TRAIN - 1) + 240.0)
    rows: list[tuple[float, float, float]] = []
    for coupling in COUPLINGS_MS:
        _, seen = stimulated(of, strand, state, [coupling - 240.0], coupling + 250.0)
        last = float(train.arrival_ms[-1]) - S1_MS * (TRAIN - 1) - 240.0
        ends = repolarised(of, strand, state)
        if len(seen.arrival_ms):
            arrived = float(seen.arrival_ms[0])
            duration = float(seen.repolarised_ms[0]) - arrived
            rows.append((arrived - ends, duration, float(seen.speed_m_per_s[0])))
            print(kind, coupling, np.round(rows[-1], 3), round(ends - last, 1), flush=True)
        else:
            print(kind, coupling, "no wave", flush=True)
            break
    found = np.array(rows)
    apart = np.minimum.accumulate(found[:, 0]) == found[:, 0]
    slower = np.minimum.accumulate(found[:, 2]) == found[:, 2]
    clear = found[apart & slower & (np.r_[1e9, found[:-1, 0]] - found[:, 0] > 3.0)]
    shortest = float(found[:, 0].min())
    return {"di": clear[:, 0], "apd": clear[:, 1], "speed": clear[:, 2], "erp": shortest}


def repolarised(of, strand: Strand, state: np.ndarray) -> float:
    """When the last S1 has repolarised by 90 % in the middle, from the time of `state`."""
    y, dt = state.copy(), 2.0
    i, total = int(0.4 * strand.points), 0.0
    from bodytwin.twins.rhythm.model.cells.ten_tusscher import NUMBERS, advance

    level = -85.5 + 0.1 * (30.0 + 85.5)
    one = y[i].copy()
    while one[0] > level and total < 400:
        for _ in range(int(dt / 0.02)):
            advance(one, of.shares, 0.02, 0.0, NUMBERS)
        total += dt
    return total


def main() -> None:
    """Measure, and write the file."""
    strand = Strand()
    lines = [
        "# Restitution of strands of ten Tusscher-Panfilov cells; border as Arevalo et al. 2016.",
        "# cv_share counts from the speed of the same strand at the longest rest.",
        'made_by = "uv run python -m verification.rhythm.restitution.make"',
        f'strand = "{strand.points} points {strand.dx_mm} mm apart, D '
        f'{strand.diffusion_mm2_per_ms} mm2/ms, dt {strand.dt_ms} ms, S1 {S1_MS:g} ms"',
        f"kinds = {list(KINDS)}".replace("'", '"'),
        f"di_ms = {[float(x) for x in GRID_MS]}",
    ]
    for name, kind in KINDS.items():
        m = measured(kind, strand)
        order = np.argsort(m["di"])
        di, apd, speed = m["di"][order], m["apd"][order], m["speed"][order]
        lines += [
            f"\n[{name}]",
            f"rested_speed_m_per_s = {speed[-1]:.4f}",
            f"erp_ms = {float(m['erp']):.1f}",
            f"apd_ms = {[round(float(x), 2) for x in np.interp(GRID_MS, di, apd)]}",
            f"cv_share = {[round(float(x), 4) for x in np.interp(GRID_MS, di, speed / speed[-1])]}",
        ]
    text = "\n".join(lines) + "\n"
    if "--print" in sys.argv:
        print(text)
    else:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
