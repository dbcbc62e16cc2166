import csv
import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.governance.deidentify.dates import days_back
from bodytwin.governance.deidentify.record import deidentify_rows
from bodytwin.governance.deidentify.table import table

KEY = bytes(range(32))


def date_of(year):
    return datetime(year, 1, 1)  # noqa: DTZ001


LOINC = "http://loinc.org"
WHEN = datetime(2024, 2, 29, 11, 42, 33, 123456, tzinfo=UTC)


def row(**other):
    return {
        "kind": "observation",
        "system": LOINC,
        "code": "2160-0",
        "value": 1.1,
        "unit": "mg/dL",
        "time": WHEN,
        **other,
    }


def shared(*rows, **options):
    return deidentify_rows(rows, key=KEY, patient="p-71", **options).rows


def test_code_value_and_unit_stay():
    (out,) = shared(row())
    assert (out["system"], out["code"], out["value"], out["unit"]) == (
        LOINC,
        "2160-0",
        1.1,
        "mg/dL",
    )


def test_what_is_not_named_stays_behind_and_the_result_says_so():
    result = deidentify_rows(
        [row(note="seen by Dr Brandt", name="Ruth", source="/a/b.json", hash="ab12", zip="90210")],
        key=KEY,
        patient="p-71",
    )
    assert set(result.rows[0]) == {"patient", "kind", "system", "code", "value", "unit", "time"}
    assert result.left_behind == ("hash", "name", "note", "source", "zip")


EIGHTEEN = {
    "name": "Adaeze Okonkwo",
    "street": "4 Elm Row",
    "city": "Leith",
    "zip": "90210",
    "birthDate": "1961-03-07",
    "death_date": "2023-08-19",
    "phone": "+44 131 496 0000",
    "fax": "+44 131 496 0001",
    "email": "ada@example.org",
    "ssn": "078-05-1120",
    "mrn": "MRN-7718204",
    "plan": "HP-55512",
    "account": "ACC-9921",
    "licence": "DL-77821",
    "plate": "SK19 XYZ",
    "serial": "SN-00417",
    "url": "http://example.org/ada",
    "ip": "192.0.2.71",
    "fingerprint": "whorl-7",
    "photo": "face.png",
    "other": "badge 4411",
}


def test_none_of_the_eighteen_identifiers_of_safe_harbor_gets_out():
    out = table(shared(row(**EIGHTEEN))).decode()
    assert [name for name, value in EIGHTEEN.items() if value in out] == []


@given(
    st.dictionaries(st.text(min_size=1, max_size=12), st.text(min_size=6, max_size=30), max_size=8)
)
def test_no_text_of_an_unknown_column_gets_out(extra):
    extra = {f"x{name}": value for name, value in extra.items()}
    out = json.dumps([dict(r) for r in shared(row(**extra))], ensure_ascii=False)
    plain = json.dumps([dict(r) for r in shared(row())], ensure_ascii=False)
    assert out == plain


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=6, max_size=20)


@given(WORDS, st.sampled_from(["code", "system", "unit", "kind", "comparator", "sex", "route",
                               "id", "encounter", "device", "value", "time", "birth_date",
                               "age_a", "amount"]))  # fmt: skip
def test_an_identifier_gets_out_in_no_column_whatever_it_is_called(secret, column):
    rows = shared(row(**{column: secret}), identifiers=[secret])
    assert secret.casefold() not in table(rows).decode().casefold()


@given(st.integers(100, 10**12))
def test_a_number_that_is_an_identifier_does_not_get_out_as_a_value(number):
    for value in (number, float(number)):
        assert "value" not in shared(row(value=value), identifiers=[str(number)])[0]


def test_the_pseudonym_of_the_store_is_replaced_by_another_that_the_key_gives():
    (out,) = shared(row())
    assert out["patient"] != "p-71"
    assert shared(row())[0]["patient"] == out["patient"]
    other = deidentify_rows([row()], key=bytes(32), patient="p-71").rows[0]
    assert other["patient"] != out["patient"]


