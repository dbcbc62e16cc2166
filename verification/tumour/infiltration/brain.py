"""A made-up brain: no patient's. Ellipsoids of grey and white matter around two ventricles."""

import numpy as np

from bodytwin.twins.tumour.model.infiltration import Cells, Course, Drug, Fraction, Tissue

SHAPE, SPACING_MM = (77, 116, 36), (1.5, 1.5, 3.0)
CELLS = Cells(
    diffusion_mm2_per_d=0.1, rate_per_d=0.05, grey_share=0.2, alpha_per_gy=0.05, alpha_beta_gy=10.0
)


def brain(shape=SHAPE, spacing_mm=SPACING_MM):
    """Two hemispheres with a folded rind, a cleft between them, and a ventricle in each."""
    half = [n * h / 2 for n, h in zip(shape, spacing_mm, strict=True)]
    axes = [(np.arange(n) + 0.5) * h - w for n, h, w in zip(shape, spacing_mm, half, strict=True)]
    x, y, z = (
        a / w for a, w in zip(np.meshgrid(*axes, indexing="ij", sparse=True), half, strict=True)
    )
    r = np.sqrt(x**2 + y**2 + z**2)
    folds = 0.05 * np.sin(14 * x + 3 * z) * np.sin(17 * y) * np.cos(11 * z)
    ventricle = ((np.abs(x) - 0.2) / 0.08) ** 2 + (y / 0.4) ** 2 + ((z - 0.1) / 0.25) ** 2 < 1
    cleft = (np.abs(x) < 0.03) & (z > 0.25)
    inside = (r + folds < 0.97) & ~ventricle & ~cleft
    white = np.clip((0.8 + 2 * folds - r) / 0.1, 0.0, 1.0)
    return Tissue(inside=inside, white=white, spacing_mm=tuple(spacing_mm))


def chemoradiation(tissue, *, centre):
    """Six weeks of 2 Gy on weekdays, less away from `centre`, and a drug every day."""
    at = np.argwhere(np.ones(tissue.inside.shape, dtype=bool)) - np.array(centre)
    away = np.linalg.norm(at * np.array(tissue.spacing_mm), axis=1).reshape(tissue.inside.shape)
    dose = 2.0 / (1.0 + np.exp((away - 35.0) / 4.0))
    days = [d for d in range(42) if d % 7 < 5]
    return Course(
        fractions=tuple(Fraction(time_d=float(d), dose_gy=dose) for d in days),
        drugs=tuple(Drug(time_d=float(d), kill_per_d=0.5, decay_d=1 / 9.24) for d in range(42)),
    )
