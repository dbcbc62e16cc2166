"""NRRD with its voxels in the same file (`.nrrd`): numbers and their place in LPS.

Encodings raw, gzip and ascii are read. Values of keys, which may hold a name, are not kept;
of a segmentation by 3D Slicer the names of segments are compared with the known meanings.

Source: Definition of the NRRD File Format, teem.sourceforge.net/nrrd/format.html.
"""

import io
import re
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.library import library
from bodytwin.importers.volume.meaning import meaning_of
from bodytwin.importers.volume.volume import Placed, require_size

LARGEST_HEADER = 1_000_000
END = re.compile(rb"\r?\n\r?\n")
TYPES = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1",
    "uchar": "u1", "unsigned char": "u1", "uint8": "u1", "uint8_t": "u1",
    "short": "i2", "short int": "i2", "signed short": "i2", "signed short int": "i2",
    "int16": "i2", "int16_t": "i2",
    "ushort": "u2", "unsigned short": "u2", "unsigned short int": "u2", "uint16": "u2",
    "uint16_t": "u2",
    "int": "i4", "signed int": "i4", "int32": "i4", "int32_t": "i4",
    "uint": "u4", "unsigned int": "u4", "uint32": "u4", "uint32_t": "u4",
    "longlong": "i8", "long long": "i8", "int64": "i8", "int64_t": "i8",
    "ulonglong": "u8", "unsigned long long": "u8", "uint64": "u8", "uint64_t": "u8",
    "float": "f4", "double": "f8",
}  # fmt: skip
ORDERS = {"little": "<", "big": ">"}
SPACES = {
    "left-posterior-superior": (1, 1, 1), "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1), "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1), "las": (1, -1, 1),
}  # fmt: skip
UNITS = {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "um": 0.001, "cm": 10.0, "m": 1000.0}
SEGMENT = re.compile(r"Segment(\d{1,4})_(LabelValue|Name|Layer)")
Header = Mapping[str, Any]


