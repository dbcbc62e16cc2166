import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import UnreadableFileError
from bodytwin.importers import table
from bodytwin.record import LOINC, RXNORM, Comparator, Route
from bodytwin.record.code import LOCAL

sys.path.insert(0, str(Path(__file__).parent))
import malformed
from malformed import MAPPING, measured, row

DATA = Path(__file__).parents[2] / "examples" / "data"
THEOPHYLLINE = table.TableMapping.load(MAPPING)


def read(*rows, mapping=THEOPHYLLINE, **how):
    return table.read(malformed.table(*rows, **how), mapping)


def doses(*rows, **how):
    return read(*rows, **how).records[0].treatments


def example(name):
    mapping = table.TableMapping.load((DATA / f"{name}.toml").read_bytes())
    return table.read((DATA / f"{name}.csv").read_bytes(), mapping)


@pytest.mark.parametrize(
    ("name", "patients", "levels", "given_doses"),
    [
        ("phenobarbital_neonates", 59, 155, 589),
        ("warfarin", 32, 483, 32),
        ("theophylline", 12, 132, 12),
    ],
)
def test_a_study_is_read_whole(name, patients, levels, given_doses):
    report = example(name).report
    assert report.counts["patients"] == patients
    assert report.counts["observations"] == levels
    assert report.counts["treatments"] == given_doses
    assert report.held_back == ()


def test_codes_and_units_come_from_the_mapping():
    record = example("theophylline").records[0]
    assert (record.treatments[0].code.system, record.treatments[0].code.code) == (RXNORM, "10438")
    assert record.treatments[0].route is Route.ORAL
    assert (record.observations[0].code.system, record.observations[0].code.code) == (
        LOINC,
        "4049-3",
    )
    weight = record.covariates[0]
    assert (weight.code.system, weight.code.code) == (LOCAL, "weight_kg")
    assert (weight.quantity.value, weight.quantity.unit) == (79.6, "kg")


def test_two_kinds_of_measurement_are_told_apart():
    codes = {o.code.code for r in example("warfarin").records for o in r.observations}
    assert codes == {"warfarin_concentration", "warfarin_response"}


def test_words_become_the_numbers_that_the_mapping_states():
    female = {
        c.quantity.value
        for r in example("warfarin").records
        for c in r.covariates
        if c.code.code == "female"
    }
    assert female == {0.0, 1.0}


def test_parquet_and_csv_give_the_same_records():
    name = "phenobarbital_neonates"
    csv = (DATA / f"{name}.csv").read_bytes()
    packed = io.BytesIO()
    pa.parquet.write_table(pa.csv.read_csv(io.BytesIO(csv)), packed)
    mapping = table.TableMapping.load((DATA / f"{name}.toml").read_bytes())

    def facts(data):
        return [
            (r.patient, [(o.quantity.value, o.instant) for o in r.observations],
             [(t.amount.value, t.instant) for t in r.treatments],
             [(c.quantity.value, c.instant) for c in r.covariates])
            for r in table.read(data, mapping).records
        ]  # fmt: skip

    assert facts(csv) == facts(packed.getvalue())


@given(st.integers(0, 30), st.integers(1, 48))
def test_additional_doses_are_written_out(additional, interval):
    found = doses(row(ADDL=str(additional), II=str(interval)))
    origin = found[0].instant.moment
    assert [t.instant.hours_since(origin) for t in found] == [
        pytest.approx(interval * k) for k in range(additional + 1)
    ]


def test_a_steady_state_keeps_its_interval_and_only_once():
    first, second = doses(row(SS="1", II="12", ADDL="1"))
    assert (first.steady_state_interval_h, second.steady_state_interval_h) == (12.0, 0.0)


@pytest.mark.parametrize(
    ("rate", "duration"), [("0", 0.0), ("160", 2.0), ("-1", None), ("-2", None)]
)
def test_a_rate_gives_the_duration_or_leaves_it_to_the_model(rate, duration):
    assert doses(row(RATE=rate))[0].duration_h == duration


@pytest.mark.parametrize(("unit", "hours"), [("h", 2.0), ("d", 48.0), ("min", 2 / 60)])
def test_times_are_in_the_unit_of_the_mapping(unit, hours):
    mapping = table.TableMapping.load(f'time_unit = "{unit}"\n'.encode() + MAPPING)
    found = doses(row(TIME="0"), row(TIME="2"), mapping=mapping)
    assert found[1].instant.hours_since(found[0].instant.moment) == pytest.approx(hours)


def test_an_origin_that_is_given_makes_the_dates_real():
    mapping = table.TableMapping.load(b"origin = 2021-06-01T06:00:00+02:00\n" + MAPPING)
    imported = read(row(), mapping=mapping)
    assert imported.records[0].treatments[0].instant.moment == datetime(2021, 6, 1, 4, tzinfo=UTC)
    assert not any("not real" in remark for remark in imported.report.remarks)
    assert any("not real" in remark for remark in read(row()).report.remarks)


@pytest.mark.parametrize(
    ("cens", "comparator"), [("0", None), ("1", Comparator.LESS), ("-1", Comparator.GREATER)]
)
def test_a_censored_level_is_not_an_exact_one(cens, comparator):
    (level,) = read(measured(CENS=cens)).records[0].observations
    assert (level.quantity.value, level.quantity.comparator) == (5.5, comparator)


def test_a_row_marked_missing_is_no_measurement():
    report = read(row(), measured(MDV="1")).report
    assert report.counts["observations"] == 0
    assert sum(report.not_read.values()) == 1


def test_an_event_of_nlmixr_is_a_dose():
    assert len(doses(row(EVID="101"))) == 1


def test_a_covariate_is_kept_when_it_changes():
    mapping = table.TableMapping.load(MAPPING + b'[covariates.weight_kg]\ncolumn="WT"\nunit="kg"\n')
    header = "ID,TIME,AMT,DV,WT"
    rows = ["1,0,320,.,70", "1,1,.,5,70", "1,2,.,4,71", "1,3,.,3,.", "1,4,.,2,70"]
    (record,) = read(*rows, header=header, mapping=mapping).records
    assert [c.quantity.value for c in record.covariates] == [70.0, 71.0, 70.0]


def test_column_names_are_found_whatever_their_case():
    assert read("1,0,320,.", header="id,Time,aMt,dv").report.counts["treatments"] == 1


def test_a_pseudonym_depends_on_the_data_set_and_on_nothing_else():
    other = table.TableMapping.load(MAPPING.replace(b"malformed", b"another"))
    first, again = read(row()).records[0].patient, read(row(), measured()).records[0].patient
    assert first == again
    assert first != read(row(), mapping=other).records[0].patient


def test_an_error_names_the_row_the_column_and_the_value():
    with pytest.raises(UnreadableFileError, match=r"Row 4, column AMT: '3,5' is not a decimal"):
        read(row(), "", row(AMT='"3,5"'))
