"""Broken files by name, for anyone who wants to see them refused.

`verdict` says what must happen: "refused" as a whole, "held back" in part, or "remarked".
Each file about a person holds MARKER where a name or an identifier stands.
"""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Literal

MARKER = "ZQXMARKERZQX"
MAPPING = b"""
dataset = "malformed"
drug = "theophylline"
rxnorm = "10438"
amount_unit = "mg"
route = "oral"
[[measured]]
quantity = "concentration"
loinc = "4049-3"
unit = "mg/L"
"""
Verdict = Literal["refused", "held back", "remarked"]


@dataclass(frozen=True)
class Malformed:
    data: bytes
    kind: Literal["fhir", "table"]
    verdict: Verdict = "refused"
    mapping: bytes = MAPPING


PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": MARKER,
    "identifier": [{"system": "urn:example:mrn", "value": MARKER}],
    "name": [{"family": MARKER, "given": [MARKER]}],
    "gender": "female",
    "birthDate": "1971-02-03",
}
LEVEL: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "level",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "4049-3"}]},
    "subject": {"reference": f"Patient/{MARKER}", "display": MARKER},
    "effectiveDateTime": "2020-01-01T08:00:00Z",
    "valueQuantity": {"value": 7.5, "system": "http://unitsofmeasure.org", "code": "mg/L"},
}
GIVEN: dict[str, Any] = {
    "resourceType": "MedicationAdministration",
    "id": "given",
    "status": "completed",
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "10438"}]
    },
    "subject": {"reference": f"Patient/{MARKER}"},
    "effectiveDateTime": "2020-01-01T00:00:00Z",
    "dosage": {
        "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
        "dose": {"value": 320, "system": "http://unitsofmeasure.org", "code": "mg"},
    },
}


