"""Reading notices what a mesh is, not what was asked of it."""

import numpy as np
import pytest

from bodytwin.numerics.solid import Mesh
from bodytwin.twins.pregnancy.model.meshing import Uterus, half_uterus
from bodytwin.twins.pregnancy.model.reading import read
from bodytwin.twins.pregnancy.model.template import Counts
from tests.twins.pregnancy.model.woman import WOMAN

MADE = half_uterus(WOMAN, Counts(fine=2))


def test_a_mesh_twice_as_large_reads_twice_as_thick_and_long():
    mesh = Mesh(2 * MADE.mesh.positions_mm, MADE.mesh.cells)
    found = read(Uterus(measures=WOMAN, mesh=mesh, plate=MADE.plate))
    assert found.fundus_mm == pytest.approx(2 * WOMAN.fundus_mm, rel=1e-9)
    assert found.cervix_length_mm == pytest.approx(2 * WOMAN.cervix_length_mm, rel=1e-6)


def test_a_moved_mesh_reads_the_same():
    mesh = Mesh(MADE.mesh.positions_mm + np.array([0.0, 30.0, -80.0]), MADE.mesh.cells)
    found = read(Uterus(measures=WOMAN, mesh=mesh, plate=MADE.plate))
    assert found.array == pytest.approx(read(MADE).array, rel=1e-6)
