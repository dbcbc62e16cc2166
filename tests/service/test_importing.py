import hashlib
from pathlib import Path

import pytest

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.importing import import_fhir, import_files, import_table
from bodytwin.service.people import everyone
from bodytwin.store.records import originals
from tests.importers.malformed import MALFORMED, MARKER

REFUSED = {name: m for name, m in MALFORMED.items() if m.verdict == "refused"}
PARTLY = {name: m for name, m in MALFORMED.items() if m.verdict == "held back"}


def hashes(folder: Path):
    return {
        p: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def take(work, malformed):
    if malformed.kind == "fhir":
        return import_fhir(work, malformed.data)
    return import_table(work, malformed.data, mapping=malformed.mapping)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_file_leaves_the_store_byte_for_byte(work, bring, tables, name):
    bring(tables.first)
    home = work.store.archive.folder.parent
    before = hashes(home)
    with pytest.raises(InvalidInputError) as caught:
        take(work, REFUSED[name])
    assert hashes(home) == before
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize("name", PARTLY)
def test_what_is_held_back_is_kept_with_its_reason_and_no_name(work, name):
    took = take(work, PARTLY[name])
    assert took.report.held_back
    for patient in took.added.patients:
        for file in originals(work.store, granted(work, patient, Action.READ)):
            assert all(reading["held_back"] for reading in file.readings) or not file.whole
    home = work.store.archive.folder.parent
    assert all(MARKER.encode() not in p.read_bytes() for p in home.rglob("*") if p.is_file())


def test_the_first_refused_file_of_several_is_named_by_its_number(work, tables, tmp_path):
    (tmp_path / "a.toml").write_text(tables.mapping)
    (tmp_path / "a.csv").write_text(tables.first)
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(UnreadableFileError, match="File 2 of 2"):
        import_files(work, [tmp_path / "a.csv", tmp_path / "b.json"])
    assert len(everyone(work)) == 1


def test_a_table_without_a_mapping_is_refused(work, tables, tmp_path):
    (tmp_path / "a.csv").write_text(tables.first)
    with pytest.raises(InvalidInputError, match="--mapping"):
        import_files(work, [tmp_path / "a.csv"])


def test_an_unknown_zone_is_refused(work):
    with pytest.raises(InvalidInputError, match="time zone"):
        import_fhir(work, b"{}", zone="Mars/Olympus")