def bundle(*resources: Any) -> bytes:
    entries = [{"resource": r} for r in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def value(**changes: Any) -> bytes:
    return bundle(PATIENT, LEVEL | {"valueQuantity": LEVEL["valueQuantity"] | changes})


def dose(**changes: Any) -> bytes:
    return bundle(PATIENT, GIVEN | {"dosage": GIVEN["dosage"] | changes})


def _milligrams(amount: Any, code: str = "mg") -> dict[str, Any]:
    return {"value": amount, "system": "http://unitsofmeasure.org", "code": code}


def table(*rows: str, header: str = "ID,TIME,AMT,DV,EVID,MDV,RATE,ADDL,II,SS,CENS") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def row(**cells: str) -> str:
    usual = dict(ID=MARKER, TIME="0", AMT="320", DV=".", EVID="1", MDV="1", RATE="0", ADDL="0",
                 II="0", SS="0", CENS="0")  # fmt: skip
    return ",".join((usual | cells).values())


def measured(**cells: str) -> str:
    return row(**({"AMT": ".", "DV": "5.5", "EVID": "0", "MDV": "0", "TIME": "1"} | cells))


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sheet.xml", MARKER)
    return packed.getvalue()


WHOLE = bundle(PATIENT, LEVEL, GIVEN)
GOOD_TABLE = table(row(), measured())
DEEP = b"[" * 100_000 + b"]" * 100_000


def _fhir() -> dict[str, tuple[bytes, Verdict]]:
    other = PATIENT | {"birthDate": "1999-01-01"}
    return {
        "empty file": (b"", "refused"),
        "white space only": (b" \n\t ", "refused"),
        "truncated": (WHOLE[: len(WHOLE) // 2], "refused"),
        "one byte short": (WHOLE[:-1], "refused"),
        "bytes behind the end": (WHOLE + b"}", "refused"),
        "utf-16": (WHOLE.decode().encode("utf-16"), "refused"),
        "latin-1": (WHOLE.replace(b"ZQX", "ü".encode("latin-1")), "refused"),
        "gzip": (gzip.compress(WHOLE, mtime=0), "refused"),
        "zip": (_zipped(), "refused"),
        "nul bytes": (WHOLE.replace(b"Bundle", b"Bun\x00dle"), "refused"),
        "xml": (f"<Bundle><Patient id='{MARKER}'/></Bundle>".encode(), "refused"),
        "html": (f"<!DOCTYPE html><p>{MARKER}".encode(), "refused"),
        "a list": (json.dumps([PATIENT]).encode(), "refused"),
        "a text": (json.dumps(MARKER).encode(), "refused"),
        "a number": (b"42", "refused"),
        "null": (b"null", "refused"),
        "an empty object": (b"{}", "refused"),
        "no resourceType": (json.dumps({"id": MARKER}).encode(), "refused"),
        "resourceType is a number": (b'{"resourceType": 5}', "refused"),
        "an unknown resourceType alone": (
            json.dumps({"resourceType": "Nonsense", "id": MARKER}).encode(), "refused"),
        "deep json": (DEEP, "refused"),
        "deep json in a resource": (bundle(PATIENT).replace(b'"female"', DEEP), "refused"),
        "deep json in an unread field": (
            bundle(PATIENT).replace(b'"family": "', b'"x": ' + DEEP + b', "family": "'), "refused"),
        "NaN": (value().replace(b"7.5", b"NaN"), "refused"),
        "Infinity": (value().replace(b"7.5", b"-Infinity"), "refused"),
        "entry is an object": (
            b'{"resourceType": "Bundle", "entry": {"resource": {}}}', "refused"),
        "entry is a text": (b'{"resourceType": "Bundle", "entry": "x"}', "refused"),
        "resource is a list": (bundle(PATIENT, [LEVEL]), "refused"),
        "resource is a number": (bundle(PATIENT, 5), "refused"),
        "resource is an empty object": (bundle(PATIENT, {}), "refused"),
        "birthDate is a number": (bundle(PATIENT | {"birthDate": 1971}), "refused"),
        "identifier is an object": (bundle(PATIENT | {"identifier": {"value": MARKER}}), "refused"),
        "gender is a list": (bundle(PATIENT | {"gender": ["female"]}), "refused"),
        "coding is an object": (
            bundle(PATIENT, LEVEL | {"code": {"coding": {"code": MARKER}}}), "refused"),
        "subject is a text": (bundle(PATIENT, LEVEL | {"subject": MARKER}), "refused"),
        "valueQuantity is a list": (bundle(PATIENT, LEVEL | {"valueQuantity": [7.5]}), "refused"),
        "unit code is a number": (value(code=5), "refused"),
        "null status": (bundle(PATIENT, LEVEL | {"status": None}), "refused"),
        "same id, different value": (
            bundle(PATIENT, LEVEL, LEVEL | {"effectiveDateTime": "2021-01-01"}), "refused"),
        "same patient id, different person": (bundle(PATIENT, other), "refused"),
        "same identifier, different person": (bundle(PATIENT, other | {"id": "b"}), "refused"),
        "nobody": (bundle(LEVEL), "refused"),
        "same resource twice": (bundle(PATIENT, LEVEL, LEVEL), "remarked"),
        "byte order mark": (b"\xef\xbb\xbf" + WHOLE, "remarked"),
        "unknown gender": (bundle(PATIENT | {"gender": MARKER}), "remarked"),
        "patient without an identifier": (bundle(PATIENT | {"identifier": []}), "remarked"),
        "value is a text": (value(value=MARKER), "held back"),
        "value is an object": (value(value={MARKER: 1}), "held back"),
        "value of 1e308": (value(value=1e308), "held back"),
        "value of 10^400": (value().replace(b"7.5", b"1" + b"0" * 400), "held back"),
        "huge exponent": (value().replace(b"7.5", b"1e999999999"), "held back"),
        "no unit": (value(code="", unit=""), "held back"),
        "unit of another kind": (value(code="kg"), "held back"),
        "unit in capitals": (value(code="MG/L"), "held back"),
        "unit that is a word": (value(code="units"), "held back"),
        "unit of another system": (value(system="urn:example:units"), "held back"),
        "endless unit": (value(code="mg/" * 5000), "held back"),
        "comparator that is none": (value(comparator="~"), "held back"),
        "no value": (bundle(PATIENT, LEVEL | {"valueQuantity": {"code": "mg/L"}}), "held back"),
        "no code": (bundle(PATIENT, LEVEL | {"code": {"text": MARKER}}), "held back"),
        "time without zone": (
            bundle(PATIENT, LEVEL | {"effectiveDateTime": "2020-01-01T08:00:00"}), "held back"),
        "time that is a name": (
            bundle(PATIENT, LEVEL | {"effectiveDateTime": MARKER}), "held back"),
        "thirtieth of February": (
            bundle(PATIENT, LEVEL | {"effectiveDateTime": "2020-02-30"}), "held back"),
        "hour before the calendar": (
            bundle(PATIENT, LEVEL | {"effectiveDateTime": "0001-01-01T00:00:00+14:00"}),
            "held back"),
        "no time": (bundle(PATIENT, LEVEL | {"effectiveDateTime": ""}), "held back"),
        "patient of another server": (
            bundle(PATIENT, LEVEL | {"subject": {"reference": f"http://other/Patient/{MARKER}"}}),
            "held back"),
        "patient that is not there": (
            bundle(PATIENT, LEVEL | {"subject": {"reference": "Patient/x"}}), "held back"),
        "entered in error": (bundle(PATIENT, LEVEL | {"status": "entered-in-error"}), "held back"),
        "negative dose": (dose(dose=_milligrams(-320)), "held back"),
        "dose of zero": (dose(dose=_milligrams(0)), "held back"),
        "dose less than": (dose(dose=_milligrams(5) | {"comparator": "<"}), "held back"),
        "dose in the unit of a level": (dose(dose=_milligrams(5, "mg/L")), "held back"),
        "dose without an amount": (dose(dose=None), "held back"),
        "dose stopped half way": (bundle(PATIENT, GIVEN | {"status": "stopped"}), "held back"),
        "dose of an unknown product": (
            bundle(PATIENT, GIVEN | {"medicationCodeableConcept": None}), "held back"),
    }  # fmt: skip


def _table() -> dict[str, tuple[bytes, Verdict]]:
    return {
        "empty file": (b"", "refused"),
        "header only": (table(), "refused"),
        "no header": (f"{MARKER},0,320,.,1\n{MARKER},1,.,5,0\n".encode(), "refused"),
        "utf-16": (GOOD_TABLE.decode().encode("utf-16"), "refused"),
        "gzip": (gzip.compress(GOOD_TABLE, mtime=0), "refused"),
        "spreadsheet": (_zipped(), "refused"),
        "nul bytes": (GOOD_TABLE.replace(b"320", b"3\x0020"), "refused"),
        "json": (WHOLE, "refused"),
        "damaged parquet": (b"PAR1" + bytes(range(256)) + b"PAR1", "refused"),
        "two columns of one name": (
            table(f"{MARKER},0,1,2", header="ID,TIME,AMT,amt"), "refused"),
        "no column for the dose": (table(f"{MARKER},0,1", header="ID,TIME,DV"), "refused"),
        "a row too short": (table(row(), f"{MARKER},1,2"), "refused"),
        "a row too long": (table(row() + f",{MARKER}"), "refused"),
        "an open quotation mark": (table(row(DV=f'"{MARKER}')), "refused"),
        "no patient": (table(row(ID="")), "refused"),
        "no time": (table(row(TIME=".")), "refused"),
        "a name for a time": (table(row(TIME=MARKER)), "refused"),
        "a clock time": (table(row(TIME="08:30")), "refused"),
        "an infinite time": (table(row(TIME="inf")), "refused"),
        "a time beyond the calendar": (table(row(TIME="1e14")), "refused"),
        "time that goes back": (table(row(TIME="2"), measured(TIME="1")), "refused"),
        "a name for a dose": (table(row(AMT=MARKER)), "refused"),
        "a formula": (table(row(AMT="=SUM(A1:A9)")), "refused"),
        "a command formula": (table(row(AMT=f"=cmd|{MARKER}")), "refused"),
        "a dose with a unit": (table(row(AMT="320 mg")), "refused"),
        "a decimal comma": (table(row(AMT='"320,5"')), "refused"),
        "an underscore in a number": (table(row(AMT="3_20")), "refused"),
        "other digits": (table(row(AMT="٣٢٠")), "refused"),
        "a negative dose": (table(row(AMT="-320")), "refused"),
        "a dose of zero": (table(row(AMT="0")), "refused"),
        "a dose without an amount": (table(row(AMT=".")), "refused"),
        "a dose of 1e308": (table(row(AMT="1e308")), "refused"),
        "a huge exponent": (table(row(AMT="1e99999999")), "refused"),
        "a level that is NaN": (table(row(), measured(DV="NaN")), "refused"),
        "a level that is infinite": (table(row(), measured(DV="-inf")), "refused"),
        "a level with a sign before it": (table(row(), measured(DV="<0.5")), "refused"),
        "a measurement with an amount": (table(row(), measured(AMT="5")), "refused"),
        "a reset": (table(row(EVID="3")), "refused"),
        "a reset with a dose": (table(row(), row(EVID="4", TIME="5")), "refused"),
        "an unknown event": (table(row(EVID="7")), "refused"),
        "half an event": (table(row(EVID="0.5")), "refused"),
        "steady state without an interval": (table(row(SS="1")), "refused"),
        "steady state of kind 2": (table(row(SS="2", II="12")), "refused"),
        "more doses without an interval": (table(row(ADDL="3")), "refused"),
        "fewer than no more doses": (table(row(ADDL="-1", II="12")), "refused"),
        "half a dose more": (table(row(ADDL="1.5", II="12")), "refused"),
        "a billion more doses": (table(row(ADDL="1e9", II="12")), "refused"),
        "a negative rate": (table(row(RATE="-5")), "refused"),
        "an unknown censoring": (table(row(), measured(CENS="2")), "refused"),
        "censored at zero": (table(row(), measured(CENS="1", DV="0")), "refused"),
        "a negative level": (table(row(), measured(DV="-5")), "held back"),
        "a column nobody named": (
            table(f"{MARKER},0,320,.,9", header="ID,TIME,AMT,DV,SECRET"), "remarked"),
    }  # fmt: skip


def _mappings() -> dict[str, bytes]:
    return {
        "mapping that is no toml": b"\xff\xfe",
        "mapping that is empty": b"",
        "mapping without units": MAPPING.replace(b'amount_unit = "mg"', b""),
        "mapping with swapped units": MAPPING.replace(b'"mg"', b'"mg/L"'),
        "mapping with a level in mg": MAPPING.replace(b'"mg/L"', b'"mg"'),
        "mapping with an unknown unit": MAPPING.replace(b'"mg/L"', b'"milligrams"'),
        "mapping with a time in mg": b'time_unit = "mg"\n' + MAPPING,
        "mapping with an unknown key": b"surprise = 1\n" + MAPPING,
        "mapping with an unknown route": MAPPING.replace(b'"oral"', b'"by magic"'),
        "mapping with a list for a table": MAPPING + b"\ncolumns = [1]\n",
        "mapping with an origin without zone": b"origin = 2020-01-01T00:00:00\n" + MAPPING,
    }


MALFORMED: dict[str, Malformed] = {
    **{f"fhir: {n}": Malformed(d, "fhir", v) for n, (d, v) in _fhir().items()},
    **{f"table: {n}": Malformed(d, "table", v) for n, (d, v) in _table().items()},
    **{f"table: {n}": Malformed(GOOD_TABLE, "table", "refused", m) for n, m in _mappings().items()},
}
