"""Shapes: from surfaces to voxels and back."""

from bodytwin.numerics.geometry.skin import Skin, skin_of
from bodytwin.numerics.geometry.voxelise import inside, rim_closed

__all__ = ["Skin", "inside", "rim_closed", "skin_of"]
