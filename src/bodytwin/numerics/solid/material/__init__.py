"""Energies of tissues, each with its exact first and second derivatives."""

from bodytwin.numerics.solid.material.directions import Ellipsoid, Gathered
from bodytwin.numerics.solid.material.drained import ChainFibres, Drained, PowerFibres
from bodytwin.numerics.solid.material.guccione import Guccione
from bodytwin.numerics.solid.material.holzapfel import Holzapfel
from bodytwin.numerics.solid.material.rubber import MooneyRivlin, NeoHookean, Yeoh

Law = NeoHookean | MooneyRivlin | Yeoh | Guccione | Holzapfel | Drained

__all__ = [
    "ChainFibres",
    "Drained",
    "Ellipsoid",
    "Gathered",
    "Guccione",
    "Holzapfel",
    "Law",
    "MooneyRivlin",
    "NeoHookean",
    "PowerFibres",
    "Yeoh",
]
