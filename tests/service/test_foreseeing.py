"""Validation on a table, without a store of patients."""

from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MissingDataError, NotFoundError
from bodytwin.service.foreseeing import read_table, validate_table

TABLE = Path(__file__).parents[2] / "examples/data/tumour-volumes/tumour_volumes.csv"


def some(rows):
    return b"".join(TABLE.read_bytes().splitlines(keepends=True)[:rows])


def still(patients):
    """A table of lesions that grow a tenth every month, exactly."""
    lines = ["patient,day,diameter_mm"]
    for i in range(patients):
        lines += [f"{i},{30 * k},{(20 + i) * 1.1**k:.4f}" for k in range(5)]
    return "\n".join(lines).encode()


def test_errors_stand_beside_those_of_both_naive_forecasts():
    found = validate_table(twin="tumour", data=some(420), folds=2, draws=300)
    assert [h.words for h in found.horizons][:2] == ["0 to 6 weeks", "6 to 12 weeks"]
    assert found.held_out is not None
    assert all(h.mae > 0 and h.mae_trend >= h.mae_last / 2 for h in found.horizons[:3])
    skilled = all(h.mae < h.mae_last and h.skill > 0 for h in found.horizons)
    assert ("ranks no options" in found.verdict) is not skilled
    total = sum(h.forecasts for h in found.horizons)
    assert total > 100


def test_where_all_lesions_grow_alike_the_twin_beats_the_last_value():
    found = validate_table(twin="tumour", data=still(30), folds=3, draws=300)
    (near,) = [h for h in found.horizons if h.words == "0 to 6 weeks"]
    assert near.mae < 0.3 * near.mae_last
    assert near.mae_trend < near.mae_last
    assert np.isfinite(near.crps)


def test_a_table_that_is_not_there_or_too_small_is_refused(tmp_path):
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "none.csv")
    with pytest.raises(MissingDataError, match="groups"):
        validate_table(twin="tumour", data=some(4), folds=5)
    with pytest.raises(InvalidInputError, match="on a table"):
        validate_table(twin="dosing", data=some(4), folds=2)
