"""What of a record tells of a course: the anatomy with its dose, fractions given, dose measured."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.contract.digest import digest
from bodytwin.errors import MissingDataError, OutsidePopulationError
from bodytwin.record import Delineated, Observation, Record, Treatment
from bodytwin.record.code import LOCAL
from bodytwin.twins.radiotherapy.parameters import complication_of, site_of, table

FRACTION = "radiotherapy_fraction"
"""The local code of a treatment: one fraction, as the dose in Gy that it gave to the target."""
IN_VIVO = "in_vivo_dose_ratio"
"""The local code of an observation: dose measured in the patient over dose planned there."""
IN_VIVO_ERROR = ErrorModel(additive_sd=0.03)
POSSIBLE_RATIO = (0.7, 1.3)
TARGETS = {"PTV", "CTV", "GTV", "TARGET"}
FRACTION_TOLERANCE_GY = 0.01
ASSUMED = (
    "The dose is as it was planned: what the patient's movements and changes do to it is not seen.",
    "Tumour and organs answer like those of the studies named with each unknown.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """A course on one anatomy: what is planned, and how much of it was given.

    `target` is the region that the prescription is for; `organs` maps what an organ is to
    the name of its region. `given_d` are the days of the fractions given, from the first;
    `before` is the anatomy that was seen before this one.
    """

    anatomy: Delineated
    target: str
    prescribed_gy: float
    fractions: int
    organs: dict[str, str]
    given_d: tuple[float, ...] = ()
    before: Delineated | None = None

    @property
    def fraction_gy(self) -> float:
        """Dose of one fraction to the target."""
        return self.prescribed_gy / self.fractions

    @property
    def given(self) -> int:
        """How many fractions were given."""
        return len(self.given_d)

    def per_fraction_gy(self, region: str) -> NDArray[np.float64]:
        """Dose (voxels,) of one fraction as planned in the voxels of a region.

        Raises:
            MissingDataError: there is no dose yet.

        """
        if self.anatomy.dose is None:
            raise MissingDataError("There is no dose on this anatomy yet. Make a plan first.")
        inside = self.anatomy.masks[region]
        return self.anatomy.dose.dose_gy[inside].astype(np.float64) / self.fractions

    @property
    def content_address(self) -> str:
        """The hash of anatomy, prescription and progress."""
        return digest(
            self.anatomy.content_address, self.target, self.prescribed_gy, self.fractions,
            self.organs, self.given_d, self.before and self.before.content_address,
        )  # fmt: skip


def plain_name(name: str) -> str:
    """A name of a region in small letters, without separators."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def organs_in(anatomy: Delineated, site: str | None = None) -> dict[str, str]:
    """Regions by the organ they are, of one part of the body or of all."""
    named = {plain_name(name): name for name in anatomy.masks}
    found: dict[str, str] = {}
    for organ, row in table("organs").items():
        if site is None or site in row["site"]:
            region = next((named[n] for n in row["names"] if n in named), None)
            if region is not None and anatomy.masks[region].any():
                found[organ] = region
    return found


def is_target(name: str, kind: str) -> bool:
    """Whether a region is a target, by its kind or the beginning of its name."""
    return kind.upper() in TARGETS or re.match(r"(?i)(ptv|ctv|gtv)", name) is not None


def usable(record: Record, as_of: datetime | None = None) -> list[Delineated]:
    """Anatomies with a dose or a prescription, in order of time."""
    return [
        d
        for d in record.delineated
        if (d.dose is not None or d.prescribed_gy) and (as_of is None or d.instant.moment <= as_of)
    ]


