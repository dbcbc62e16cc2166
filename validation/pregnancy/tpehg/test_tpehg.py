"""The scorer on made-up headers; the figures of the cohort itself are in case.toml."""

import numpy as np
import pytest

from bodytwin.errors import UnreadableFileError
from bodytwin.twins.pregnancy.model.duration import duration
from bodytwin.twins.pregnancy.model.findings import Findings
from validation.pregnancy.tpehg.headers import Woman, checksum, woman, women
from validation.pregnancy.tpehg.score import card, scored, shown

HEADER = """x1 1 20.0 10
x1.dat 16 13107/mV 16 0 1 2 0 1
#Comments:
#    RecID 1
#    Gestation {birth}
#    Rectime {visit}
#    Parity {parity}
#    Funneling {funnelling}
"""


def header(**said):
    return HEADER.format(
        **{"birth": 39.1, "visit": 22.4, "parity": 1, "funnelling": "negative"} | said
    )


def test_the_comments_of_a_header_are_read_and_none_is_not_known():
    found = woman(header(parity="None", funnelling="None").encode())
    assert found == Woman(visit_wk=22.4, birth_wk=39.1, parity=None, funnelling=None)
    assert woman(header(parity=0, funnelling="positive").encode()).funnelling is True


@pytest.mark.parametrize("said", [{"birth": "None"}, {"birth": 20.0}, {"visit": "soon"}])
def test_a_header_without_weeks_in_order_is_refused(said):
    with pytest.raises(UnreadableFileError):
        woman(header(**said).encode())


def test_a_folder_is_read_by_name_and_its_checksum_follows_the_comments(tmp_path):
    (tmp_path / "b.hea").write_text(header(birth=40.0))
    (tmp_path / "a.hea").write_text(header(birth=30.0))
    assert [w.birth_wk for w in women(tmp_path)] == [30.0, 40.0]
    before = checksum(tmp_path)
    (tmp_path / "a.hea").write_text(header(birth=30.1))
    assert checksum(tmp_path) != before


def test_women_drawn_from_the_population_are_forecast_as_well_as_by_it():
    rng = np.random.default_rng(3)
    at22 = duration(Findings(week=22), rng, count=400).sample_population_wk(rng)
    everyone = [
        Woman(visit_wk=22.4, birth_wk=float(b), parity=None, funnelling=None)
        for b in at22
        if b > 22.4
    ]
    found = card(scored(everyone, 0), reweighted=False)
    print("\n", shown(found))
    assert found.crps_wk == pytest.approx(found.crps_population_wk, rel=0.02)
    assert found.covered90 == pytest.approx(0.9, abs=0.05)
    assert found.expected == pytest.approx(found.seen, abs=0.04)


def test_weights_bring_an_enriched_cohort_back_to_the_population():
    few = [Woman(visit_wk=22.0, birth_wk=b, parity=None, funnelling=None) for b in (30.0, 39.0)]
    found = card(scored(few, 0), reweighted=True)
    assert found.seen == pytest.approx(found.expected, abs=1e-9)
    assert card(scored(few, 0), reweighted=False).seen == 0.5
