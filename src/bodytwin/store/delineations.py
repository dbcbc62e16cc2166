"""Delineated images as rows of the table and sealed files, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.record import (
    Delineated,
    Dose,
    DoseKind,
    Image,
    Instant,
    Precision,
    Provenance,
    Summation,
)
from bodytwin.record.dose import MODALITY
from bodytwin.store.arrays import squeezed, unpacked


def said_by_delineated(kept: Delineated) -> dict[str, Any]:
    """What a row says; the numbers go beside, in a file."""
    image, dose = kept.image, kept.dose
    return {
        "address": kept.content_address,
        "modality": image.modality,
        "instant": image.instant.moment,
        "precision": image.instant.precision.value,
        "zone_assumed": image.instant.zone_assumed,
        "path": image.provenance.path,
        "reader": image.provenance.reader,
        "sha256": image.provenance.source_sha256,
        "regions": sorted(kept.masks),
        "kinds": dict(kept.kinds),
        "prescribed_gy": dict(kept.prescribed_gy),
        "fractions": kept.fractions,
        "frame_uid": kept.frame_uid,
        "dose": None
        if dose is None
        else {
            "kind": dose.kind.value,
            "summation": dose.summation.value,
        },
    }


def bytes_of_delineated(kept: Delineated) -> bytes:
    """The numbers: image, one bit for each voxel of a region, density and dose."""
    arrays: dict[str, NDArray[Any]] = {"values": kept.image.values, "affine": kept.image.affine}
    for number, name in enumerate(sorted(kept.masks)):
        arrays[f"mask_{number}"] = np.packbits(kept.masks[name])
    if kept.density is not None:
        arrays["density"] = kept.density.values
    if kept.dose is not None:
        arrays["dose"] = kept.dose.image.values
    if kept.possible_dose is not None:
        arrays["possible_dose"] = np.packbits(kept.possible_dose)
    return squeezed(**arrays)


def delineated_of(said: Mapping[str, Any], data: bytes) -> Delineated:
    """The delineated image that was kept."""
    held = unpacked(data)
    shape = held["values"].shape
    instant = Instant(
        datetime.fromisoformat(said["instant"]), Precision(said["precision"]), said["zone_assumed"]
    )

    def image(name: str, modality: str) -> Image:
        return Image(
            values=held[name],
            affine=held["affine"],
            modality=modality,
            instant=instant,
            provenance=Provenance(said["sha256"], said["path"], said["reader"]),
        )

    def mask(name: str) -> NDArray[np.bool_]:
        bits = np.unpackbits(held[name], count=int(np.prod(shape)))
        return bits.astype(np.bool_).reshape(shape)

    dose = said["dose"]
    return Delineated(
        image=image("values", said["modality"]),
        masks={name: mask(f"mask_{k}") for k, name in enumerate(said["regions"])},
        kinds=said["kinds"],
        density=image("density", said["modality"]) if "density" in held else None,
        dose=None
        if dose is None
        else Dose(
            image=image("dose", MODALITY),
            kind=DoseKind(dose["kind"]),
            summation=Summation(dose["summation"]),
            frame_uid=said["frame_uid"],
            fractions=said["fractions"],
        ),
        possible_dose=mask("possible_dose") if "possible_dose" in held else None,
        prescribed_gy=said["prescribed_gy"],
        fractions=said["fractions"],
        frame_uid=said["frame_uid"],
    )
