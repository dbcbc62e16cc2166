"""What does a step of tissue cost? `python -m benchmarks.monodomain [--peer] [--write]` tells.

Million cell-steps per core-second: CPU time of the process, one thread, a wave under way, every
cell advanced in every step (`all`) or quiet blocks left alone (`adaptive`), which is how the twin
runs. `--peer` adds Finitewave in an environment of its own, `--write` keeps the table in
monodomain.txt beside this file.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
DX_MM, DT_MS, STEPS = 0.2, 0.02, 100
SIZES = ((50, 40, 25), (100, 50, 40), (160, 100, 50))
PEER = ("numpy<2", "finitewave==0.9.3")
PEER_SHAPE, PEER_STEPS = (100, 50, 40), 40


def tissue(shape, *, quiet=0.0):
    """A slab with fibres along its first axis, and a pulse at that end."""
    import numpy as np

    from bodytwin.twins.rhythm.model.monodomain import Pulse
    from verification.rhythm.niederer.slab import slab

    made = slab(DX_MM, DT_MS, size_mm=np.array(shape) * DX_MM, quiet=quiet).tissue
    pulse = Pulse(voxels=tuple(range(3 * shape[1] * shape[2])), start_ms=0.0)
    return made, pulse


def cost(shape, *, quiet=0.0, threads=1, rounds=3):
    """Million cell-steps per core-second and per second on the clock: the best of some rounds."""
    made, pulse = tissue(shape, quiet=quiet)
    state, _ = made.run(made.rested(), [pulse], 2.5, threads=threads)
    steps, best = made.stencil.count * STEPS / 1e6, (0.0, 0.0)
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        state, _ = made.run(state, [], state.step * DT_MS + STEPS * DT_MS, threads=threads)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        best = (max(best[0], steps / cpu), max(best[1], steps / wall))
    return best


def memory(shape):
    """Bytes per cell as reckoned, and what the whole process holds at most, in MB."""
    from bodytwin.twins.rhythm.model.monodomain import memory_bytes
    from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher

    count = shape[0] * shape[1] * shape[2]
    reckoned = memory_bytes(count, membrane=ten_tusscher(), blend=True) / count
    return reckoned, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peer():
    """Finitewave's million cell-steps per core-second on a slab, or why that is not known."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "v" / "bin" / "python"
        try:
            run("uv", "venv", "-q", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), *PEER)
            words = json.dumps([PEER_SHAPE, PEER_STEPS, DT_MS, DX_MM])
            return json.loads(run(str(python), str(HERE / "monodomain_peer.py"), words))["rate"]
        except (OSError, subprocess.SubprocessError) as lack:
            said = getattr(lack, "stderr", None) or str(lack)
            return f"Finitewave could not be installed or run: {said.strip()[-200:]}"


def run(*words):
    """What it prints; its errors are in the exception."""
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=600)
    return done.stdout


def idle():
    """Whether little but this process runs on this machine."""
    return os.getloadavg()[0] < 1.3


def table(against):
    """Lines on cost, memory and threads; on Finitewave too where asked for."""
    yield f"{'cells':>9s} {'all':>7s} {'adaptive':>9s}   million cell-steps per core-second"
    for shape in SIZES:
        every, adaptive = cost(shape)[0], cost(shape, quiet=0.2)[0]
        reckoned, held = memory(shape)
        count = shape[0] * shape[1] * shape[2]
        yield (
            f"{count:9d} {every:7.1f} {adaptive:9.1f}   {reckoned:.0f} bytes per cell reckoned, "
            f"process so far {held:.0f} MB"
        )
    one, two = (cost(SIZES[1], threads=n)[1] for n in (1, 2))
    yield f"two threads are {two / one:.2f} times as fast as one{'' if idle() else BUSY}"
    if against:
        yield f"Finitewave 0.9.3, {PEER_SHAPE}: {peer()} million cell-steps per core-second"


def main():
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--peer", action="store_true")
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    lines = []
    for line in table(given.peer):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        (HERE / "monodomain.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


BUSY = " (the machine was busy)"


if __name__ == "__main__":
    sys.exit(main())
