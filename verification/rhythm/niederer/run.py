"""The nine points beside those of other codes: `python -m verification.rhythm.niederer.run`.

`--dx 0.1 --dt 0.01` measures that one; without, the table that was measured is shown. `--write`
measures a row (or with `--all` every row, half an hour) and puts it into measured.toml.
"""

import argparse
import time
import tomllib
from pathlib import Path

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.stencil import BLEND
from verification.rhythm.niederer.slab import POINTS_MM, activated, slab

HERE = Path(__file__).parent
GRID = [(dx, dt) for dx in (0.5, 0.2) for dt in (0.05, 0.01, 0.005)]
GRID += [(0.1, 0.05), (0.1, 0.01), (1 / 12, 0.01), (0.1, 0.005)]
HEADER = """# Activation in ms at points of the slab as this code has it: `run.py --all --write`.
# A row without points: that step is not stable at that spacing, `largest_dt_ms` is.
"""


def read(name):
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def measured(dx, dt, blend=BLEND):
    """One row: the points, or the largest step that is stable where `dt` is not."""
    row = {"dx_mm": round(dx, 6), "dt_ms": dt, "blend": blend}
    try:
        made = slab(dx, dt, blend=blend)
    except InvalidInputError:
        largest = slab(dx, 1e-4, blend=blend).tissue.stencil.largest_step_ms
        return row | {"largest_dt_ms": round(largest, 5)}
    before = time.process_time()
    points = activated(made)
    spent = time.process_time() - before
    return row | {
        "voxels": made.voxels.count,
        "core_s": round(spent, 1),
        "points": {name: round(t, 3) for name, t in points.items()},
    }


def line(name, points):
    shown = [f"{points[p]:8.2f}" if p in points else "       -" for p in POINTS_MM]
    return f"{name:44s}" + "".join(shown)


def table(rows):
    """Rows beside what others published at the same spacing."""
    published = read("published.toml")
    out = [" " * 44 + "".join(f"{p:>8s}" for p in POINTS_MM)]
    for row in rows:
        name = f"bodytwin {row['dx_mm']:.4g} mm {row['dt_ms']:g} ms"
        if "points" in row:
            out.append(line(f"{name} ({row['core_s']:.0f} core-s)", row["points"]))
        else:
            out.append(f"{name}: not stable, at most {row['largest_dt_ms']:g} ms is")
    spacings = {row["dx_mm"] for row in rows}
    for code in published["code"]:
        if code["dx_mm"] in spacings:
            step = f" {code['dt_ms']:g} ms" if "dt_ms" in code else ""
            out.append(line(f"{code['name'][:30]} {code['dx_mm']:g} mm{step}", code["points"]))
    out.append(line("converged (another scheme, extrapolated)", published["converged"]["points"]))
    return "\n".join(out)


def written(rows):
    """As TOML."""
    parts = [HEADER]
    for row in sorted(rows, key=lambda r: (-r["dx_mm"], -r["dt_ms"])):
        points = row.get("points")
        parts.append("[[row]]")
        parts += [f"{k} = {v}" for k, v in row.items() if k != "points"]
        if points:
            parts.append("points = { " + ", ".join(f"{k} = {v}" for k, v in points.items()) + " }")
        parts.append("")
    return "\n".join(parts)


def kept(rows):
    """Put rows into measured.toml in place of those of the same spacing and step."""
    path = HERE / "measured.toml"
    old = read("measured.toml").get("row", []) if path.exists() else []
    new = {(r["dx_mm"], r["dt_ms"]): r for r in [*old, *rows]}
    path.write_text(written(new.values()), encoding="utf-8")


def main():
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--dx", type=float)
    wanted.add_argument("--dt", type=float, default=0.01)
    wanted.add_argument("--blend", type=float, default=BLEND)
    wanted.add_argument("--all", action="store_true")
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    grid = GRID if given.all else [(given.dx, given.dt)] if given.dx else []
    rows = []
    for dx, dt in grid:
        rows.append(measured(dx, dt, given.blend))
        if given.write:
            kept(rows[-1:])
    print(table(rows or read("measured.toml")["row"]))


if __name__ == "__main__":
    main()
