"""Values to write: a sphere, a dose, a plan of leaves and one of fluence, on a made-up image."""

from datetime import UTC, date, datetime

import numpy as np

from bodytwin.importers import radiotherapy
from bodytwin.record import (
    Beam,
    ControlPoint,
    Dose,
    DoseKind,
    Fluence,
    Image,
    Instant,
    Limiter,
    LimiterKind,
    Prescription,
    Provenance,
    Region,
    StructureSet,
    Summation,
    TreatmentPlan,
)
from bodytwin.report.dicom import Author, Person
from tests.importers.radiotherapy import files

WHEN = Instant(datetime(2026, 3, 5, 10, 15, tzinfo=UTC))
FROM = Provenance("0" * 64, "", "test")
PERSON = Person(identifier="P1", name="Doe^Jane", birth_date=date(1960, 1, 2), sex="F")
AUTHOR = Author(version="0.1.0", instant=WHEN)
STRUCTURES_UID, PLAN_UID = "1.2.3.50", "1.2.3.60"
ISOCENTRE = (4.0, -2.0, 0.0)


def series(**how):
    return radiotherapy.read_series(files.ct(**how)).value


def circle(radius, z, points=90):
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x, y = ISOCENTRE[:2]
    places = [x + radius * np.cos(turn), y + radius * np.sin(turn), np.full(points, z)]
    return np.column_stack(places)


def structures():
    heights = np.arange(-18.0, 19, 3)
    ball = tuple(circle(np.sqrt(19.6**2 - z**2), z) for z in heights)
    ring = tuple(circle(r, z) for z in heights[3:8] for r in (20.0, 11.3))
    return StructureSet(
        regions=(
            Region(number=1, name="Kügelchen", contours_mm=ball, kind="PTV"),
            Region(number=5, name="ring", contours_mm=ring, kind="ORGAN"),
        ),
        frame_uid=files.FRAME,
        series_uid=files.SERIES,
        label="by hand",
        instant=WHEN,
        provenance=FROM,
    )


def dose(orientation=files.AXIAL, *, mirrored=False):
    """A dose without symmetry, with an axis towards the feet if `mirrored`."""
    i, j, k = np.indices((9, 7, 5))
    values = (60 * np.exp(-((i - 3) ** 2 + 2 * (j - 2) ** 2 + (k - 3) ** 2) / 20)).astype("f4")
    along, down = np.array(orientation[:3], float), np.array(orientation[3:], float)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([3 * along, 2 * down, 2.5 * np.cross(along, down)])
    affine[:3, 3] = (-10.123456, -8.7, -6.05)
    if mirrored:
        affine[:3, 2] *= -1
    image = Image(values=values, affine=affine, modality="RTDOSE", instant=WHEN, provenance=FROM)
    return Dose(
        image=image,
        kind=DoseKind.PHYSICAL,
        summation=Summation.PLAN,
        frame_uid=files.FRAME,
        plan_uid=PLAN_UID,
        structures_uid=STRUCTURES_UID,
        fractions=30,
    )


def state(meterset, gantry, half):
    return ControlPoint(
        gantry_deg=gantry, collimator_deg=10.0, couch_deg=0.0, isocentre_mm=ISOCENTRE,
        energy_mv=6.0, meterset=meterset,
        positions_mm=(
            np.array([[-40.0], [50.0]]),
            np.array([[-20.0], [20.0]]),
            np.array([[-half, -half / 3, -half], [half, half / 3, half / 7]]),
        ),
    )  # fmt: skip


LIMITERS = (
    Limiter(kind=LimiterKind.ASYMX, pairs=1),
    Limiter(kind=LimiterKind.ASYMY, pairs=1),
    Limiter(kind=LimiterKind.MLCX, pairs=3, boundaries_mm=np.array([-20.0, -5, 5, 20])),
)


def plan(*, fluence=False):
    weights = np.arange(12.0).reshape(3, 4) / 11
    map_mm = Fluence(weights=weights, first_mm=(-15.0, 10.0), spacing_mm=(10.0, 10.0))
    arc = Beam(
        number=1, name="arc", machine="Generic", radiation="PHOTON", monitor_units=211.25,
        axis_distance_mm=1000.0, limiters=LIMITERS,
        points=(state(0.0, 350.0, 10), state(1 / 3, 355.0, 8), state(1.0, 5.0, 6)),
    )  # fmt: skip
    field = Beam(
        number=2, name="field", machine="Generic", radiation="PHOTON", monitor_units=80.0,
        axis_distance_mm=1000.0, limiters=LIMITERS, points=(state(0.0, 90, 9), state(1.0, 90, 9)),
        fluence=map_mm if fluence else None,
    )  # fmt: skip
    return TreatmentPlan(
        label="Prostate 60/20 plus boost",
        beams=(arc, field),
        fractions=20,
        prescriptions=(Prescription(dose_gy=60.0, region=1),),
        frame_uid=files.FRAME,
        patient_position="HFS",
        instant=WHEN,
        provenance=FROM,
    )
