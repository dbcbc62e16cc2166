"""Large deformations of soft tissue: forces in mN, stresses in kPa, lengths in mm.

made = body(box((4, 1, 1), size_mm=(40, 10, 10)), NeoHookean(shear_kpa=5), bulk_kpa=5000)
solve(made, [Pressure(faces, pressure_kpa=1.0)], held_still(nodes)).displacement_mm
"""

from bodytwin.numerics.solid.composition import Body, body
from bodytwin.numerics.solid.contact import Contact, Rested, rest
from bodytwin.numerics.solid.embedding import Embedded, embedded, on_nodes
from bodytwin.numerics.solid.load import Held, Load, Pressure, Support, Traction, held_still
from bodytwin.numerics.solid.mesh import Mesh, block, box, disc, joined
from bodytwin.numerics.solid.newton import Path, Solution, Step, solve
from bodytwin.numerics.solid.obstacle import Ball, Cylinder, Obstacle, Plane, Torus
from bodytwin.numerics.solid.ring import Ring, tied
from bodytwin.numerics.solid.unloaded import Unloaded, unloaded

__all__ = [
    "Ball",
    "Body",
    "Contact",
    "Cylinder",
    "Embedded",
    "Held",
    "Load",
    "Mesh",
    "Obstacle",
    "Path",
    "Plane",
    "Pressure",
    "Rested",
    "Ring",
    "Solution",
    "Step",
    "Support",
    "Torus",
    "Traction",
    "Unloaded",
    "block",
    "body",
    "box",
    "disc",
    "embedded",
    "held_still",
    "joined",
    "on_nodes",
    "rest",
    "solve",
    "tied",
    "unloaded",
]
