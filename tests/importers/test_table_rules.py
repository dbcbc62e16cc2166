"""The rules of NONMEM-style tables, one sentence each."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import BodytwinError, InvalidInputError, UnreadableFileError
from bodytwin.importers import table
from bodytwin.record import Route

DATA = Path(__file__).parents[2] / "examples" / "data"
EXAMPLES = ["phenobarbital_neonates", "theophylline", "warfarin"]
NAME, NUMBER = "Zebedee Quux", "MRN-4711-SECRET"
MARKERS = (NAME, NAME.upper(), "Quux", NUMBER, "4711")
MAPPING = b"""
dataset = "rules"
drug = "vancomycin"
rxnorm = "11124"
amount_unit = "mg"
routes = { 1 = "oral", 2 = "intravenous", 3 = "subcutaneous" }
[[measured]]
quantity = "concentration"
loinc = "20578-1"
unit = "mg/L"
"""
HEADER = "ID,TIME,AMT,DV,EVID,MDV,CMT,RATE,ADDL,II,SS,CENS"


def mapping(extra=b"", before=b""):
    return table.TableMapping.load(before + MAPPING + extra)


def line(**cells):
    usual = dict.fromkeys(HEADER.split(","), ".") | {"ID": NUMBER, "TIME": "0"}
    return ",".join((usual | cells).values())


def dose(**cells):
    return line(**({"AMT": "100", "EVID": "1", "MDV": "1"} | cells))


def level(**cells):
    return line(**({"DV": "5.5", "EVID": "0", "TIME": "1"} | cells))


def read(*rows, header=HEADER, rules=None):
    data = "\n".join([header, *rows]).encode()
    return table.read(data, rules or mapping())


def only(*rows, **how):
    (record,) = read(*rows, **how).records
    return record


def clean(text):
    return not any(marker in text for marker in MARKERS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_reading_twice_gives_equal_results(name):
    rules = table.TableMapping.load((DATA / f"{name}.toml").read_bytes())
    data = (DATA / f"{name}.csv").read_bytes()
    assert table.read(data, rules) == table.read(data, rules)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_provenance_of_every_level_leads_to_its_row(name):
    rules = table.TableMapping.load((DATA / f"{name}.toml").read_bytes())
    text = (DATA / f"{name}.csv").read_text().splitlines()
    at = text[0].lower().split(",").index("dv")
    for record in table.read("\n".join(text).encode(), rules).records:
        for o in record.observations:
            row = int(o.provenance.path.removeprefix("row "))
            assert text[row - 1].split(",")[at] == o.quantity.text


def test_no_identifier_of_a_patient_leaves_the_reader():
    imported = read(dose(), level())
    assert clean(repr(imported))
    assert imported.records[0].patient != read(dose(ID="other")).records[0].patient


def test_the_order_of_columns_and_the_separator_do_not_matter():
    one = only("7;0;100;.", "7;1;.;5.5", header="ID;TIME;AMT;DV")
    other = only("100\t7\t.\t0", ".\t7\t5.5\t1", header="amt\tid\tdv\ttime")
    assert one.patient == other.patient
    assert [o.quantity for o in one.observations] == [o.quantity for o in other.observations]


@pytest.mark.parametrize(
    ("compartment", "route"),
    [("1", Route.ORAL), ("2", Route.INTRAVENOUS), ("3", Route.SUBCUTANEOUS), ("4", Route.OTHER)],
)
def test_the_compartment_of_a_dose_says_its_route(compartment, route):
    (given_dose,) = only(dose(CMT=compartment)).treatments
    assert (given_dose.route, given_dose.compartment) == (route, int(compartment))


def test_an_infusion_of_no_stated_route_is_intravenous():
    (given_dose,) = only(dose(CMT="4", RATE="50")).treatments
    assert (given_dose.route, given_dose.duration_h) == (Route.INTRAVENOUS, 2.0)


@pytest.mark.parametrize("unit", ["min", "h", "d"])
def test_a_rate_is_per_unit_of_time_of_the_table(unit):
    hours = {"min": 2 / 60, "h": 2.0, "d": 48.0}[unit]
    rules = mapping(before=f'time_unit = "{unit}"\n'.encode())
    (given_dose,) = only(dose(RATE="50"), rules=rules).treatments
    assert given_dose.duration_h == pytest.approx(hours, rel=1e-12)


def test_a_steady_state_interval_is_in_the_unit_of_time_of_the_table():
    rules = mapping(before=b'time_unit = "d"\n')
    (given_dose,) = only(dose(SS="1", II="0.5"), rules=rules).treatments
    assert given_dose.steady_state_interval_h == 12.0


def test_additional_doses_are_put_between_the_doses_that_follow():
    found = only(dose(ADDL="2", II="10"), dose(TIME="5", AMT="40")).treatments
    origin = found[0].instant.moment
    assert [(t.instant.hours_since(origin), t.amount.value) for t in found] == [
        (0.0, 100.0), (5.0, 40.0), (10.0, 100.0), (20.0, 100.0),
    ]  # fmt: skip


def test_without_an_event_column_an_amount_makes_a_dose():
    record = only("7,0,100,.", "7,1,0,5.5", "7,2,.,4", header="ID,TIME,AMT,DV")
    assert (len(record.treatments), len(record.observations)) == (1, 2)


def test_an_event_of_kind_two_carries_covariates_and_nothing_else():
    rules = mapping(b'[covariates.weight_kg]\ncolumn = "WT"\nunit = "kg"\n')
    record = only("7,0,100,.,1,70", "7,3,.,.,2,72", header="ID,TIME,AMT,DV,EVID,WT", rules=rules)
    assert [c.quantity.value for c in record.covariates] == [70.0, 72.0]
    assert (len(record.treatments), len(record.observations)) == (1, 0)


@pytest.mark.parametrize("name", ["value", "amount", "kind", "missing"])
def test_a_covariate_column_may_be_called_like_one_of_our_words(name):
    rules = mapping(f'[covariates.x]\ncolumn = "{name}"\nunit = "1"\n'.encode())
    record = only("7,0,100,.,3.5", header=f"ID,TIME,AMT,DV,{name}", rules=rules)
    assert [c.quantity.value for c in record.covariates] == [3.5]


def test_kinds_of_measurement_written_as_decimals_are_whole_numbers():
    rules = table.TableMapping.load(
        MAPPING.replace(b"[[measured]]", b'[[measured]]\nkind = "1"')
        + b'[[measured]]\nkind = "2"\nquantity = "response"\nunit = "%"\n'
    )
    imported = read("7,0,.,5,1.0", "7,0,.,50,2.0", "7,1,.,9,3", header="ID,TIME,AMT,DV,DVID",
                    rules=rules)  # fmt: skip
    assert [o.quantity.unit for o in imported.records[0].observations] == ["mg/L", "%"]
    assert [h.path for h in imported.report.held_back] == ["row 4"]


def parquet(**columns):
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


def test_a_null_in_parquet_is_an_empty_cell():
    data = parquet(ID=[7, 7], TIME=[0.0, 1.0], AMT=[100.0, None], DV=[None, 5.5])
    (record,) = table.read(data, mapping()).records
    assert (len(record.treatments), len(record.observations)) == (1, 1)


@pytest.mark.parametrize(
    "columns",
    [
        {"ID": [7], "TIME": [0.0], "AMT": [100.0], "DV": [float("nan")], "EVID": [0]},
        {"ID": [7], "TIME": [0.0], "AMT": [float("inf")], "DV": [None]},
        {"ID": [7], "TIME": [None], "AMT": [100.0], "DV": [None]},
        {"ID": [7], "TIME": [[NUMBER]], "AMT": [100.0], "DV": [None]},
        {"ID": [7], "TIME": [0.0], "AMT": [True], "DV": [None]},
        {"ID": [None], "TIME": [0.0], "AMT": [100.0], "DV": [None]},
        {"ID": [7], "TIME": [0.0], "AMT": [NAME], "DV": [None]},
        {"ID": [7], "TIME": [0.0], "AMT": [100.0], "DV": [None], "dv": [1.0]},
        {"ID": [], "TIME": [], "AMT": [], "DV": []},
    ],
)
def test_parquet_with_cells_that_are_no_numbers_is_refused(columns):
    with pytest.raises(UnreadableFileError) as refusal:
        table.read(parquet(**columns), mapping())
    assert clean(str(refusal.value))


@pytest.mark.parametrize("cut", [5, 100, -1, -9])
def test_parquet_cut_short_is_refused(cut):
    data = parquet(ID=[7], TIME=[0.0], AMT=[100.0], DV=[None])
    with pytest.raises(UnreadableFileError, match="Parquet"):
        table.read(data[:cut], mapping())


@pytest.mark.parametrize(
    ("row", "column", "allowed"),
    [
        (dose(EVID="3"), "EVID", "reset"),
        (dose(EVID="4"), "EVID", "reset"),
        (dose(EVID="7"), "EVID", "0, 1 or 2"),
        (dose(AMT="0"), "AMT", "above zero"),
        (dose(AMT="-1"), "AMT", "above zero"),
        (dose(AMT="=1+1"), "AMT", "formula"),
        (dose(AMT=NAME), "AMT", "12 characters"),
        (dose(AMT="1971-02-03"), "AMT", "10 characters"),
        (dose(AMT="078-05-1120"), "AMT", "11 characters"),
        (dose(SS="2", II="8"), "SS", "0 or 1"),
        (dose(SS="1"), "II", "above zero"),
        (dose(ADDL="2", II="-8"), "II", "above zero"),
        (dose(ADDL="1e9", II="8"), "ADDL", "whole number"),
        (dose(RATE="-3"), "RATE", "-1 or -2"),
        (dose(RATE="1e-9"), "RATE", "year"),
        (dose(RATE="1e-320"), "RATE", "year"),
        (dose(CMT="1.5"), "CMT", "whole number"),
        (dose(CMT="-1"), "CMT", "whole number"),
        (dose(TIME="1e12"), "TIME", "calendar"),
        (level(DV="inf"), "DV", "'inf'"),
        (level(DV="nan"), "DV", "'nan'"),
        (level(DV="BLQ"), "DV", "3 characters"),
        (level(DV="<0.5"), "DV", "'<0.5'"),
        (level(AMT="5"), "AMT", "EVID 0"),
        (level(CENS="5"), "CENS", "0, 1"),
        (level(MDV="2"), "MDV", "0 or 1"),
        (level(MDV="0.5"), "MDV", "0 or 1"),
    ],
)
def test_a_refusal_names_row_and_column_and_says_what_is_allowed(row, column, allowed):
    with pytest.raises(UnreadableFileError) as refusal:
        read(dose(), row)
    message = str(refusal.value)
    assert message.startswith(f"Row 3, column {column}: ")
    assert allowed in message
    assert message.endswith("Nothing of the table was kept.")
    assert clean(message)


def test_a_column_headed_by_a_name_is_counted_and_not_named():
    imported = read(f"7,0,100,.,1,2,{NUMBER}", header=f"ID,TIME,AMT,DV,BATCH,{NAME},{NUMBER}")
    (remark,) = (r for r in imported.report.remarks if "Columns" in r)
    assert "BATCH" in remark
    assert "2 with names that are no plain words" in remark
    assert clean(remark)


def test_a_negative_level_and_one_of_unknown_kind_are_held_back_and_the_rest_kept():
    imported = read(dose(), level(DV="-0.2"), level(DV="3", TIME="2"))
    assert [h.path for h in imported.report.held_back] == ["row 3"]
    assert [o.quantity.value for o in imported.records[0].observations] == [3.0]


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 100_000,
        MAPPING.replace(b'"rules"', b"5"),
        MAPPING.replace(b'"rules"', b'""'),
        MAPPING.replace(b'"11124"', b"11124"),
        MAPPING.replace(b'"mg/L"', b"1"),
        b"origin = 2020-01-01\n" + MAPPING,
        b'origin = "2020-01-01T00:00:00Z"\n' + MAPPING,
        MAPPING + b'[covariates.x]\ncolumn = "X"\nunit = "1"\nwords = { a = "b" }\n',
        MAPPING + b'[covariates.x]\ncolumn = "X"\nunit = "1"\nwords = { a = nan }\n',
        MAPPING + b'[covariates.x]\ncolumn = "X"\n',
        MAPPING + b'[[measured]]\nquantity = "response"\nunit = "%"\n',
        MAPPING + b'[columns]\nsurprise = "X"\n',
        MAPPING.replace(b"[[measured]]", b"[measured]"),
        b"measured = []\n" + MAPPING.split(b"[[")[0],
    ],
)
def test_a_mapping_that_does_not_say_what_it_must_is_refused(content):
    with pytest.raises(InvalidInputError) as refusal:
        table.TableMapping.load(content)
    assert len(str(refusal.value)) > 20


GOOD = "\n".join([HEADER, dose(ADDL="1", II="12"), level(), level(TIME="3", CENS="1")]).encode()


@given(st.data())
def test_bytes_flipped_anywhere_import_or_are_refused(data):
    spoiled = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    try:
        imported = table.read(bytes(spoiled), mapping())
    except BodytwinError as refusal:
        assert NUMBER not in str(refusal)
    else:
        assert NUMBER not in repr(imported)


@given(st.integers(0, len(GOOD) - 1))
def test_a_table_cut_anywhere_imports_or_is_refused(length):
    try:
        imported = table.read(GOOD[:length], mapping())
    except BodytwinError as refusal:
        assert clean(str(refusal))
    else:
        assert clean(repr(imported))


@given(st.sampled_from(HEADER.split(",")), st.text(max_size=12))
def test_any_text_in_any_cell_imports_or_is_refused(column, text):
    try:
        read(dose(), level(**{column: text}))
    except BodytwinError:
        return


@given(st.floats(allow_nan=False, min_value=0, max_value=1e9))
def test_any_decimal_is_kept_as_written(value):
    record = only(dose(), level(DV=repr(value)))
    assert (record.observations[0].quantity.value, record.observations[0].quantity.text) == (
        value,
        repr(value),
    )
