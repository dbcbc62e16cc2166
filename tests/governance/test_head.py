import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bodytwin.errors import InvalidInputError
from bodytwin.governance.head import Head, compare, read_head, sign_head, signature_holds
from bodytwin.governance.merkle import EMPTY_ROOT, Frontier, leaf_hash

PRIVATE, OTHER = bytes(range(32)), bytes(32)
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ENTRIES = [b"entry %d" % i for i in range(9)]


def public(private=PRIVATE):
    key = Ed25519PrivateKey.from_private_bytes(private).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def frontier(entries):
    grown = Frontier()
    for entry in entries:
        grown = grown.append(entry)
    return grown


def hashed(entries):
    return [leaf_hash(e) for e in entries]


def head(entries=ENTRIES, private=PRIVATE, at=NOON):
    return sign_head(private, frontier(entries), at)


def faults(held, entries):
    return compare(held, hashed(entries), public=public())


def test_a_head_says_how_long_the_log_is_and_what_it_adds_up_to():
    made = head()
    assert (made.size, made.root) == (9, frontier(ENTRIES).root.hex())
    assert made.key == base64.b64encode(public()).decode()
    assert signature_holds(made, public())


def test_a_head_comes_back_from_its_file():
    made = head()
    assert read_head(made.to_json()) == made
    assert signature_holds(read_head(made.to_json()), public())


def test_the_zone_in_which_a_head_was_signed_makes_no_difference():
    there = NOON.astimezone(timezone(timedelta(hours=9)))
    assert head(at=there).to_json() == head().to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"size": 8},
        {"root": EMPTY_ROOT.hex()},
        {"root": ""},
        {"root": "\ud800"},
        {"time": NOON + timedelta(microseconds=1)},
        {"time": datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))},
        {"key": base64.b64encode(public(OTHER)).decode()},
        {"key": ""},
        {"signature": ""},
        {"signature": "é"},
        {"signature": base64.b64encode(bytes(64)).decode()},
    ],
)
def test_a_head_altered_anywhere_is_not_believed(change):
    altered = replace(head(), **change)
    assert not signature_holds(altered, public())
    assert "not signed by this store" in faults(altered, ENTRIES)[0]


def test_every_bit_of_the_signature_counts():
    made = head()
    signature = base64.b64decode(made.signature)
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        altered = replace(made, signature=base64.b64encode(bytes(changed)).decode())
        assert not signature_holds(altered, public())


def test_a_head_signed_with_another_key_is_not_believed_even_where_it_names_ours():
    forged = head(private=OTHER)
    assert not signature_holds(forged, public())
    assert not signature_holds(replace(forged, key=head().key), public())
    assert "not signed by this store" in faults(forged, ENTRIES)[0]


@pytest.mark.parametrize("key", [b"", b"x", bytes(33)])
def test_what_is_no_key_verifies_nothing(key):
    assert not signature_holds(head(), key)


def test_a_log_that_has_grown_since_is_sound():
    for size in range(len(ENTRIES) + 1):
        assert faults(head(ENTRIES[:size]), ENTRIES) == []


def test_a_log_cut_short_is_told():
    for size in range(len(ENTRIES)):
        (fault,) = faults(head(), ENTRIES[:size])
        assert fault == f"The log was cut short: it had 9 entries on 2026-03-01, and has {size}."


@pytest.mark.parametrize(
    "edited",
    [
        [b"another", *ENTRIES[1:]],
        [*ENTRIES[:8], b"another"],
        [ENTRIES[1], ENTRIES[0], *ENTRIES[2:]],
        [*ENTRIES[:4], *ENTRIES[5:], b"made up"],
        [*ENTRIES[:4], b"put in", *ENTRIES[4:]],
        [ENTRIES[0], *ENTRIES],
    ],
)
def test_a_log_edited_reordered_or_forked_is_told(edited):
    (fault,) = faults(head(), edited)
    assert fault == "The log was rewritten: its first 9 entries are not those of 2026-03-01."


def test_an_entry_that_comes_after_the_head_is_not_vouched_for():
    assert faults(head(), [*ENTRIES, b"one"]) == faults(head(), [*ENTRIES, b"two"]) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b'{"size":1}',
        b'{"x":' + b"[" * 1_000_000,
        b"[" * 1_000_000,
        head().to_json().replace(b'"size": 9', b'"size": -1'),
        head().to_json().replace(b'"size": 9', b'"size": 9.5'),
        head().to_json().replace(b'"size": 9', b'"size": "9"'),
        head().to_json().replace(b'Z"', b'"'),
        head().to_json().replace(b'"root"', b'"roof"'),
        head().to_json()[:-3],
    ],
    ids=range(14),
)
def test_a_file_that_holds_no_head_is_refused(data):
    with pytest.raises(InvalidInputError):
        read_head(data)


def test_a_head_needs_a_time_with_its_zone():
    with pytest.raises(InvalidInputError, match="zone"):
        head(at=NOON.replace(tzinfo=None))


def test_a_head_is_the_size_the_root_the_time_the_key_and_the_signature():
    written = msgspec.json.decode(head().to_json())
    assert Head(**{**written, "time": datetime.fromisoformat(written["time"])}) == head()
