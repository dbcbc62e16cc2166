r"""Where did what lay here in one image go to in another, and which dose did it receive there?

A rigid motion is found first, by the least mean squared difference of the images, then a smooth
displacement by diffeomorphic demons, coarse to fine (SimpleITK). Points x of one image lie at
:math:`x + u(x)` in the other, so that a dose there is read here as

.. math::
    D'(x) = D(x + u(x)).                                                            \tag{1}

A displacement that folds tissue (a Jacobian that is not above zero) is refused.

Source: Vercauteren, Pennec, Perchant & Ayache 2009, NeuroImage 45 Suppl 1:S61, doi
10.1016/j.neuroimage.2008.10.040.

Not for: images of different kinds, tissue that was not there before (tumour that has gone), or
sliding organs; doses in steep gradients are as uncertain as the displacement.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from bodytwin.errors import InvalidInputError, MissingDataError, NumericalError
from bodytwin.record import Image

Array = NDArray[np.float64]
LEVELS = ((4, 40), (2, 40), (1, 15))
"""Shrinking of the images, and rounds of demons at each level."""
SMOOTH_VOXELS = 1.5
SAMPLED = 0.15
WINDOW_HU = (-200.0, 400.0)
SEED, ROUNDS = 1, 80


@dataclass(frozen=True, kw_only=True, eq=False)
class Displacement:
    """`mm` (nx, ny, nz, 3) from each voxel of `fixed` to where it lies in the other image."""

    fixed: Image
    mm: Array

    @property
    def jacobian(self) -> Array:
        """Local change of volume (nx, ny, nz): above zero where nothing folds."""
        to_index = np.linalg.inv(self.fixed.affine[:3, :3])
        each = [np.asarray(np.gradient(self.mm, axis=k), dtype=np.float64) for k in range(3)]
        steps = np.stack(each, axis=-1)
        return np.linalg.det(np.eye(3) + steps @ to_index)

    def read(self, image: Image, outside: float = 0.0) -> Array:
        """Equation (1): values of an image of the other frame on the voxels of `fixed`."""
        index = np.indices(self.fixed.values.shape).reshape(3, -1)
        at = self.fixed.affine[:3, :3] @ index + self.fixed.affine[:3, 3:]
        moved = at + self.mm.reshape(-1, 3).T
        back = np.linalg.inv(image.affine)
        found = map_coordinates(
            image.values.astype(np.float64),
            back[:3, :3] @ moved + back[:3, 3:],
            order=1,
            mode="constant",
            cval=outside,
        )
        return np.reshape(found, self.fixed.values.shape)


def registered(fixed: Image, moving: Image, *, deformable: bool = True) -> Displacement:
    """Where each voxel of `fixed` lies in `moving`.

    Raises:
        InvalidInputError: images that are not both CT.
        MissingDataError: SimpleITK is not installed.
        NumericalError: the displacement folds tissue.

    """
    if {fixed.modality, moving.modality} != {"CT"}:
        raise InvalidInputError("Images of one patient are registered where both are CT.")
    itk = library()
    here, there = (_itk(itk, image) for image in (fixed, moving))
    rigid = _rigid(itk, here, there)
    field = _bent(itk, here, there, rigid) if deformable else _field_of(itk, rigid, here)
    mm = np.transpose(itk.GetArrayFromImage(field), (2, 1, 0, 3))
    made = Displacement(fixed=fixed, mm=np.ascontiguousarray(mm))
    if float(made.jacobian.min()) <= 0.0:
        raise NumericalError(
            "The displacement that was found folds tissue. Are both images of the same region?"
        )
    return made


def library() -> Any:
    """SimpleITK. Raises MissingDataError with how to get it."""
    try:
        import SimpleITK
    except ImportError as error:
        raise MissingDataError(
            "Registering images needs SimpleITK: pip install 'bodytwin[registration]'."
        ) from error
    return SimpleITK


def _itk(itk: Any, image: Image) -> Any:
    """The image of SimpleITK, bones and air within the window of soft tissue."""
    axes = image.affine[:3, :3] / np.linalg.norm(image.affine[:3, :3], axis=0)
    seen = np.clip(image.values.astype(np.float32), *WINDOW_HU)
    made = itk.GetImageFromArray(np.ascontiguousarray(seen.transpose(2, 1, 0)))
    made.SetSpacing([float(s) for s in image.spacing_mm])
    made.SetOrigin([float(v) for v in image.affine[:3, 3]])
    made.SetDirection([float(v) for v in axes.ravel()])
    return made


def _rigid(itk: Any, here: Any, there: Any) -> Any:
    start = itk.CenteredTransformInitializer(
        here, there, itk.Euler3DTransform(), itk.CenteredTransformInitializerFilter.GEOMETRY
    )
    method = itk.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(SAMPLED, SEED)
    method.SetInterpolator(itk.sitkLinear)
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([4.0, 2.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=1e-3, numberOfIterations=ROUNDS
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(start, inPlace=True)
    method.Execute(here, there)
    return start


def _bent(itk: Any, here: Any, there: Any, rigid: Any) -> Any:
    """The displacement of the rigid motion and what is beyond it, from coarse images to fine."""
    moved = itk.Resample(there, here, rigid, itk.sitkLinear, WINDOW_HU[0])
    field = _field_of(itk, itk.Transform(3, itk.sitkIdentity), here)
    for shrink, rounds in LEVELS:
        fixed, moving = (_shrunk(itk, image, shrink) for image in (here, moved))
        demons = itk.DiffeomorphicDemonsRegistrationFilter()
        demons.SetNumberOfIterations(rounds)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(SMOOTH_VOXELS)
        field = demons.Execute(fixed, moving, itk.Resample(field, fixed))
    beyond = itk.DisplacementFieldTransform(itk.Resample(field, here))
    return _field_of(itk, itk.CompositeTransform([rigid, beyond]), here)


def _shrunk(itk: Any, image: Any, by: int) -> Any:
    if by == 1:
        return image
    smooth = itk.SmoothingRecursiveGaussian(image, [0.5 * by * s for s in image.GetSpacing()])
    return itk.Shrink(smooth, [by] * 3)


def _field_of(itk: Any, transform: Any, grid: Any) -> Any:
    return itk.TransformToDisplacementField(
        transform, itk.sitkVectorFloat64, grid.GetSize(), grid.GetOrigin(), grid.GetSpacing(),
        grid.GetDirection(),
    )  # fmt: skip
