import dataclasses

import pytest

from bodytwin import record
from bodytwin.record import Demographics, Record, Sex


def test_an_empty_record_says_nothing_of_the_person():
    blank = Record(patient="0123456789abcdef")
    assert blank.demographics == Demographics(sex=Sex.UNKNOWN, birth_date=None)
    assert (blank.observations, blank.treatments, blank.covariates) == ((), (), ())


@pytest.mark.parametrize("name", [n for n in record.__all__ if n[0].isupper() and n[1].islower()])
def test_every_fact_is_frozen(name):
    word = getattr(record, name)
    if dataclasses.is_dataclass(word):
        assert word.__dataclass_params__.frozen
