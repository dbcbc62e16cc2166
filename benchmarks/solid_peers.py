"""What does a whole solution cost beside FEBio and CalculiX? `python -m benchmarks.solid_peers`.

An eighth of a thick sphere that an inner pressure stretches by a fifth, whose exact solution is
known where it cannot change its volume. CPU seconds on one thread, over meshes, with the error of
the displacement of the inner surface beside: of whole processes, and of ours also without the
start of Python, compiled before. The nodes are the same: FEBio has elements of 27 of them
or, at each eighth, of eight, CalculiX elements of 20.
`FEBIO` names FEBio 4 where it is not `febio4` on the path, `ccx` is CalculiX; either may lack.

`python -m benchmarks.solid_peers > benchmarks/solid_peers.txt` keeps the figures.
"""

import functools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean
from verification.solid.inflation import test_inflation as sphere

FEBIO, CCX = os.environ.get("FEBIO", "febio4"), "ccx"
RATIOS, COUNTS = (500.0, 10_000.0), (2, 3, 4, 6)
TO_27 = [0, 2, 8, 6, 18, 20, 26, 24, 1, 5, 7, 3, 19, 23, 25, 21, 9, 11, 17, 15, 10, 14, 16, 12]
TO_27 += [4, 22, 13]
"""FEBio's order of nodes. Its first twenty are CalculiX's."""
TO_20 = TO_27[:20]
TO_9 = [0, 2, 8, 6, 1, 5, 7, 3, 4]
TO_8 = [[a + k for k in (0, 1, 4, 3, 9, 10, 13, 12)] for a in (0, 1, 3, 4, 9, 10, 12, 13)]
TO_4 = [[a + k for k in (0, 1, 4, 3)] for a in (0, 1, 3, 4)]
"""The eight elements of eight nodes in one of 27, and the four faces in one of nine."""
OUTER = (1 + sphere.INNER_MM**3 * (sphere.STRETCH**3 - 1) / sphere.OUTER_MM**3) ** (1 / 3)
PRESSURE_KPA = sphere.sphere_pressure_kpa(sphere.STRETCH, OUTER)
EXACT_MM = sphere.INNER_MM * (sphere.STRETCH - 1)
ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def inside(mesh):
    """Faces (f, 9) under pressure."""
    return mesh.boundary_where(lambda x: np.abs(np.linalg.norm(x, axis=-1) - 10.0) < 1e-6)


def planes(mesh):
    """Nodes on the three planes of symmetry."""
    return [mesh.nodes_where(lambda x, i=i: np.abs(x[:, i]) < 1e-9) for i in range(3)]


def moved_mm(mesh, u, nodes):
    """Mean outward displacement (n, 3) of the `nodes` on the inner surface."""
    x = mesh.positions_mm[nodes]
    return float(((u[nodes] * x).sum(axis=1) / np.linalg.norm(x, axis=1)).mean())


def ours(count, ratio):
    """Mean displacement of the inner surface."""
    mesh = sphere.octant(count)
    made = solid.body(mesh, NeoHookean(sphere.SHEAR_KPA), bulk_kpa=ratio * sphere.SHEAR_KPA)
    held = [solid.Held(nodes, i) for i, nodes in enumerate(planes(mesh))]
    load = solid.Pressure(inside(mesh), pressure_kpa=PRESSURE_KPA)
    found = solid.solve(made, [load], held)
    return moved_mm(mesh, found.displacement_mm, np.unique(inside(mesh)))


