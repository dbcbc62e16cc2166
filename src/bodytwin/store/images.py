"""Images as rows of the table and sealed files, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bodytwin.record import Image, Instant, Precision, Provenance
from bodytwin.store.arrays import squeezed, unpacked


def said_by_image(image: Image) -> dict[str, Any]:
    """What a row says of an image; its numbers go beside, in a file."""
    return {
        "address": image.content_address,
        "modality": image.modality,
        "labels": None if image.labels is None else {str(k): v for k, v in image.labels.items()},
        "instant": image.instant.moment,
        "precision": image.instant.precision.value,
        "zone_assumed": image.instant.zone_assumed,
        "path": image.provenance.path,
        "reader": image.provenance.reader,
        "sha256": image.provenance.source_sha256,
    }


def bytes_of_image(image: Image) -> bytes:
    """The numbers of an image."""
    return squeezed(values=image.values, affine=image.affine)


def image_of(said: Mapping[str, Any], data: bytes) -> Image:
    """The image that was kept."""
    held = unpacked(data)
    labels = said["labels"]
    return Image(
        values=held["values"],
        affine=held["affine"],
        modality=said["modality"],
        labels=None if labels is None else {int(k): v for k, v in labels.items()},
        instant=Instant(
            datetime.fromisoformat(said["instant"]),
            Precision(said["precision"]),
            said["zone_assumed"],
        ),
        provenance=Provenance(said["sha256"], said["path"], said["reader"]),
    )
