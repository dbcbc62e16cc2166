"""What stands in a file of a surface, in the file's own unit, and how its numbers are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError

Array = NDArray[Any]

LARGEST_COUNT = 20_000_000
"""Points, triangles or values that a file may claim to hold."""
LARGEST_COMPONENTS = 1024
LONGEST_NUMBER = 64
"""Characters of a number written as text, with the space before it."""
LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raw:
    """Points, triangles and values at the points, not yet checked against each other."""

    points: Array
    triangles: Array
    point_data: Mapping[str, Array] = field(default_factory=dict[str, Array])


@dataclass(slots=True)
class Cursor:
    """A place in the bytes of a file that moves on with every piece read."""

    data: bytes
    at: int = 0

    def line(self) -> str:
        """The next line, without the spaces around it."""
        end = self.data.find(b"\n", self.at, self.at + LONGEST_LINE)
        if end < 0 and len(self.data) - self.at > LONGEST_LINE:
            raise UnreadableFileError(
                f"A line of the file is longer than {LONGEST_LINE} characters."
            )
        end = len(self.data) if end < 0 else end
        text = self.data[self.at : end].decode("latin-1").strip()
        self.at = min(end + 1, len(self.data))
        return text

    def words(self) -> list[str]:
        """The words of the next line that has any; none at the end of the file."""
        while not self.ended:
            if found := self.line().split():
                return found
        return []

    @property
    def ended(self) -> bool:
        """Whether every byte was read."""
        return self.at >= len(self.data)

    def binary(self, count: int, dtype: np.dtype[Any], *, what: str) -> Array:
        """The next `count` values as they lie in the file."""
        size = count * dtype.itemsize
        if size > len(self.data) - self.at:
            raise UnreadableFileError(
                f"The file ends within its {what}: {count} are announced, which are {size} bytes, "
                f"and {len(self.data) - self.at} bytes follow."
            )
        found = np.frombuffer(self.data, dtype, count, self.at)
        self.at += size
        return found

    def text(self, count: int, dtype: np.dtype[Any], *, what: str) -> Array:
        """The next `count` numbers written as text."""
        piece = self.data[self.at : self.at + (count + 1) * LONGEST_NUMBER]
        found = piece.split(None, count)
        rest = found.pop() if len(found) > count else b""
        if len(found) < count:
            raise UnreadableFileError(
                f"The file ends within its {what}: {count} numbers are announced and "
                f"{len(found)} follow."
            )
        self.at += len(piece) - len(rest)
        return numbers(found, dtype, what=what)


def numbers(found: list[bytes], dtype: np.dtype[Any], *, what: str) -> Array:
    """Numbers written as text."""
    if not found:
        return np.empty(0, dtype)
    longest = max(map(len, found))
    if longest > LONGEST_NUMBER or any(b"_" in word for word in found):
        raise UnreadableFileError(f"The {what} hold something that is no number.")
    try:
        values = np.array(found).astype(np.float64 if dtype.kind == "f" else np.int64)
    except (ValueError, OverflowError):
        raise UnreadableFileError(f"The {what} hold something that is no number.") from None
    if dtype.kind in "iu":
        allowed = np.iinfo(dtype)
        if values.min() < int(allowed.min) or values.max() > min(int(allowed.max), 2**63 - 1):
            raise UnreadableFileError(f"The {what} hold a number that {dtype} cannot hold.")
    with np.errstate(over="ignore"):
        return values.astype(dtype)


def count(word: str, *, what: str, largest: int = LARGEST_COUNT) -> int:
    """A count as a header states it."""
    if not (word.isascii() and word.isdigit() and len(word) <= 12):
        raise UnreadableFileError(f"The header states no whole number of {what}.")
    if int(word) > largest:
        raise UnreadableFileError(
            f"The header announces {int(word)} {what}; {largest} are allowed."
        )
    return int(word)


def components(word: str) -> int:
    """How many numbers one place of an array has, as a header states it."""
    if (found := count(word, what="components", largest=LARGEST_COMPONENTS)) < 1:
        raise UnreadableFileError("An array has no components.")
    return found


def triangles_of(corners: Array, offsets: Array) -> Array:
    """Faces (t, 3) from the points of all faces in a row and where each face ends."""
    if offsets.dtype.kind not in "iu" or corners.ndim != 1:
        raise UnreadableFileError("Faces are whole numbers in a row.")
    ends = offsets.astype(np.int64)
    sizes = np.diff(ends, prepend=0)
    if len(sizes) and ((sizes < 0).any() or ends[-1] != len(corners)):
        raise UnreadableFileError("The faces do not add up to the corners that the file holds.")
    require_three(sizes)
    return corners.reshape(-1, 3)


def require_three(sizes: Array) -> None:
    """Raise unless every face has three corners."""
    others = np.flatnonzero(sizes != 3)
    if len(others):
        raise UnreadableFileError(
            f"Face {int(others[0])} has {int(sizes[others[0]])} corners, and only triangles are "
            "read. Triangulate the surface first."
        )
