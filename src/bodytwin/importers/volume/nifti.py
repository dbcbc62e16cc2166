"""NIfTI-1 and NIfTI-2 in one file (`.nii`, `.nii.gz`): numbers and their place in LPS.

The place is the sform where the file has one, else the qform; a file with neither says
nothing of where it lies and is refused. NIfTI counts to the right, to the front and to the
head (RAS), DICOM and bodytwin to the left, to the back and to the head (LPS).
Descriptions and extensions, which may hold a name, are not read.

Source: the headers nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
"""

import logging
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.library import library
from bodytwin.importers.volume.volume import LARGEST_BYTES, Placed, require_size

GZIP = b"\x1f\x8b"
MAGIC = {b"n+1\x00": 344, b"n+2\x00": 4}
APART = {b"ni1\x00": 344, b"ni2\x00": 4}
SIZES = {348: 1, 540: 2}
LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
MM_OF = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}
CLOSE_MM = 1.0
CONTRADICTS = "The header of the NIfTI file contradicts itself. Write the image anew."
_QUIET = logging.getLogger("bodytwin.nifti.quiet")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


def is_nifti(start: bytes) -> bool:
    """Whether a file that begins so, unpacked, is NIfTI of either version."""
    return any(start[at : at + 4] == magic for magic, at in (MAGIC | APART).items())


def read(data: bytes) -> Placed:
    """The image in a NIfTI file.

    Raises:
        UnreadableFileError: not whole, not of three axes, or without a place in the patient.

    """
    start = opened(data, 544)
    header = _header(start)
    shape = _shape(header)
    dtype = _dtype(header)
    size = require_size(shape, dtype.itemsize)
    offset = _offset(header, start)
    body = opened(data, offset + size)
    if len(body) < offset + size:
        raise UnreadableFileError(
            f"The file ends within its voxels: {size} bytes are announced and "
            f"{max(0, len(body) - offset)} follow."
        )
    values = np.frombuffer(body, dtype, size // dtype.itemsize, offset).reshape(shape, order="F")
    affine, remarks = _affine(header, shape)
    return Placed(values=_scaled(values, header), affine=affine, remarks=remarks)


def opened(data: bytes, most: int) -> bytes:
    """The first `most` bytes of a file, unpacked if it is packed with gzip."""
    if not data.startswith(GZIP):
        return data[:most]
    if most > LARGEST_BYTES:
        raise UnreadableFileError(f"The image is larger than {LARGEST_BYTES} bytes.")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(data, most)
    except zlib.error:
        raise UnreadableFileError("The file is packed with gzip and damaged.") from None


def _header(start: bytes) -> Any:
    nib = library("nibabel")
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    if any(start[at : at + 4] == magic for magic, at in APART.items()):
        raise UnreadableFileError(
            "The file is the header of a pair (.hdr and .img). Convert it to one file (.nii)."
        )
    size = next((n for n in SIZES if n in _first_ints(start)), 0)
    if not size or len(start) < size:
        raise UnreadableFileError("The file ends within its header, or is no NIfTI.")
    kind = nib.Nifti1Header if SIZES[size] == 1 else nib.Nifti2Header
    try:
        header = kind(start[:size], check=False)
    except (HeaderDataError, WrapStructError, ValueError):
        raise UnreadableFileError(CONTRADICTS) from None
    _require_steps(header)
    try:
        header.check_fix(logger=_QUIET, error_level=40)
    except (HeaderDataError, WrapStructError, ValueError, KeyError, OverflowError):
        raise UnreadableFileError(CONTRADICTS) from None
    return header


def _first_ints(start: bytes) -> tuple[int, int]:
    return int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")


def _require_steps(header: Any) -> None:
    steps = np.asarray(header["pixdim"][1:4], dtype=np.float64)
    if not (np.isfinite(steps).all() and (steps > 0).all()):
        raise UnreadableFileError("A spacing of the image is not above 0 mm.")


def _shape(header: Any) -> tuple[int, int, int]:
    axes = int(header["dim"][0])
    lengths = [int(n) for n in header["dim"][1 : 1 + max(axes, 0)]]
    if len(lengths) < 3 or any(n != 1 for n in lengths[3:]):
        raise UnreadableFileError(
            f"An image of three axes is expected, got {len(lengths)} of {lengths}. Take one moment "
            "of a moving image."
        )
    return lengths[0], lengths[1], lengths[2]


def _dtype(header: Any) -> np.dtype[Any]:
    from nibabel.spatialimages import HeaderDataError

    try:
        found = np.dtype(header.get_data_dtype())
    except (HeaderDataError, TypeError):
        found = np.dtype("V1")
    if found.kind not in "iuf" or found.itemsize > 8:
        raise UnreadableFileError("The voxels are of a type other than whole or real numbers.")
    return found


def _offset(header: Any, start: bytes) -> int:
    least = int(min(_first_ints(start))) + 4
    offset = float(header["vox_offset"]) or least
    if not (least <= offset <= 1e8 and offset % 1 == 0):
        raise UnreadableFileError("The header does not say where the voxels begin.")
    return int(offset)


def _scaled(values: NDArray[Any], header: Any) -> NDArray[Any]:
    slope, shift = float(header["scl_slope"]), float(header["scl_inter"])
    native = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    if slope == 0 or not np.isfinite(slope) or (slope == 1 and shift == 0):
        return native
    if not np.isfinite(shift):
        raise UnreadableFileError("The header scales the voxels by a number that is not finite.")
    return native.astype(np.float64) * slope + shift


def _affine(
    header: Any, shape: tuple[int, int, int]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    from nibabel.spatialimages import HeaderDataError

    remarks: list[str] = []
    try:
        unit = str(header.get_xyzt_units()[0])
        forms = [
            np.asarray(found, dtype=np.float64)
            for found, code in (header.get_sform(coded=True), header.get_qform(coded=True))
            if found is not None and int(code) > 0
        ]
    except (HeaderDataError, KeyError, ValueError, np.linalg.LinAlgError):
        raise UnreadableFileError("The header does not say where the image lies.") from None
    if not forms:
        raise UnreadableFileError(
            "The file has neither sform nor qform and so does not say where the image lies in the "
            "patient, nor which side is left. Write it anew from the source."
        )
    if not all(np.isfinite(f).all() and np.linalg.det(f[:3, :3]) != 0 for f in forms):
        raise UnreadableFileError("The place of the image is given by numbers that mean no volume.")
    if len(forms) == 2:
        remarks += _disagreement(forms[0], forms[1], shape)
    if unit == "unknown":
        remarks.append("The file states no unit of length; mm was assumed.")
    scale = np.diag([MM_OF[unit]] * 3 + [1.0])
    return LPS_OF_RAS @ scale @ forms[0], tuple(remarks)


def _disagreement(
    sform: NDArray[np.float64], qform: NDArray[np.float64], shape: tuple[int, int, int]
) -> list[str]:
    if np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0:
        raise UnreadableFileError(
            "The sform and the qform of the file are mirror images of each other, so left and "
            "right are not certain. Write the image anew from the source."
        )
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    apart = np.linalg.norm((sform - qform)[:3] @ np.vstack([ends, np.ones(8)]), axis=0).max()
    if apart <= CLOSE_MM:
        return []
    return [f"The sform and the qform of the file differ by {apart:.3g}; the sform was taken."]
