"""A cheap stand-in for an expensive function, which says how far it may be wrong."""

from bodytwin.numerics.emulate.bound import Bound, leave_one_out
from bodytwin.numerics.emulate.chance import Chance, learn_chance, left_out_chances
from bodytwin.numerics.emulate.design import design
from bodytwin.numerics.emulate.process import Process, conditioned, learn

__all__ = [
    "Bound",
    "Chance",
    "Process",
    "conditioned",
    "design",
    "learn",
    "learn_chance",
    "leave_one_out",
    "left_out_chances",
]
