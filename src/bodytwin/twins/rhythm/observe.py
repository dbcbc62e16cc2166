"""What of a record tells of the rhythm: the ventricles as imaged, intervals of the ECG, a map."""

import tomllib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.contract.digest import digest
from bodytwin.errors import MissingDataError, OutsidePopulationError
from bodytwin.record import LOINC, Image, Observation, Record
from bodytwin.twins.rhythm.mapped import POINT, Mapped, usable
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.heart import Heart

MUSCLE = {"healthy", "border", "scar", "inflamed"}
NEEDED = {"healthy", "lv_blood", "rv_blood"}
ASSUMED = (
    "Fibres run as a published rule says, not as measured in this patient.",
    "Sinus rhythm starts at the places Durrer found in other hearts.",
    "The heart does not move while it is activated.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Imaged:
    """The ventricles of this patient, as built from one image; `repairs` says what was mended.

    `mapped` are the points of an electroanatomic map on them, where there is one.
    """

    heart: Heart
    image: str
    repairs: tuple[str, ...]
    mapped: Mapped | None = None

    @property
    def content_address(self) -> str:
        """The hash of what the heart was built from, and of the points of the map.

        Not of the heart itself, whose last digits are those of the machine that built it.
        """
        built_from = digest(self.image, self.heart.voxels.spacing_mm)
        return (
            built_from if self.mapped is None else digest(built_from, self.mapped.content_address)
        )


@cache
def quantities() -> dict[str, dict[str, Any]]:
    """What can be measured, with unit, error, and code where it is an observation of a record."""
    path = files("bodytwin.twins.rhythm") / "data" / "measured.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: row for name, row in rows.items() if "unit" in row}


def error_of(quantity: str) -> ErrorModel:
    """Error of measuring and of the model together."""
    row = quantities()[POINT.strip() if quantity.startswith(POINT) else quantity]
    return ErrorModel(additive_sd=(row["measuring_sd"] ** 2 + row["model_sd"] ** 2) ** 0.5)


def is_of_ventricles(image: Image) -> bool:
    """Whether an image is a segmentation of both ventricles."""
    return image.labels is not None and set(image.labels.values()) >= NEEDED


def case_of(
    record: Record, *, variant: str, twin: str, version: str, spacing_mm: float,
    as_of: datetime | None,
) -> Case[Imaged]:  # fmt: skip
    """The last image of the ventricles up to `as_of`, and intervals and map measured by then.

    Raises:
        MissingDataError: no image of the ventricles.
        OutsidePopulationError: a paced or otherwise impossible interval.

    """
    until = as_of or _last(record)
    images = [i for i in record.images if is_of_ventricles(i) and i.instant.moment <= until]
    if not images:
        raise MissingDataError(
            "The rhythm of a heart needs the ventricles as a segmented image with labels for "
            "healthy muscle and both blood pools (and for scar and border zone, where there are "
            "any). `bodytwin image` brings one."
        )
    image = images[-1]
    heart, repairs = _built(image, spacing_mm)
    found, not_used = usable([m for m in record.maps if m.instant.moment <= until], heart)
    mapped_at = [found.taken.instant.moment] if found else []
    intervals_at = [o.instant.moment for o in record.observations if _of(o)]
    origin = min([image.instant.moment, *mapped_at, *intervals_at])
    seen = [o for o in record.observations if _of(o) and o.instant.moment <= until]
    intervals = sorted((_measured(o, origin) for o in seen), key=lambda m: (m.time_h, m.quantity))
    earlier = () if len(images) == 1 else ("Earlier images of the ventricles.",)
    return Case(
        twin=twin,
        version=version,
        variant=variant,
        patient=record.patient,
        origin=origin,
        as_of=until,
        inputs=Imaged(heart=heart, image=image.content_address, repairs=repairs, mapped=found),
        measurements=(*intervals, *(_at_points(found, origin) if found else ())),
        assumed=(*ASSUMED, *repairs, *((_placed(found),) if found else ())),
        left_out=(*earlier, *not_used),
    )


def _last(record: Record) -> datetime:
    moments = [
        *(i.instant.moment for i in record.images),
        *(o.instant.moment for o in record.observations),
        *(m.instant.moment for m in record.maps),
    ]
    if not moments:
        raise MissingDataError("The record holds no image and no measurement.")
    return max(moments)


def _of(observation: Observation) -> str | None:
    if observation.code.system != LOINC:
        return None
    return next(
        (q for q, r in quantities().items() if r.get("loinc") == observation.code.code), None
    )


def _measured(o: Observation, origin: datetime) -> Measurement:
    quantity = _of(o)
    assert quantity is not None
    row = quantities()[quantity]
    low, high = row["possible"]
    if o.quantity.unit != row["unit"] or not low <= o.quantity.value <= high:
        raise OutsidePopulationError(
            f"A {quantity} of {o.quantity.value:g} {o.quantity.unit} cannot be used: it is "
            f"{low:g} to {high:g} {row['unit']} in the hearts this model is for."
        )
    return Measurement(
        quantity=quantity,
        time_h=o.instant.hours_since(origin),
        value=o.quantity.value,
        unit=row["unit"],
        error=error_of(quantity),
        source=f"{o.provenance.source_sha256}#{o.provenance.path}",
    )


def _at_points(found: Mapped, origin: datetime) -> list[Measurement]:
    """Times at the chosen points of a map: all of the moment at which it was taken."""
    source = found.taken.provenance
    return [
        Measurement(
            quantity=quantity,
            time_h=found.taken.instant.hours_since(origin),
            value=float(value),
            unit="ms",
            error=error_of(quantity),
            source=f"{source.source_sha256}#{source.path}, point {row + 1}",
        )
        for quantity, value, row in zip(
            found.quantities, found.measured_ms, found.rows, strict=True
        )
    ]


def _placed(found: Mapped) -> str:
    return (
        "The electroanatomic map lies in the frame of the image: its points are "
        f"{found.median_mm:.1f} mm (median) from the endocardium. A turn about the long axis would "
        "not show in that."
    )


_HEARTS: OrderedDict[tuple[str, float], tuple[Heart, tuple[str, ...]]] = OrderedDict()
MOST_HEARTS = 4
_BUILDING = Lock()
"""One at a time: whoever asks for the same heart meanwhile gets it built."""


def _built(image: Image, spacing_mm: float) -> tuple[Heart, tuple[str, ...]]:
    """The heart of an image; the last few are remembered, since building one takes seconds."""
    key = (image.content_address, spacing_mm)
    with _BUILDING:
        if key not in _HEARTS:
            assert image.labels is not None
            _HEARTS[key] = heart_from_labels(
                image.values, image.affine, image.labels, spacing_mm=spacing_mm
            )
        _HEARTS.move_to_end(key)
        while len(_HEARTS) > MOST_HEARTS:
            _HEARTS.popitem(last=False)
        return _HEARTS[key]
