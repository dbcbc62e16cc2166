"""Files made to harm a reader: refused with a plain error, in bounded time and memory."""

import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import BodytwinError, UnreadableFileError
from bodytwin.governance.deidentify.dicom import deidentify
from tests.governance.deidentify.conftest import KEY, NAME, made_up, to_bytes

pytest.importorskip("pydicom")

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
OPEN = 0xFFFFFFFF
ITEM_END, SEQUENCE_END = (
    struct.pack("<HHI", 0xFFFE, 0xE00D, 0),
    struct.pack("<HHI", 0xFFFE, 0xE0DD, 0),
)


def wrapped(body, syntax=EXPLICIT):
    """A body behind a correct header."""
    uid = syntax.encode() + b"\x00" * (len(syntax) % 2)
    meta = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid
    length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta))
    return b"\x00" * 128 + b"DICM" + length + meta + body


def sequence(body, length=None):
    return (
        struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, len(body) if length is None else length)
        + body
    )


def item(body, length=None):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body) if length is None else length) + body


def refused(data, seconds=10.0, megabytes=100):
    """Raise what `deidentify` raises, and fail where it took too long or too much."""
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        with pytest.raises(UnreadableFileError) as caught:
            deidentify(data, key=KEY)
        assert time.perf_counter() - begin < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1e6
    finally:
        tracemalloc.stop()
    return str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"MZ", b"\x00" * 132, b"\x00" * 128 + b"DICM", b"%PDF-1.7" * 50]
)
def test_what_is_no_dicom_file_is_said_to_be_none(data):
    refused(data)


@pytest.mark.parametrize("length", [9, 0x7FFFFFFF, 0xFFFFFFFE])
def test_a_length_beyond_the_end_of_the_file_is_a_lie(length):
    element = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, length) + b"12345678"
    assert "lies about a length" in refused(wrapped(element))


@pytest.mark.parametrize("build", [item, sequence])
def test_an_item_or_sequence_longer_than_what_contains_it_is_a_lie(build):
    inner = item(b"", 64) if build is item else item(sequence(b"", 64))
    assert "lies about a length" in refused(wrapped(sequence(inner)))


def test_a_sequence_or_item_without_an_end_is_refused():
    refused(wrapped(sequence(item(b"", OPEN), OPEN)))
    refused(wrapped(sequence(item(b"", OPEN) + ITEM_END, OPEN)))


def test_compressed_pixels_without_an_end_are_refused():
    head = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, OPEN)
    refused(wrapped(head + item(b"") + item(b"abcd")))
    refused(wrapped(head + item(b"") + b"no item." + SEQUENCE_END))


def test_ten_thousand_open_sequences_in_one_another_are_refused():
    depth = 10_000
    body = b"".join(sequence(item(b"", OPEN), OPEN) for _ in range(depth))
    assert "16 deep" in refused(wrapped(body + (ITEM_END + SEQUENCE_END) * depth))


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_measured_sequences_in_one_another_are_refused(syntax):
    body = b""
    for _ in range(2_000):
        inner = item(body)
        head = struct.pack("<HHI", 0x0008, 0x1140, len(inner))
        body = head + inner if syntax == IMPLICIT else sequence(inner)
    assert "16 deep" in refused(wrapped(body, syntax))


def test_sixteen_sequences_in_one_another_are_read():
    ds = made_up()
    data, body = to_bytes(ds), b""
    for _ in range(16):
        body = sequence(item(body))
    at = data.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))
    assert deidentify(data[:at] + body + data[at:], key=KEY).data


def test_a_million_empty_items_are_refused():
    assert "500000" in refused(wrapped(sequence(item(b"") * 1_000_000)), seconds=30)


def test_a_small_file_that_inflates_to_a_huge_one_is_refused():
    bomb = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    chunk = bytes(1 << 24)
    body = b"".join([*(bomb.compress(chunk) for _ in range(20)), bomb.flush()])
    data = wrapped(body, "1.2.840.10008.1.2.1.99")
    assert len(data) < 1e6
    assert "256 MiB" in refused(data, megabytes=600)


def test_a_damaged_deflated_body_is_refused():
    data = to_bytes(made_up(), "1.2.840.10008.1.2.1.99")
    refused(data[:-40])
    refused(wrapped(b"\xff" * 64, "1.2.840.10008.1.2.1.99"))


def test_an_unknown_value_representation_is_refused():
    refused(wrapped(struct.pack("<HH2sH", 0x0010, 0x0010, b"zz", 4) + b"A^B "))


def test_a_file_that_does_not_say_what_it_is_is_refused():
    element = struct.pack("<HH2sH", 0x0010, 0x0010, b"PN", 4) + b"A^B "
    assert "SOP class UID" in refused(wrapped(element))


def test_an_error_never_quotes_the_file():
    data = to_bytes(made_up())
    at = data.index(NAME.encode())
    lying = data[: at - 2] + struct.pack("<H", 60_000) + data[at:]
    assert "Okonkwo" not in refused(lying)


GOOD = to_bytes(made_up())


def test_a_field_that_was_made_to_swallow_the_name_goes():
    good = to_bytes(made_up(), IMPLICIT)
    start, end = good.index(b"Acme"), good.index(NAME.encode()) + len(NAME) + len(NAME) % 2
    data = good[: start - 4] + struct.pack("<I", end - start) + good[start:]
    result = deidentify(data, key=KEY)
    assert b"Okonkwo" not in result.data
    assert "(0008,0070)" in result.removed


@settings(max_examples=300)
@given(st.integers(132, len(GOOD) - 1), st.integers(0, 255))
def test_one_changed_byte_is_cleaned_or_refused_and_the_name_never_gets_out(at, byte):
    data = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    try:
        out = deidentify(data, key=KEY, pixels_were_checked=True).data
    except BodytwinError:
        return
    assert b"Okonkwo" not in out
    assert b"Adaeze" not in out


@given(st.integers(0, len(GOOD)))
def test_a_file_cut_anywhere_is_cleaned_or_refused(at):
    try:
        out = deidentify(GOOD[:at], key=KEY, pixels_were_checked=True).data
    except BodytwinError:
        return
    assert b"Okonkwo" not in out


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_header_are_cleaned_or_refused(body):
    for syntax in (EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"):
        with pytest.raises(BodytwinError):
            deidentify(wrapped(body, syntax), key=KEY)
