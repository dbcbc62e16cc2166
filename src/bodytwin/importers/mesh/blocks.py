"""How the XML formats of VTK pack the bytes of an array.

Unpacked, an array is its number of bytes and the bytes. Packed, it is the number
of blocks, the size of a block and of the last one if smaller, the packed size of
each block, and the blocks. In base64, that head is encoded apart from the blocks.

Source: The VTK User's Guide, chapter VTK File Formats, XML File Formats.
"""

import base64
import binascii
import lzma
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from bodytwin.errors import UnreadableFileError

COMPRESSORS = ("", "vtkZLibDataCompressor", "vtkLZMADataCompressor")
LARGEST_BLOCKS = 1_000_000


@dataclass(frozen=True, slots=True)
class Blocks:
    """The order of bytes, the type of sizes, and what the bytes are packed with."""

    order: str
    header: np.dtype[Any]
    compressor: str


def unpacked(packed: bytes, blocks: Blocks, *, size: int, is_base64: bool) -> bytes:
    """The `size` bytes at the start of `packed`."""
    if not blocks.compressor:
        return _plain(packed, blocks, size, is_base64)
    head = _sizes(_bytes(packed, 0, 3 * blocks.header.itemsize, is_base64), blocks)
    number = int(head[0])
    if number > LARGEST_BLOCKS or number > len(packed):
        raise UnreadableFileError(f"An array announces {number} blocks, more than the file holds.")
    long = (3 + number) * blocks.header.itemsize
    head = _sizes(_bytes(packed, 0, long, is_base64), blocks)
    lengths = [int(n) for n in head[3:]]
    wanted = _wanted(number, int(head[1]), int(head[2]), size)
    start = _encoded(long) if is_base64 else long
    body = _bytes(packed, start, sum(lengths), is_base64)
    pieces: list[bytes] = []
    at = 0
    for length, expected in zip(lengths, wanted, strict=True):
        pieces.append(_inflated(body[at : at + length], expected, blocks.compressor))
        at += length
    return b"".join(pieces)


def _plain(packed: bytes, blocks: Blocks, size: int, is_base64: bool) -> bytes:
    width = blocks.header.itemsize
    stated = int(_sizes(_bytes(packed, 0, width, is_base64), blocks)[0])
    if stated != size:
        raise UnreadableFileError(f"An array announces {stated} bytes; {size} are needed.")
    return _bytes(packed, 0, width + size, is_base64)[width:]


def _wanted(number: int, block: int, last: int, size: int) -> list[int]:
    sizes = [block] * (number - 1) + [last or block] if number else []
    if sum(sizes) != size:
        raise UnreadableFileError(f"The blocks of an array are {sum(sizes)} bytes, not {size}.")
    return sizes


def _sizes(head: bytes, blocks: Blocks) -> np.ndarray[Any, Any]:
    return np.frombuffer(head, blocks.header)


def _encoded(size: int) -> int:
    return (size + 2) // 3 * 4


def _bytes(packed: bytes, start: int, size: int, is_base64: bool) -> bytes:
    piece = packed[start : start + (_encoded(size) if is_base64 else size)]
    if is_base64:
        try:
            piece = base64.b64decode(piece, validate=True)
        except binascii.Error:
            raise UnreadableFileError("An array is not whole base64.") from None
    if len(piece) < size:
        raise UnreadableFileError(f"An array ends after {len(piece)} of its {size} bytes.")
    return piece[:size]


def _inflated(packed: bytes, size: int, compressor: str) -> bytes:
    """One block; never more than `size` bytes and one are unpacked."""
    try:
        if compressor == "vtkZLibDataCompressor":
            found = zlib.decompressobj().decompress(packed, size + 1)
        else:
            found = lzma.LZMADecompressor().decompress(packed, size + 1)
    except (zlib.error, lzma.LZMAError, EOFError):
        raise UnreadableFileError("A packed block of an array is damaged.") from None
    if len(found) != size:
        raise UnreadableFileError(f"A packed block of an array is not the {size} bytes it states.")
    return found