def test_equal_ids_stay_equal_and_ids_of_two_kinds_are_not_linked():
    a, b = shared(row(id="x-1", encounter="x-1"), row(id="x-1"))
    assert a["id"] == b["id"]
    assert a["id"] != a["encounter"]
    assert "x-1" not in a["id"]


@given(st.datetimes(date_of(1990), date_of(2100)), st.integers(-(10**12), 10**12))
def test_intervals_stay_to_the_microsecond(moment, microseconds):
    first = moment.replace(tzinfo=UTC)
    second = first + timedelta(microseconds=microseconds)
    a, b = (datetime.fromisoformat(r["time"]) for r in shared(row(time=first), row(time=second)))
    assert b - a == timedelta(microseconds=microseconds)
    assert first - a == timedelta(days=days_back(KEY, "p-71"))


def test_an_interval_across_the_change_of_the_clocks_stays():
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2024, 3, 31, 1, 30, tzinfo=berlin)
    after = datetime(2024, 3, 31, 3, 30, tzinfo=berlin)
    a, b = (datetime.fromisoformat(r["time"]) for r in shared(row(time=before), row(time=after)))
    assert b - a == timedelta(hours=1)


def test_a_zone_does_not_tell_where_the_patient_lives():
    there = WHEN.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert shared(row(time=there)) == shared(row(time=WHEN))


def test_the_shift_takes_every_length_from_one_day_to_3650():
    shifts = [days_back(KEY, str(i)) for i in range(60_000)]
    assert (min(shifts), max(shifts), len(set(shifts))) == (1, 3650, 3650)


@pytest.mark.parametrize("column", ["kind", "comparator", "sex", "route"])
def test_a_choice_that_is_none_of_those_known_stays_behind(column):
    assert column not in shared(row(**{column: "Brandt"}))[0]


@given(st.binary(min_size=32, max_size=32), st.text(min_size=1))
def test_days_move_back_by_one_to_3650(key, patient):
    assert 1 <= days_back(key, patient) <= 3650


def test_times_given_as_text_move_too_and_other_text_is_no_time():
    a, b, c = shared(row(time=WHEN.isoformat()), row(time="2024-02-29"), row(time="last Tuesday"))
    assert a == shared(row())[0]
    assert date.fromisoformat(b["time"]) == WHEN.date() - timedelta(days=days_back(KEY, "p-71"))
    assert "time" not in c


def test_without_days_times_are_hours_since_the_first():
    rows = shared(
        row(), row(time=WHEN + timedelta(minutes=90)), row(time="2024-02-29"), with_days=False
    )
    assert [r.get("time") for r in rows] == [0.0, 1.5, None]
    assert "2024" not in table(rows).decode()


def test_times_with_and_without_a_zone_are_not_mixed():
    with pytest.raises(InvalidInputError, match="time zone"):
        shared(row(), row(time=WHEN.replace(tzinfo=None)))


@pytest.mark.parametrize(
    ("age", "said"), [(0, 0), (89, 89), (89.99, 89), (90, ">=90"), (104, ">=90"), (-1, None)]
)
def test_nobody_is_older_than_ninety(age, said):
    assert shared(row(age_a=age))[0].get("age_a") == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (93, "a", ">=90"),
        (89, "a", 89),
        (1116, "mo", ">=1080"),
        (33970, "d", ">=32872"),
        (93, "kg", 93),
        (93, "{years}", ">=90"),
        (93, "yr", ">=90"),
        (88, "{years}", 88),
    ],
)
def test_an_age_that_stands_as_a_measured_time_is_capped_too(value, unit, said):
    assert shared(row(value=value, unit=unit))[0]["value"] == said


def test_a_value_goes_with_the_unit_that_cannot_stay():
    (out,) = shared(row(value=93, unit="birthdays"))
    assert "unit" not in out
    assert "value" not in out


def test_an_age_by_its_code_is_capped_without_a_unit():
    assert shared(row(code="30525-0", value=93, unit=None))[0]["value"] == ">=90"
    assert shared(row(code="30525-0", value=43, unit=None))[0]["value"] == 43


