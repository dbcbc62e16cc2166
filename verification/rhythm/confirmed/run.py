"""Both modes side by side: `python -m verification.rhythm.confirmed.run` prints what they find."""

import sys
import time

import numpy as np

from bodytwin.twins.rhythm.model.heart import Tissue
from bodytwin.twins.rhythm.model.screening import cycle_length_ms
from verification.rhythm.confirmed.wall import MARGIN_MM, SIZE_MM, fast, wall, whole

EXIT_MM = (MARGIN_MM - 2.0, SIZE_MM[1] / 2)
"""Healthy muscle before the left mouth of the channel, where the wave comes out."""


def within_cycle_ms(made, beats):
    """Activation of each voxel in the last cycle that begins at the exit, (n,); NaN where none."""
    cycle, _ = cycle_length_ms(beats)
    out = int(np.argmin(np.linalg.norm(made.at_mm - EXIT_MM, axis=1)))
    at = beats.time_ms[beats.voxel == out]
    start = at[at <= beats.last_ms - cycle][-1]
    inside = (beats.time_ms >= start) & (beats.time_ms < start + cycle)
    found = np.full(len(made.at_mm), np.nan)
    found[beats.voxel[inside]] = beats.time_ms[inside] - start
    return found


def apart_ms(made, one, other):
    """Difference (rms) of activation within the cycle, as shares of it, times the second cycle."""
    shares = [within_cycle_ms(made, b) / cycle_length_ms(b)[0] for b in (one, other)]
    gap = shares[0] - shares[1]
    gap = gap[np.isfinite(gap)]
    middle = np.angle(np.exp(2j * np.pi * gap).mean()) / (2 * np.pi)
    gap = np.mod(gap - middle + 0.5, 1.0) - 0.5
    return float(np.sqrt((gap**2).mean()) * cycle_length_ms(other)[0])


def channel_ms(made, beats):
    """How long a wave takes from the right to the left end of the channel, in the last cycle."""
    lat, x = within_cycle_ms(made, beats), made.at_mm[:, 0]
    cycle, _ = cycle_length_ms(beats)
    inside = made.heart.tissue == Tissue.BORDER
    right, left = (
        np.nanmedian(lat[inside & (np.abs(x - at) < 1.0)])
        for at in (SIZE_MM[0] - MARGIN_MM - 2.0, MARGIN_MM + 2.0)
    )
    return float(np.mod(left - right + cycle / 2, cycle) - cycle / 2)


def main():
    made, healthy = wall(), wall(scarred=False)
    found = {}
    for name, mode in (("fast", fast), ("whole", whole)):
        begin = time.process_time()
        found[name] = beats = mode(made)
        taken = time.process_time() - begin
        cycle, sd = cycle_length_ms(beats)
        print(f"{name}: cycle {cycle:.1f} ms (sd {sd:.1f}), last {beats.last_ms:.0f} ms")
        print(f"  through the channel {channel_ms(made, beats):.0f} ms; {taken:.1f} core-s")
        print(f"  without the scar the last activation is at {mode(healthy).last_ms:.0f} ms")
    print(f"activation within the cycle: {apart_ms(made, *found.values()):.1f} ms rms apart")


if __name__ == "__main__":
    sys.exit(main())
