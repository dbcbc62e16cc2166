"""Against dicom-anonymizer, and against the bytes themselves, on the files that pydicom brings."""

import copy
import io
import re
import warnings
import zlib

import pytest

from bodytwin.errors import BodytwinError
from bodytwin.governance.deidentify.dicom import deidentify
from bodytwin.governance.deidentify.profile import Profile, table
from tests.governance.deidentify.conftest import KEY, files_of_pydicom, read

pydicom = pytest.importorskip("pydicom")

FILES = files_of_pydicom()
CLASSES = {0x00080016, 0x00081150}
"""They name a kind of object, and a vendor may have its own."""
DEFLATED = "1.2.840.10008.1.2.1.99"


def shared(path, profile):
    """The clean copy, or None where the file is refused."""
    try:
        return deidentify(path.read_bytes(), key=KEY, profile=profile, pixels_were_checked=True)
    except BodytwinError:
        return None


def quietly(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def anonymised(ds):
    oracle = pytest.importorskip(
        "dicomanonymizer.simpledicomanonymizer", reason="the oracle is in the group 'oracles'"
    )
    done = copy.deepcopy(ds)
    oracle.anonymize_dataset(
        done, base_rules_gen=lambda: oracle.initialize_actions("dicomfields_2026c")
    )
    return done


def well_known(element):
    """The one exception: a UID that the standard itself gives out names nobody."""
    values = element.value if element.VM > 1 else [element.value]
    return element.VR == "UI" and all(pydicom.uid.UID(v).name != v for v in values)


def untreated(before, oracle, ours):
    """Tags that the oracle removed, emptied or changed, and we did not."""
    left = []
    for element in before:
        tag = element.tag
        if element.is_empty or well_known(element):
            continue
        treated = tag not in oracle or oracle[tag].value != element.value
        if treated and tag in ours and ours[tag].value == element.value:
            left.append(f"{tag} {element.keyword}")
    return left


def test_everything_that_dicom_anonymizer_treats_is_treated():
    compared, faults = 0, {}
    for path in FILES:
        result = shared(path, Profile())
        if result is None:
            continue
        before, after = read(path.read_bytes()), read(result.data)
        try:
            oracle = quietly(lambda before=before: anonymised(before))
        except (NotImplementedError, ValueError, TypeError, AttributeError, KeyError):
            continue
        left = quietly(lambda b=before, o=oracle, a=after: untreated(b, o, a))
        compared += 1
        if left:
            faults[path.name] = left
    assert faults == {}
    assert compared > 120


def test_the_table_has_the_actions_of_dicom_anonymizer():
    base = "dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c"
    theirs = pytest.importorskip(base, reason="the oracle is in the group 'oracles'")
    codes = {"D_TAGS": "D", "Z_TAGS": "Z", "X_TAGS": "X", "U_TAGS": "U", "Z_D_TAGS": "Z/D",
             "X_Z_TAGS": "X/Z", "X_D_TAGS": "X/D", "X_Z_D_TAGS": "X/Z/D",
             "X_Z_U_STAR_TAGS": "X/Z/U*"}  # fmt: skip
    expected = {
        tag[0] << 16 | tag[1]: code
        for name, code in codes.items()
        for tag in getattr(theirs, name)
        if len(tag) == 2
    }
    assert {tag: row.basic for tag, row in table().items()} == expected


def secrets_of(ds):
    """Raw values that identify, as they stand in the file: names, IDs, UIDs, dates."""
    ids = {0x00080050, 0x00100020, 0x00200010}
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from secrets_of(item)
        elif element.tag.is_private or int(element.tag) in CLASSES:
            continue
        elif element.VR in {"PN", "UI", "DA", "DT"} or int(element.tag) in ids:
            for value in element.value if element.VM > 1 else [element.value]:
                said = getattr(value, "original_string", value)
                said = said if isinstance(said, bytes) else str(said).encode()
                if element.VR != "UI" or pydicom.uid.UID(said.decode()).name == said.decode():
                    yield element.VR, said.strip(b" \x00")


def scanned(data):
    """The bytes of a file in which nothing is compressed, without its pixels."""
    ds = read(data)
    if ds.file_meta.TransferSyntaxUID == DEFLATED:
        start = data.index(DEFLATED.encode()) + len(DEFLATED)
        rest = next(
            found
            for at in range(start, start + 200)
            if (found := inflated(data[at:])) is not None and len(found) > 100
        )
        return data[:start] + rest
    pixels = ds.get("PixelData", b"")
    return data.replace(pixels, b"") if len(pixels) > 64 else data


def inflated(data):
    try:
        return zlib.decompress(data, -zlib.MAX_WBITS)
    except zlib.error:
        return None


@pytest.mark.parametrize("profile", [Profile(), Profile(modified_dates=True)])
def test_no_name_identifier_uid_or_date_survives_anywhere_in_the_bytes(profile):
    scans, looked_for, faults = 0, 0, []
    for path in FILES:
        result = shared(path, profile)
        if result is None:
            continue
        secrets = quietly(lambda p=path: set(secrets_of(read(p.read_bytes()))))
        bare = scanned(result.data)
        scans += 1
        for vr, secret in secrets:
            if len(secret) < 4 or secret == b"00010101":
                continue
            looked_for += 1
            where = re.search(rb"(?<![0-9.])" + re.escape(secret) + rb"(?![0-9.])", bare)
            if where:
                faults.append((path.name, vr, where.start()))
    assert faults == []
    assert scans > 120
    assert looked_for > 1000


def test_every_clean_file_is_read_again_and_can_be_written_again():
    for path in FILES:
        result = shared(path, Profile(modified_dates=True))
        if result is not None:
            ds = quietly(lambda r=result: read(r.data))
            quietly(lambda ds=ds: ds.save_as(io.BytesIO(), enforce_file_format=True))
            assert ds.PatientIdentityRemoved == "YES"
            assert not any(tag.is_private for tag in ds.keys())  # noqa: SIM118
