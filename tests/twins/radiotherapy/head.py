"""A made-up head of water with a target, a larynx, a cord and a gland, and a dose on it."""

from datetime import UTC, datetime, timedelta

import numpy as np

from bodytwin.record import (
    Code,
    Covariate,
    Delineated,
    Dose,
    DoseKind,
    Image,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Summation,
    Treatment,
)
from bodytwin.record.code import LOCAL

SHAPE, STEP_MM = (36, 36, 16), 5.0
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FROM = Provenance("f" * 64, "head", "test/1")
X, Y, Z = (STEP_MM * (axis - (n - 1) / 2) for axis, n in zip(np.indices(SHAPE), SHAPE, strict=True))
BODY = np.hypot(X, Y) < 75.0
MASKS = {
    "PTV70": (np.hypot(X + 10, Y) < 22) & (abs(Z) < 25),
    "PTV56": (np.hypot(X - 30, Y) < 18) & (abs(Z) < 25),
    "Larynx": (np.hypot(X + 10, Y + 30) < 14) & (abs(Z) < 20),
    "SpinalCord": np.hypot(X, Y - 45) < 7,
    "Parotid_L": (np.hypot(X - 50, Y - 10) < 12) & (abs(Z) < 20),
    "Tooth": np.hypot(X, Y + 65) < 6,
}


def image(values, modality="CT", hours=0.0):
    affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
    affine[:3, 3] = [-STEP_MM * (n - 1) / 2 for n in SHAPE]
    return Image(
        values=np.asarray(values, dtype=np.float32),
        affine=affine,
        modality=modality,
        instant=Instant(START + timedelta(hours=hours)),
        provenance=FROM,
    )


def dose_gy():
    """70 Gy in the first target, 56 in the second, falling off around them."""
    first = 71.0 * np.exp(-np.maximum(0.0, np.hypot(X + 10, Y) - 24) / 30)
    second = 57.0 * np.exp(-np.maximum(0.0, np.hypot(X - 30, Y) - 20) / 30)
    return np.maximum(first, second) * BODY


def anatomy(hours=0.0, **changed):
    said = {
        "image": image(np.where(BODY, 0.0, -1000.0), hours=hours),
        "density": image(np.where(BODY, 1.0, 0.0), hours=hours),
        "masks": MASKS,
        "dose": Dose(
            image=image(dose_gy(), "RTDOSE", hours),
            kind=DoseKind.PHYSICAL,
            summation=Summation.PLAN,
            frame_uid="",
            fractions=35,
        ),
        "prescribed_gy": {"PTV70": 70.0, "PTV56": 56.0},
        "fractions": 35,
    }
    return Delineated(**(said | changed))


def fractions(count, gy=2.0, first=24.0):
    """One a day, weekends too: for tests of counting."""
    return tuple(
        Treatment(
            code=Code(LOCAL, "radiotherapy_fraction"),
            amount=Quantity(gy, "Gy"),
            route=Route.OTHER,
            instant=Instant(START + timedelta(hours=first + 24.0 * k)),
            provenance=FROM,
        )
        for k in range(count)
    )


def measured(ratio, hours=30.0):
    return Observation(
        code=Code(LOCAL, "in_vivo_dose_ratio"),
        quantity=Quantity(ratio, "1"),
        instant=Instant(START + timedelta(hours=hours)),
        provenance=FROM,
    )


def record(*, tumour="larynx_t2", given=0, ratios=(), **changed):
    said = (
        Covariate(
            code=Code(LOCAL, f"tumour:{tumour}"),
            quantity=Quantity(1.0, "1"),
            instant=Instant(START),
            provenance=FROM,
        ),
    )
    return Record(
        patient="p",
        delineated=(anatomy(**changed),),
        covariates=said if tumour else (),
        treatments=fractions(given),
        observations=tuple(measured(r, 30.0 + 24.0 * k) for k, r in enumerate(ratios)),
    )