def read(data: bytes) -> Placed:
    """The image in a NRRD file.

    Raises:
        UnreadableFileError: not whole, detached, or without a place in the patient.

    """
    header, body = _parted(data)
    for name in ("data file", "datafile"):
        if name in header:
            raise UnreadableFileError(
                "The voxels of the file lie in another one. Write both into one file (.nrrd)."
            )
    shape, dtype = _shape(header), _dtype(header)
    size = require_size(shape, dtype.itemsize)
    values = _values(body, header, dtype, size // dtype.itemsize).reshape(shape, order="F")
    affine, remarks = _affine(header)
    native = np.ascontiguousarray(values, dtype=dtype.newbyteorder("="))
    return Placed(values=native, affine=affine, remarks=remarks)


def labels(data: bytes) -> dict[int, str]:
    """What the segments of a segmentation by 3D Slicer mean, of those named as bodytwin does."""
    header, _ = _parted(data)
    found: dict[str, dict[str, str]] = {}
    for key, value in header.items():
        if place := SEGMENT.fullmatch(str(key)):
            found.setdefault(place[1], {})[place[2]] = str(value)
    return {
        int(segment["LabelValue"]): meaning
        for segment in found.values()
        if (meaning := meaning_of(segment.get("Name", "")))
        and segment.get("LabelValue", "").isdecimal()
    }


def _parted(data: bytes) -> tuple[Header, bytes]:
    """The fields of the header, and the bytes after the empty line that ends it."""
    nrrd = library("nrrd")
    end = END.search(data, 0, LARGEST_HEADER)
    if end is None:
        raise UnreadableFileError(
            "The header of the NRRD file does not end in an empty line, or its voxels lie in "
            "another file."
        )
    try:
        header = nrrd.read_header(io.BytesIO(data[: end.end()]))
    except Exception:
        raise UnreadableFileError(
            "The header of the NRRD file cannot be read. Write the image anew."
        ) from None
    return header, data[end.end() :]


def _shape(header: Header) -> tuple[int, int, int]:
    lengths = [int(n) for n in header.get("sizes", ())]
    if len(lengths) != 3 or header.get("dimension") != 3:
        raise UnreadableFileError(
            f"An image of three axes is expected, got {len(lengths)}. A segmentation "
            "in several layers is exported as one label map; of a moving image take one moment."
        )
    return lengths[0], lengths[1], lengths[2]


def _dtype(header: Header) -> np.dtype[Any]:
    code = TYPES.get(str(header.get("type", "")).lower())
    if code is None:
        raise UnreadableFileError("The voxels are of a type other than whole or real numbers.")
    order = ORDERS.get(str(header.get("endian", "")).lower())
    is_text = str(header.get("encoding", "")).lower() in ("ascii", "text", "txt")
    if order is None and code[1] != "1" and not is_text:
        raise UnreadableFileError("The header does not say in which order the bytes lie (endian).")
    return np.dtype((order or "<") + code)


def _values(body: bytes, header: Header, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    encoding = str(header.get("encoding", "")).lower()
    if any(header.get(k, 0) != 0 for k in ("line skip", "lineskip", "byte skip", "byteskip")):
        raise UnreadableFileError("Lines or bytes are to be skipped before the voxels; none are.")
    if encoding in ("ascii", "text", "txt"):
        return _written(body, dtype, count)
    size = count * dtype.itemsize
    if encoding in ("gzip", "gz"):
        body = _unpacked(body, size)
    elif encoding != "raw":
        raise UnreadableFileError("The voxels are packed otherwise than raw, gzip or ascii.")
    if len(body) < size:
        raise UnreadableFileError(
            f"The file ends within its voxels: {size} bytes are announced and {len(body)} follow."
        )
    return np.frombuffer(body, dtype, count)


def _unpacked(body: bytes, size: int) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, size)
    except zlib.error:
        raise UnreadableFileError("The voxels are packed with gzip and damaged.") from None


def _written(body: bytes, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    words = body.split(None, count)[:count]
    if len(words) < count:
        raise UnreadableFileError(
            f"The file ends within its voxels: {count} are announced and {len(words)} follow."
        )
    try:
        found = np.array(words).astype(np.float64)
    except ValueError:
        raise UnreadableFileError("Among the voxels stands something that is no number.") from None
    allowed = np.iinfo(dtype) if dtype.kind in "iu" else None
    if allowed and not ((found >= allowed.min) & (found <= allowed.max)).all():
        raise UnreadableFileError(f"A voxel holds a number that {dtype} cannot hold.")
    return found.astype(dtype)


def _affine(header: Header) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    signs = SPACES.get(str(header.get("space", "")).lower())
    if signs is None:
        raise UnreadableFileError(
            "The file does not say in which space it lies (left-posterior-superior, "
            "right-anterior-superior or left-anterior-superior), so left and right are unknown."
        )
    try:
        steps = np.array(header["space directions"], dtype=np.float64)
        origin = np.array(header["space origin"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        raise UnreadableFileError(
            "The file does not give the directions of its axes and its origin."
        ) from None
    if steps.shape != (3, 3) or origin.shape != (3,) or not np.isfinite([*steps, origin]).all():
        raise UnreadableFileError("The axes and the origin are not three finite numbers each.")
    if (np.linalg.norm(steps, axis=1) == 0).any() or np.linalg.det(steps) == 0:
        raise UnreadableFileError("A spacing of the image is 0, or two axes are the same.")
    scale, remarks = _unit(header)
    affine = np.eye(4)
    affine[:3, :3] = steps.T * scale
    affine[:3, 3] = origin * scale
    return np.diag([*signs, 1.0]) @ affine, remarks


def _unit(header: Header) -> tuple[float, tuple[str, ...]]:
    given = header.get("space units")
    if not given:
        return 1.0, ("The file states no unit of length; mm was assumed.",)
    known = {UNITS.get(str(unit).lower()) for unit in given}
    scale = known.pop()
    if known or scale is None:
        raise UnreadableFileError("The axes are in a unit of length other than mm, um, cm or m.")
    return scale, ()
