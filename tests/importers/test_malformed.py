"""Whatever comes in, the answer is a clear error or a listed remark, and names nobody."""

import random
import sys
from pathlib import Path

import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.importers import Imported, fhir, table

sys.path.insert(0, str(Path(__file__).parent))
from malformed import GOOD_TABLE, MALFORMED, MAPPING, MARKER, WHOLE, Malformed


def taken(case: Malformed) -> Imported:
    if case.kind == "fhir":
        return fhir.read(case.data)
    return table.read(case.data, table.TableMapping.load(case.mapping))


def test_there_are_at_least_sixty_cases():
    assert len(MALFORMED) >= 60


@pytest.mark.parametrize("name", [n for n, c in MALFORMED.items() if c.verdict == "refused"])
def test_a_broken_file_is_refused_whole_and_names_nobody(name):
    with pytest.raises(InvalidInputError) as refusal:
        taken(MALFORMED[name])
    message = str(refusal.value)
    assert len(message) > 20
    assert MARKER not in message
    assert MARKER.lower() not in message.lower()


@pytest.mark.parametrize("name", [n for n, c in MALFORMED.items() if c.verdict == "held back"])
def test_a_value_that_cannot_be_used_is_listed_and_in_no_record(name):
    imported = taken(MALFORMED[name])
    assert len(imported.report.held_back) == 1
    held = imported.report.held_back[0]
    assert held.path
    assert held.reason
    assert MARKER not in repr(imported.report)
    counts = imported.report.counts
    assert counts["observations"] == 0
    assert counts["treatments"] == (MALFORMED[name].kind == "table")


@pytest.mark.parametrize("name", [n for n, c in MALFORMED.items() if c.verdict == "remarked"])
def test_what_was_passed_over_is_said(name):
    report = taken(MALFORMED[name]).report
    assert report.remarks
    assert MARKER not in repr(report)


def test_the_files_that_the_cases_spoil_are_whole_themselves():
    good = fhir.read(WHOLE)
    assert good.report.counts == {
        "patients": 1, "observations": 1, "treatments": 1, "covariates": 0,
    }  # fmt: skip
    assert MARKER not in repr(good)
    other = table.read(GOOD_TABLE, table.TableMapping.load(MAPPING))
    assert (other.report.counts["observations"], other.report.counts["treatments"]) == (1, 1)
    assert MARKER not in repr(other)


def _spoiled(good: bytes, rng: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        deed = rng.randrange(4)
        if deed == 0:
            data[at] = rng.randrange(256)
        elif deed == 1:
            del data[at : at + rng.randint(1, 20)]
        elif deed == 2:
            data[at:at] = rng.choice([b'"', b"{", b"]", b",", b"\n", b"\x00", b"9" * 30, b"null"])
        else:
            data[at:at] = data[at : at + rng.randint(1, 40)]
    return bytes(data)


@pytest.mark.parametrize("kind", ["fhir", "table"])
def test_spoiled_bytes_never_cause_anything_but_a_clear_error(kind):
    rng = random.Random(20261123)
    good = WHOLE if kind == "fhir" else GOOD_TABLE
    said = [refusal_of(Malformed(_spoiled(good, rng), kind)) for _ in range(3000)]
    assert sum(bool(message) for message in said) > 500
    assert not any(MARKER in message for message in said)


def refusal_of(case: Malformed) -> str:
    try:
        taken(case)
    except InvalidInputError as refusal:
        return str(refusal)
    return ""
