"""What does a stiffness matrix of soft tissue cost? `python -m benchmarks.solid` tells.

CPU seconds of the one thread that works, compiled before, the best of fifteen: the whole stiffness
matrix of a block of hexahedra of 27 nodes, here and in felupe in an environment of its own, and
what its factors cost, here and with SuperLU from SciPy in the same order. Ours has a pressure in
each element beside, felupe's has not; both give the same where the pressure is nought.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numba
import numpy as np
from scipy.sparse.linalg import splu

from benchmarks.monodomain import run
from bodytwin.numerics import solid
from bodytwin.numerics.solid.equations import Equations
from bodytwin.numerics.solid.material import NeoHookean

HERE = Path(__file__).parent
FELUPE = "felupe==11.3.0"
SHAPE, SHEAR_KPA, BULK_KPA, ROUNDS = (8, 8, 8), 1.0, 50.0, 15


def block():
    """Equations of a block held at one end, and a small displacement at random."""
    mesh = solid.box(SHAPE, size_mm=(1.0, 1.0, 1.0))
    made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    u = 1e-3 * np.random.default_rng(0).standard_normal(mesh.positions_mm.shape)
    return Equations(made, [], solid.held_still(end)), u


def best(work):
    """Least CPU seconds of several rounds, after one that is not counted."""
    work()
    spent = []
    for _ in range(ROUNDS):
        before = time.thread_time()
        work()
        spent.append(time.thread_time() - before)
    return min(spent)


def ours(equations, u):
    """CPU seconds for the stiffness matrix, for factorising it, and for that with SuperLU."""
    numba.set_num_threads(1)
    state = equations.settled(u.reshape(-1), share=1.0)
    stiff = best(lambda: equations.balance(state, share=1.0, stiff=True))
    values = equations.balance(state, share=1.0, stiff=True).values
    matrix = equations.reduced(values).tocsc()
    equations.factorised(values)
    before = time.process_time()
    equations.factorised(values)
    between = time.process_time()
    splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.001, options={"SymmetricMode": True})
    return stiff, between - before, time.process_time() - between


def felupe(equations, u):
    """CPU seconds of felupe for the same mesh, or why they are not known."""
    mesh = equations.body.mesh
    with tempfile.TemporaryDirectory() as folder:
        python, kept = Path(folder) / "v" / "bin" / "python", Path(folder) / "mesh.npz"
        direction = np.random.default_rng(1).standard_normal(u.size)
        np.savez(
            kept,
            positions=mesh.positions_mm,
            cells=mesh.cells,
            displacement=u,
            direction=direction,
        )
        try:
            run("uv", "venv", "-q", str(python.parents[1]))
            run("uv", "pip", "install", "-q", "--python", str(python), FELUPE)
            words = json.dumps([str(kept), SHEAR_KPA, BULK_KPA, ROUNDS])
            alone = ("env", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
            return json.loads(run(*alone, str(python), str(HERE / "solid_felupe.py"), words))
        except (OSError, subprocess.SubprocessError) as lack:
            said = getattr(lack, "stderr", None) or str(lack)
            return f"felupe could not be installed or run: {said.strip()[-200:]}"


def main():
    """Print the table."""
    equations, u = block()
    stiff, factor, with_superlu = ours(equations, u)
    cells = len(equations.body.mesh.cells)
    print(f"{cells} elements, {u.size} unknowns, one thread")
    print(f"stiffness matrix {stiff:.3f} s, {1e6 * stiff / cells:.0f} us per element")
    print(f"its factors {factor:.2f} s, with SuperLU {with_superlu:.2f} s")
    theirs = felupe(equations, u)
    if isinstance(theirs, str):
        print(theirs)
    else:
        print(f"{FELUPE}: {theirs['core_s']:.3f} s; ours is {stiff / theirs['core_s']:.2f} of it")


if __name__ == "__main__":
    main()
