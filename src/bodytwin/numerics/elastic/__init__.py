"""Small deformations of bodies of millions of voxels: forces in N, stresses in MPa, lengths in mm.

made = Bricks(young_mpa, spacing_mm=(1.0, 1.0, 1.0), poisson=0.3)
solve(made, force_n, held=made.positions_mm[:, 2] < 1e-9).displacement_mm
"""

from bodytwin.numerics.elastic.bricks import Bricks
from bodytwin.numerics.elastic.equilibrium import Solution, solve

__all__ = ["Bricks", "Solution", "solve"]
