"""Is a DICOM file what its lengths say, before anything of it is believed?

A walk over the bytes (PS3.5 section 7) that keeps nothing: every length must
lie within what contains it, sequences may be 16 deep, and there may be half a
million elements and items. A deflated file may have 256 MiB once inflated.
What passes costs a reader time and memory in proportion to its size.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from bodytwin.errors import UnreadableFileError

MAX_DEPTH = 16
MAX_ELEMENTS = 500_000
MAX_INFLATED_BYTES = 256 * 1024 * 1024

IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
_LONG = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT = frozenset(
    {
        b"AE",
        b"AS",
        b"AT",
        b"CS",
        b"DA",
        b"DS",
        b"DT",
        b"FD",
        b"FL",
        b"IS",
        b"LO",
        b"LT",
        b"PN",
        b"SH",
        b"SL",
        b"SS",
        b"ST",
        b"TM",
        b"UI",
        b"UL",
        b"US",
    }
)
_BULK = frozenset({b"OB", b"OW"})
_OPEN = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = 0x7FE00010


def check(data: bytes, is_sequence: Callable[[int], bool]) -> None:
    """Raise `UnreadableFileError` unless the file is whole and of bounded shape.

    `is_sequence` tells of a tag whether the dictionary has it as SQ: files
    of implicit VR do not say so themselves.
    """
    if len(data) < 132 or data[128:132] != b"DICM":
        raise UnreadableFileError(
            "This is no DICOM file: the letters DICM are not at byte 128. "
            "Give a file as PS3.10 describes it, preamble and all."
        )
    meta = _Walk(data, little=True, implicit=False, is_sequence=is_sequence, budget=_Budget())
    start = meta.group_two()
    syntax = meta.transfer_syntax
    if not syntax:
        raise UnreadableFileError("The file does not name its transfer syntax (0002,0010).")
    body = data
    if syntax == DEFLATED:
        body, start = _inflate(data, start), 0
    _Walk(
        body,
        little=syntax != BIG_ENDIAN,
        implicit=syntax == IMPLICIT,
        is_sequence=is_sequence,
        budget=meta.budget,
    ).elements(start, len(body), 0)


def _inflate(data: bytes, start: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        body = inflater.decompress(data[start:], MAX_INFLATED_BYTES)
    except zlib.error:
        raise UnreadableFileError("The deflated part of this DICOM file is damaged.") from None
    if not inflater.eof:
        raise UnreadableFileError(
            "The deflated part of this DICOM file is cut off, or more than "
            f"{MAX_INFLATED_BYTES >> 20} MiB once inflated."
        )
    return body


@dataclass(slots=True)
class _Budget:
    """How many elements and items were seen."""

    seen: int = 0

    def take(self) -> None:
        self.seen += 1
        if self.seen > MAX_ELEMENTS:
            raise UnreadableFileError(f"The file has more than {MAX_ELEMENTS} elements and items.")


@dataclass(slots=True, kw_only=True)
class _Header:
    tag: int
    length: int
    value: int
    sequence: bool
    bulk: bool
    unknown: bool


class _Walk:
    """One pass over bytes in one encoding."""

    def __init__(
        self,
        data: bytes,
        *,
        little: bool,
        implicit: bool,
        is_sequence: Callable[[int], bool],
        budget: _Budget,
    ) -> None:
        self.data, self.implicit, self.budget = data, implicit, budget
        self.is_sequence, self.transfer_syntax = is_sequence, ""
        order = "<" if little else ">"
        self._tag = struct.Struct(order + "HH")
        self._u16, self._u32 = struct.Struct(order + "H"), struct.Struct(order + "I")

    def group_two(self) -> int:
        """Walk the file meta information; where the data set begins."""
        at = 132
        while at + 2 <= len(self.data) and self._u16.unpack_from(self.data, at)[0] == 2:
            head = self._header(at, len(self.data))
            if head.sequence or head.length == _OPEN:
                raise UnreadableFileError("The file meta information holds a sequence.")
            at = head.value + head.length
            if head.tag == 0x00020010:
                said = self.data[head.value : at].rstrip(b"\x00 ")
                self.transfer_syntax = said.decode("ascii", "replace")
        return at

    def elements(self, at: int, end: int, depth: int, *, until: int | None = None) -> int:
        """Walk elements up to `end`, or up to a delimiter; where the next thing begins."""
        while at < end:
            if until is not None and self._peek(at, end) == until:
                return at + 8
            at = self._element(self._header(at, end), end, depth)
        if until is not None:
            raise _cut()
        return at

    def _element(self, head: _Header, end: int, depth: int) -> int:
        if head.length == _OPEN:
            if head.bulk:
                return self._fragments(head.value, end)
            inner = self._as_implicit() if head.unknown else self
            return inner.items(head.value, end, depth + 1, open_ended=True)
        if head.sequence:
            self.items(head.value, head.value + head.length, depth + 1, open_ended=False)
        return head.value + head.length

    def items(self, at: int, end: int, depth: int, *, open_ended: bool) -> int:
        """Walk the items of a sequence; where the next element begins."""
        if depth > MAX_DEPTH:
            raise UnreadableFileError(f"Sequences lie more than {MAX_DEPTH} deep in this file.")
        while at < end:
            tag, length = self._peek(at, end), self._length(at + 4, end)
            at += 8
            if open_ended and tag == _SEQUENCE_END:
                return at
            self.budget.take()
            if tag != _ITEM:
                raise UnreadableFileError("A sequence holds something that is no item.")
            if length == _OPEN:
                at = self.elements(at, end, depth, until=_ITEM_END)
            else:
                _fits(at, length, end)
                at = self.elements(at, at + length, depth)
        if open_ended:
            raise _cut()
        return at

    def _fragments(self, at: int, end: int) -> int:
        while at < end:
            tag, length = self._peek(at, end), self._length(at + 4, end)
            at += 8
            if tag == _SEQUENCE_END:
                return at
            self.budget.take()
            if tag != _ITEM:
                raise UnreadableFileError("Compressed pixels hold something that is no fragment.")
            _fits(at, length, end)
            at += length
        raise _cut()

    def _header(self, at: int, end: int) -> _Header:
        self.budget.take()
        tag = self._peek(at, end)
        if tag >> 16 == 0xFFFE:
            raise UnreadableFileError("An item stands where an element should.")
        vr, value, length = self._encoding(at, end)
        if length != _OPEN:
            _fits(value, length, end)
        elif vr in _SHORT or (vr in _LONG and vr not in _BULK | {b"SQ", b"UN"}):
            raise UnreadableFileError("An element that is no sequence has no length.")
        sequence = vr == b"SQ" or (not vr and self.is_sequence(tag))
        bulk = vr in _BULK or (not vr and tag == _PIXELS)
        return _Header(
            tag=tag, length=length, value=value, sequence=sequence, bulk=bulk, unknown=vr == b"UN"
        )

    def _encoding(self, at: int, end: int) -> tuple[bytes, int, int]:
        """The VR (empty where implicit), where the value begins, and its length."""
        if self.implicit:
            return b"", at + 8, self._length(at + 4, end)
        vr = self.data[at + 4 : at + 6]
        if vr in _LONG:
            return vr, at + 12, self._length(at + 8, end)
        if vr in _SHORT:
            return vr, at + 8, self._u16.unpack_from(self.data, at + 6)[0]
        raise UnreadableFileError(
            "An element does not say of which kind (VR) it is, though the transfer syntax of "
            "the file promises it."
        )

    def _as_implicit(self) -> "_Walk":
        """Sequences of unknown VR are in implicit VR little endian (PS3.5 6.2.2)."""
        return _Walk(
            self.data, little=True, implicit=True, is_sequence=self.is_sequence, budget=self.budget
        )

    def _peek(self, at: int, end: int) -> int:
        _fits(at, 8, end)
        group, element = self._tag.unpack_from(self.data, at)
        return group << 16 | element

    def _length(self, at: int, end: int) -> int:
        _fits(at, 4, end)
        return self._u32.unpack_from(self.data, at)[0]


def _fits(at: int, length: int, end: int) -> None:
    if at + length > end:
        raise _cut()


def _cut() -> UnreadableFileError:
    return UnreadableFileError(
        "The file is cut off or lies about a length: something in it is longer than what "
        "contains it. Fetch it again from where it came."
    )