def timed(*command, folder, **more):
    """CPU seconds of a command and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | ALONE | more,
        check=True,
        capture_output=True,
        text=True,
        timeout=90,
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, said


def by_us(count, ratio):
    """CPU seconds of a process of ours, of the solution in it, and the displacement."""
    words = (
        "import time; from benchmarks.solid_peers import ours; "
        f"ours(1, {ratio}); t = time.process_time(); u = ours({count}, {ratio}); "
        "print(time.process_time() - t, u)"
    )
    core_s, said = timed(sys.executable, "-c", words, folder=Path(__file__).parents[1])
    alone_s, found = map(float, said.split())
    return core_s, alone_s, found


def by_febio(count, ratio, *, nodes=27, renewed=False):
    """The same of FEBio, its matrix `renewed` in each iteration or, as it likes, seldom."""
    mesh = sphere.octant(count)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.feb").write_text(febio_words(mesh, ratio, nodes, 0 if renewed else 10))
        core_s, _ = timed(FEBIO, "-i", "a.feb", "-noconfig", folder=folder)
        last = (Path(folder) / "u.txt").read_text().split("*Step")[-1]
    rows = [line.split() for line in last.splitlines() if line[:1].isdigit()]
    u = np.array([[float(v) for v in row[1:]] for row in rows])
    return core_s, core_s, moved_mm(mesh, u, np.unique(inside(mesh)))


def febio_words(mesh, ratio, count, updates):
    """The problem in FEBio's words."""

    def listed(rows, tag, **fixed):
        more = "".join(f' {k}="{v}"' for k, v in fixed.items())
        return "".join(
            f'<{tag} id="{k + 1}"{more}>{",".join(map(str, row))}</{tag}>'
            for k, row in enumerate(rows)
        )

    nodes = listed(mesh.positions_mm.tolist(), "node")
    into, onto = (TO_27, TO_9) if count == 27 else (TO_8, TO_4)
    cells = listed((mesh.cells[:, into].reshape(-1, count) + 1).tolist(), "elem")
    corners = np.shape(onto)[-1]
    faces = listed((inside(mesh)[:, onto].reshape(-1, corners) + 1).tolist(), f"quad{corners}")
    sets = "".join(
        f'<NodeSet name="n{i}">{",".join(map(str, plane + 1))}</NodeSet>'
        for i, plane in enumerate(planes(mesh))
    )
    held = "".join(
        f'<bc name="b{i}" node_set="n{i}" type="zero displacement">'
        + "".join(f"<{d}_dof>{int(d == axis)}</{d}_dof>" for d in "xyz")
        + "</bc>"
        for i, axis in enumerate("xyz")
    )
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<febio_spec version="4.0"><Module type="solid"/>
<Control><analysis>STATIC</analysis><time_steps>2</time_steps><step_size>0.5</step_size>
<plot_level>PLOT_NEVER</plot_level>
<solver type="solid"><symmetric_stiffness>symmetric</symmetric_stiffness>
<qn_method type="BFGS"><max_ups>{updates}</max_ups></qn_method><max_refs>25</max_refs></solver>
<time_stepper type="default"><max_retries>8</max_retries><opt_iter>11</opt_iter>
<dtmin>0.01</dtmin><dtmax>0.5</dtmax></time_stepper></Control>
<Material><material id="1" name="m" type="Mooney-Rivlin"><c1>{sphere.SHEAR_KPA / 2}</c1><c2>0</c2>
<k>{ratio * sphere.SHEAR_KPA}</k></material></Material>
<Mesh><Nodes name="all">{nodes}</Nodes><Elements type="hex{count}" name="p">{cells}</Elements>{sets}
<Surface name="s">{faces}</Surface></Mesh>
<MeshDomains><SolidDomain name="p" mat="m"/></MeshDomains><Boundary>{held}</Boundary>
<Loads><surface_load name="q" type="pressure" surface="s">
<pressure lc="1">{PRESSURE_KPA:.17g}</pressure><symmetric_stiffness>1</symmetric_stiffness>
</surface_load></Loads>
<LoadData><load_controller id="1" type="loadcurve"><interpolate>LINEAR</interpolate>
<points><pt>0,0</pt><pt>1,1</pt></points></load_controller></LoadData>
<Output><logfile><node_data data="ux;uy;uz" file="u.txt" delim=" "/></logfile></Output>
</febio_spec>"""


def by_calculix(count, ratio):
    """The same of CalculiX, whose elements have 20 of the nodes."""
    mesh = sphere.octant(count)
    used = np.unique(mesh.cells[:, TO_20])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.inp").write_text(calculix_words(mesh, ratio, used))
        core_s, _ = timed(CCX, "a", folder=folder)
        told = (Path(folder) / "a.dat").read_text().split("displacements")[-1]
    u = np.zeros(mesh.positions_mm.shape)
    for row in (line.split() for line in told.splitlines()[1:]):
        if len(row) == 4:
            u[int(row[0]) - 1] = [float(v) for v in row[1:]]
    return core_s, core_s, moved_mm(mesh, u, np.intersect1d(np.unique(inside(mesh)), used))


def calculix_words(mesh, ratio, used):
    """The problem in CalculiX's words: faces under pressure are each element's sixth or so."""
    lines = ["*NODE,NSET=ALL"]
    lines += [f"{n + 1},{','.join(map(repr, mesh.positions_mm[n].tolist()))}" for n in used]
    lines += ["*ELEMENT,TYPE=C3D20,ELSET=P"]
    for e, cell in enumerate(mesh.cells[:, TO_20] + 1):
        lines += [f"{e + 1},{','.join(map(str, cell[:15]))},", ",".join(map(str, cell[15:]))]
    lines += ["*MATERIAL,NAME=M", "*HYPERELASTIC,NEO HOOKE"]
    lines += [f"{sphere.SHEAR_KPA / 2},{2 / (ratio * sphere.SHEAR_KPA)!r}"]
    lines += ["*SOLID SECTION,ELSET=P,MATERIAL=M", "*BOUNDARY"]
    for axis, plane in enumerate(planes(mesh)):
        lines += [f"{n + 1},{axis + 1},{axis + 1}" for n in np.intersect1d(plane, used)]
    lines += ["*STEP,NLGEOM,INC=200", "*STATIC", "0.5,1.", "*DLOAD"]
    corners = [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    pressed = {frozenset(face[[0, 2, 6, 8]].tolist()) for face in inside(mesh)}
    for e, cell in enumerate(mesh.cells[:, TO_20]):
        for k, face in enumerate(corners):
            if frozenset(cell[face].tolist()) in pressed:
                lines += [f"{e + 1},P{k + 1},{PRESSURE_KPA!r}"]
    lines += ["*NODE PRINT,NSET=ALL,FREQUENCY=1000", "U", "*END STEP"]
    return "\n".join(lines) + "\n"


SOLVERS = {
    "bodytwin, 27 nodes": (by_us, sys.executable),
    "FEBio, 27 nodes": (by_febio, FEBIO),
    "FEBio, 27 nodes, full Newton": (functools.partial(by_febio, renewed=True), FEBIO),
    "FEBio, 8 nodes": (functools.partial(by_febio, nodes=8), FEBIO),
    "CalculiX, 20 nodes": (by_calculix, CCX),
}


def main():
    """Print the table."""
    by_us(1, RATIOS[0])
    for ratio in RATIOS:
        print(
            f"bulk over shear modulus {ratio:g}: CPU s, displacement, and error were bulk infinite"
        )
        for name, (asked, program) in SOLVERS.items():
            if shutil.which(program) is None:
                print(f"  {name}: is not installed")
                continue
            for count in COUNTS:
                try:
                    core_s, alone_s, found = asked(count, ratio)
                except (OSError, subprocess.SubprocessError, ValueError, IndexError) as lack:
                    print(f"  {name}, {3 * count**3} blocks: no answer ({type(lack).__name__})")
                    continue
                off = 100 * (found / EXACT_MM - 1)
                start = f" ({alone_s:.2f} s without its start)" if alone_s < core_s else ""
                print(
                    f"  {name}, {3 * count**3} blocks: {core_s:.2f} s{start}, {found:.6f} mm, "
                    f"{off:+.3f} %",
                    flush=True,
                )


if __name__ == "__main__":
    main()
