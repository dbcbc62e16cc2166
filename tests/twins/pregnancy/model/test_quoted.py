"""Published numbers and their intervals."""

import numpy as np
import pytest

from bodytwin.twins.pregnancy.model.quoted import Quoted, quoted, table


def test_the_median_is_the_value_and_the_ends_are_those_of_the_interval():
    ratio = Quoted(value=0.7, low=0.55, high=0.89)
    assert ratio.at(np.array([-1.959964, 0.0, 1.959964])) == pytest.approx([0.55, 0.7, 0.89], 1e-5)


def test_a_value_without_an_interval_is_always_itself():
    assert quoted(2.0).at(np.array([-3.0, 0.0, 3.0])).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("name", ["duration", "trials", "pressure"])
def test_every_entry_of_every_table_names_its_source(name):
    def sourced(said):
        inner = [v for v in said.values() if isinstance(v, dict) and "value" not in v]
        return "source" in said or (bool(inner) and all(sourced(v) for v in inner))

    for key, said in table(name).items():
        if key == "drawn":
            assert all("source" in entry for entry in said.values())
        else:
            assert sourced(said), key
