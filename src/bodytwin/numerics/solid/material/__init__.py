"""Energies of tissues, each with its exact first and second derivatives."""

from bodytwin.numerics.solid.material.guccione import Guccione
from bodytwin.numerics.solid.material.holzapfel import Holzapfel
from bodytwin.numerics.solid.material.rubber import MooneyRivlin, NeoHookean, Yeoh

Law = NeoHookean | MooneyRivlin | Yeoh | Guccione | Holzapfel

__all__ = ["Guccione", "Holzapfel", "Law", "MooneyRivlin", "NeoHookean", "Yeoh"]