def test_a_younger_age_goes_where_a_later_row_would_tell_one_of_ninety():
    young = row(age_a=88, code="30525-0", value=88, unit="a")
    assert shared(young)[0]["age_a"] == 88
    early, late = shared(young, row(time=WHEN + timedelta(days=1_000)))
    assert "age_a" not in early
    assert "value" not in early
    assert late["value"] == 1.1


def test_a_birth_year_goes_where_a_later_row_would_tell_an_age_of_ninety():
    born = row(birth_date=date(1936, 3, 7))
    assert "birth_date" in shared(born)[0]
    assert "birth_date" not in shared(born, row(time=WHEN + timedelta(days=1_000)))[0]


def test_of_a_birth_date_the_year_stays_and_moves_with_the_rest():
    (out,) = shared(row(birth_date=date(1961, 3, 7)))
    assert out["birth_date"] == (date(1961, 3, 7) - timedelta(days=days_back(KEY, "p-71"))).year


@pytest.mark.parametrize("born", [date(1934, 1, 1), "1934-01-01", "in spring", None])
def test_a_birth_year_that_tells_an_age_of_ninety_stays_behind(born):
    assert "birth_date" not in shared(row(birth_date=born))[0]


@pytest.mark.parametrize(
    ("system", "code"),
    [(LOINC, "ward of Dr Brandt"), ("urn:hospital", "2160-0"), (None, "2160-0"), (LOINC, None)],
)
def test_a_code_that_is_no_code_of_a_published_system_stays_behind_with_its_system(system, code):
    (out,) = shared(row(system=system, code=code))
    assert "code" not in out
    assert "system" not in out


def test_a_code_of_ones_own_stays_where_the_caller_vouches_for_it():
    local = row(system="urn:bodytwin:local", code="weight_kg")
    assert "code" not in shared(local)[0]
    assert shared(local, local_codes=["weight_kg"])[0]["code"] == "weight_kg"


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("mg/dL", "mg/dL"),
        ("m[Hg]", "m[Hg]"),
        ("10*9/L", "10*9/L"),
        ("mg{of Ruth}/dL", "mg/dL"),
        ("{score}", "1"),
        ("per Okonkwo", None),
        ("Brandt", None),
    ],
)
def test_a_unit_stays_without_its_annotation_and_words_are_no_unit(unit, said):
    assert shared(row(unit=unit))[0].get("unit") == said


@pytest.mark.parametrize("value", ["1.1", "see note", True, float("nan"), float("inf"), None, b"1"])
def test_a_value_that_is_no_number_stays_behind(value):
    assert "value" not in shared(row(value=value))[0]


def test_a_decimal_is_a_number():
    assert shared(row(value=Decimal("1.25")))[0]["value"] == 1.25


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text):
    (_, (cell,)) = csv.reader(io.StringIO(table([{"a": text}]).decode(), newline=""))
    assert cell == f"'{text}"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_in_the_name_of_a_column_becomes_text(name):
    (head, _) = csv.reader(io.StringIO(table([{name: 1}]).decode(), newline=""))
    assert head == [f"'{name}"]


@pytest.mark.parametrize("number", [-5, -5.25, 1e-7, "-5", "+3.5", "-1.5e-3", 0])
def test_a_number_stays_a_number(number):
    (_, (cell,)) = csv.reader(io.StringIO(table([{"a": number}]).decode(), newline=""))
    assert float(cell) == float(number)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=20) | st.integers()
                                | st.none(), min_size=1), max_size=5))  # fmt: skip
def test_every_cell_of_a_written_table_is_read_again_and_none_is_a_formula(rows):
    read = list(csv.reader(io.StringIO(table(rows).decode(), newline="")))
    columns = list(dict.fromkeys(c for r in rows for c in r))
    assert read[0] == columns if columns else read == [[]]
    for given_row, cells in zip(rows, read[1:], strict=True):
        for column, cell in zip(columns, cells, strict=True):
            value = given_row.get(column)
            bare = "" if value is None else str(value).replace("\x00", "")
            assert cell in {bare, f"'{bare}"}
            if isinstance(value, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
                assert float(cell) is not None


def test_rows_with_different_columns_share_one_header():
    out = table([{"a": 1}, {"b": "x,y"}]).decode()
    assert out == 'a,b\r\n1,\r\n,"x,y"\r\n'
