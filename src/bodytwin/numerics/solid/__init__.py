"""Large deformations of soft tissue: forces in mN, stresses in kPa, lengths in mm.

made = body(box((4, 1, 1), size_mm=(40, 10, 10)), NeoHookean(shear_kpa=5), bulk_kpa=5000)
solve(made, [Pressure(faces, pressure_kpa=1.0)], held_still(nodes)).displacement_mm
"""

from bodytwin.numerics.solid.composition import Body, body
from bodytwin.numerics.solid.load import Held, Load, Pressure, Support, Traction, held_still
from bodytwin.numerics.solid.mesh import Mesh, block, box, disc, joined
from bodytwin.numerics.solid.newton import Path, Solution, Step, solve

__all__ = [
    "Body",
    "Held",
    "Load",
    "Mesh",
    "Path",
    "Pressure",
    "Solution",
    "Step",
    "Support",
    "Traction",
    "block",
    "body",
    "box",
    "disc",
    "held_still",
    "joined",
    "solve",
]
