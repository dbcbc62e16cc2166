"""Tables of the sizes of tumours."""

import pytest

from bodytwin.errors import UnreadableFileError
from bodytwin.importers import tumour_table

GOOD = (
    b"patient,day,volume_mm3,treatment_start_day,treatment_stop_day\nA,-3,520,0,60\nA,40,0,0,60\n"
)


def test_a_row_is_a_reading_and_treatment_begins_and_ends_as_said():
    (record,) = tumour_table.read(GOOD)
    assert [o.quantity.value for o in record.observations] == [520.0, 0.0]
    assert record.observations[0].instant.moment < record.treatments[0].instant.moment
    assert (record.covariates[0].instant.moment - record.treatments[0].instant.moment).days == 60
    assert record.observations[0].provenance.path == "row 2"
    assert record.patient != "A"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"patient,day\nA,1\n", "no column volume_mm3"),
        (b"patient,day,volume_mm3\nA,1,-4\n", "not negative"),
        (b"patient,day,volume_mm3\nA,soon,4\n", "column day"),
        (b"patient,day,volume_mm3\nA,1e9,4\n", "beyond"),
        (b"patient,day,volume_mm3\n,1,4\n", "names no patient"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_row_and_column(table, said):
    with pytest.raises(UnreadableFileError, match=said):
        tumour_table.read(table)