def case_of(
    record: Record, *, variant: str, twin: str, version: str, as_of: datetime | None
) -> Case[Course]:
    """The last anatomy with a dose up to `as_of`, and fractions and measurements by then.

    Raises:
        MissingDataError: no anatomy, or no prescription or number of fractions for it.
        OutsidePopulationError: fractions that differ from the prescription, or impossible ratios.

    """
    anatomies = usable(record, as_of)
    if not anatomies:
        raise MissingDataError(
            "The record holds no delineated image with a dose or a prescription"
            + ("." if as_of is None else f" up to {as_of:%Y-%m-%d %H:%M}.")
        )
    anatomy = anatomies[-1]
    target, prescribed, fractions = _prescription(anatomy)
    organs = organs_in(anatomy, site_of(variant))
    given = sorted(t.instant.moment for t in _fractions(record, as_of))
    _require_equal(_fractions(record, as_of), prescribed / fractions)
    ratios = [o for o in record.observations if _is_ratio(o) and _known(o, as_of)]
    origin = min([anatomy.instant.moment, *given, *(o.instant.moment for o in ratios)])
    last = max([anatomy.instant.moment, *given, *(o.instant.moment for o in ratios)])
    return Case(
        twin=twin,
        version=version,
        variant=variant,
        patient=record.patient,
        origin=origin,
        as_of=as_of or last,
        inputs=Course(
            anatomy=anatomy,
            target=target,
            prescribed_gy=prescribed,
            fractions=fractions,
            organs=organs,
            given_d=tuple((m - given[0]) / timedelta(days=1) for m in given),
            before=anatomies[-2] if len(anatomies) > 1 else None,
        ),
        measurements=tuple(sorted((_measured(o, origin) for o in ratios), key=lambda m: m.time_h)),
        assumed=ASSUMED,
        left_out=_left_out(anatomy, organs, len(anatomies)),
    )


def given_after(record: Record, moment: datetime) -> list[Treatment]:
    """Fractions given after a moment, in order of time."""
    later = [t for t in _fractions(record, None) if t.instant.moment > moment]
    return sorted(later, key=lambda t: t.instant.moment)


def _prescription(anatomy: Delineated) -> tuple[str, float, int]:
    """The target of the highest prescribed dose, that dose, and the number of fractions."""
    lacking: list[str] = []
    if not anatomy.prescribed_gy:
        lacking.append("No dose is prescribed to a target. Bring it with --prescribe REGION=Gy.")
    if anatomy.fractions is None:
        lacking.append("The number of fractions is not known. Bring it with --fractions.")
    if lacking:
        raise MissingDataError(*lacking)
    target = max(anatomy.prescribed_gy, key=lambda name: anatomy.prescribed_gy[name])
    assert anatomy.fractions is not None
    return target, anatomy.prescribed_gy[target], anatomy.fractions


def _fractions(record: Record, as_of: datetime | None) -> list[Treatment]:
    return [
        t
        for t in record.treatments
        if (t.code.system, t.code.code) == (LOCAL, FRACTION) and _known(t, as_of)
    ]


def _require_equal(given: Sequence[Treatment], fraction_gy: float) -> None:
    for t in given:
        if t.amount.unit != "Gy" or abs(t.amount.value - fraction_gy) > FRACTION_TOLERANCE_GY:
            raise OutsidePopulationError(
                f"A fraction of {t.amount.value:g} {t.amount.unit} was given; the plan has "
                f"{fraction_gy:.3g} Gy. Bring the plan that was given.",
            )


def _known(row: Any, as_of: datetime | None) -> bool:
    return as_of is None or row.instant.moment <= as_of


def _is_ratio(o: Observation) -> bool:
    return (o.code.system, o.code.code) == (LOCAL, IN_VIVO)


def _measured(o: Observation, origin: datetime) -> Measurement:
    low, high = POSSIBLE_RATIO
    if o.quantity.unit not in ("1", "") or not low <= o.quantity.value <= high:
        raise OutsidePopulationError(
            f"A dose measured in the patient is {low:g} to {high:g} of that planned, got "
            f"{o.quantity.value:g} {o.quantity.unit}. Look for its cause before it is used."
        )
    return Measurement(
        quantity=IN_VIVO,
        time_h=o.instant.hours_since(origin),
        value=o.quantity.value,
        unit="1",
        error=IN_VIVO_ERROR,
        source=f"{o.provenance.source_sha256}#{o.provenance.path}",
    )


def _left_out(anatomy: Delineated, organs: dict[str, str], anatomies: int) -> tuple[str, ...]:
    said: list[str] = []
    if anatomies > 2:
        said.append(f"{anatomies - 2} anatomies before the last two are not used.")
    for organ, region in organs.items():
        if complication_of(organ) is None:
            said.append(
                f"{region}: its doses are told and no probability, as none was published with an "
                "interval."
            )
    known = set(organs.values())
    for name in anatomy.masks:
        if name not in known and not is_target(name, anatomy.kinds.get(name, "")):
            said.append(f"{name}: no organ that this model knows.")
    return tuple(said)
