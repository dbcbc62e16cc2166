"""The longer study: `python -m verification.rhythm.spiral.run 1.8 120 1600` (slope, mm, ms)."""

import sys
import time

import numpy as np

from verification.rhythm.spiral.sheet import broke_ms, periods_ms, spiral


def main(slope, side_mm, until_ms, spacing_mm="0.5", dt_ms="0.05"):
    begin = time.perf_counter()
    seen = spiral(
        float(side_mm), float(until_ms), slope=slope, spacing_mm=float(spacing_mm),
        dt_ms=float(dt_ms),
    )  # fmt: skip
    print(f"slope {slope}, {side_mm} mm, voxels {spacing_mm} mm, step {dt_ms} ms")
    print(f"S2 at {seen.s2_ms:.0f} ms; last activation {seen.activity.time_ms[-1]:.0f} ms")
    print(f"several tips from {broke_ms(seen, after_ms=seen.s2_ms + 200.0):.0f} ms on")
    after = seen.s2_ms + 400.0
    found = periods_ms(seen, after_ms=after)
    if len(found):
        low, mid, high = np.percentile(found, [5, 50, 95])
        print(f"period after {after:.0f} ms: {mid:.1f} ms ({low:.0f} to {high:.0f})")
    counts = np.array([len(t) for t in seen.tips])
    for start in np.arange(seen.s2_ms, seen.times_ms[-1], 200.0):
        within = (seen.times_ms >= start) & (seen.times_ms < start + 200.0)
        print(f"  {start:5.0f} ms: tips {counts[within].mean():.2f}, most {counts[within].max()}")
    for path in seen.path[:3]:
        late = path.at_mm[path.times_ms > after]
        span = np.ptp(late[:, :2], axis=0) if len(late) else (0.0, 0.0)
        length = np.linalg.norm(np.diff(path.at_mm, axis=0), axis=1).sum()
        print(
            f"  tip {path.turn:+d} from {path.times_ms[0]:.0f} for {path.lasted_ms:.0f} ms, way "
            f"{length:.0f} mm, late within {span[0]:.0f} x {span[1]:.0f} mm"
        )
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
