"""The XML formats of VTK: one piece of a data set, and the numbers within or appended to it.

Numbers are text, base64 or raw, packed or not.

Source: The VTK User's Guide, chapter VTK File Formats, XML File Formats.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.blocks import COMPRESSORS, Blocks, unpacked
from bodytwin.importers.mesh.raw import Array, components, count, numbers

TYPES = {
    "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4",
    "Int64": "i8", "UInt64": "u8", "Float32": "f4", "Float64": "f8",
}  # fmt: skip
ORDERS = {"LittleEndian": "<", "BigEndian": ">"}
APPENDED = re.compile(rb"<AppendedData\b[^<>]*>\s*_")
ENCODING = re.compile(rb"""encoding\s*=\s*["'](raw|base64)["']""")


@dataclass(frozen=True, slots=True)
class File:
    """The XML, and how the numbers beside it are packed."""

    piece: ET.Element
    appended: bytes
    is_base64: bool
    blocks: Blocks


def opened(data: bytes, kind: str) -> File:
    """A file of one piece of the data set `kind`."""
    text, appended, is_base64 = _split(data)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\x00" in text:
        raise UnreadableFileError("A VTK file is plain XML without a document type or entities.")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError, LookupError):
        raise UnreadableFileError("The file is not well-formed XML.") from None
    pieces = root.findall(f"{kind}/Piece")
    if root.tag != "VTKFile" or root.get("type") != kind or len(pieces) != 1:
        raise UnreadableFileError(
            f"One piece of {kind} is expected, got {len(pieces)}. Merge the pieces first."
        )
    return File(pieces[0], appended, is_base64, _packing(root))


def _split(data: bytes) -> tuple[bytes, bytes, bool]:
    """The XML without what is appended, what is appended, and whether that is base64."""
    start = APPENDED.search(data)
    if start is None:
        return data, b"", False
    encoding = ENCODING.search(start.group())
    end = data.rfind(b"</AppendedData>")
    if encoding is None or end < start.end():
        raise UnreadableFileError("The appended data are neither raw nor base64, or do not end.")
    text = data[: start.start()] + b"</VTKFile>"
    return text, data[start.end() : end], encoding[1] == b"base64"


def _packing(root: ET.Element) -> Blocks:
    order = ORDERS.get(root.get("byte_order", ""))
    header = {"UInt32": "u4", "UInt64": "u8"}.get(root.get("header_type", "UInt32"))
    compressor = root.get("compressor", "")
    if order is None or header is None or compressor not in COMPRESSORS:
        raise UnreadableFileError(
            f"byte_order is one of {', '.join(ORDERS)}, header_type UInt32 or UInt64, compressor "
            f"none or one of {', '.join(filter(None, COMPRESSORS))}."
        )
    return Blocks(order, np.dtype(order + header), compressor)


def named(piece: ET.Element, part: str, name: str) -> ET.Element:
    """The one array of a part that has the name."""
    found = [a for a in piece.findall(f"{part}/DataArray") if a.get("Name") == name]
    if len(found) != 1:
        raise UnreadableFileError(f"{part} have one array {name}, got {len(found)}.")
    return found[0]


def data_of(file: File, part: str, rows: int) -> dict[str, Array]:
    """The named arrays of PointData or CellData."""
    found: dict[str, Array] = {}
    for place in file.piece.findall(f"{part}/DataArray"):
        name = place.get("Name", "")
        if not name or name in found:
            raise UnreadableFileError("Each set of values needs a name of its own.")
        found[name] = array(file, place, rows)
    return found


def array(file: File, place: ET.Element, rows: int) -> Array:
    """The `rows` of an array; (rows, k) where it has several components."""
    width = components(place.get("NumberOfComponents", "1"))
    if place.get("type") not in TYPES:
        raise UnreadableFileError(f"An array is of a type that is none of {', '.join(TYPES)}.")
    kind = np.dtype(TYPES[place.get("type", "")])
    values = _values(file, place, rows * width, kind)
    if len(values) != rows * width:
        raise UnreadableFileError(
            f"An array holds {len(values)} numbers; {rows} rows of {width} are announced."
        )
    return values if width == 1 else values.reshape(rows, width)


def _values(file: File, place: ET.Element, total: int, kind: np.dtype[Any]) -> Array:
    form, text = place.get("format", ""), (place.text or "").encode()
    if form == "ascii":
        return numbers(text.split(), kind, what="arrays")
    if form == "binary":
        packed, is_base64 = text.strip(), True
    elif form == "appended":
        start = count(
            place.get("offset", ""), what="bytes before an array", largest=len(file.appended)
        )
        packed, is_base64 = file.appended[start:], file.is_base64
    else:
        raise UnreadableFileError("An array has a format other than ascii, binary and appended.")
    raw = unpacked(packed, file.blocks, size=total * kind.itemsize, is_base64=is_base64)
    return np.frombuffer(raw, file.blocks.order + kind.str[1:])
