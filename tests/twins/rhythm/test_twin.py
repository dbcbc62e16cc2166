"""The rhythm twin sees a record, says how wide QRS will be, and knows where a lesion can lie."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bodytwin.contract import Target
from bodytwin.errors import InvalidPlanError, MissingDataError, OutsidePopulationError
from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.record import (
    LOINC,
    Code,
    Image,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
)
from bodytwin.twins.rhythm.twin import VARIANT, RhythmTwin

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"
WHEN = Instant(datetime(2026, 3, 1, 8, tzinfo=UTC))
QRS = Target(quantity="QRS duration", time_h=1.0, unit="ms")
TWIN = RhythmTwin(spacing_mm=1.8)


def interval(code, value, unit="ms"):
    return Observation(
        code=Code(LOINC, code),
        quantity=Quantity(value, unit),
        instant=WHEN,
        provenance=Provenance("", "1", "test/1"),
    )


@pytest.fixture(scope="module")
def record():
    made = labelled(parts_of(mesh.read(FILE.read_bytes(), length_unit="mm")), spacing_mm=1.0)
    image = Image(
        values=made.values,
        affine=np.diag([-1.0, -1.0, 1.0, 1.0]) @ made.affine,
        modality="SEG",
        labels=made.labels,
        instant=WHEN,
        provenance=Provenance("", "volume", "test/1"),
    )
    return Record(patient="p", images=(image,), observations=(interval("8633-0", 96.0),))


@pytest.fixture(scope="module")
def case(record):
    return TWIN.observe(record, variant=VARIANT)


def medians(case):
    return np.array([[p.median for p in TWIN.prior(case).parameters]])


def test_it_concerns_a_record_with_ventricles_and_no_other(record):
    assert TWIN.candidates(record) == [VARIANT]
    assert TWIN.candidates(Record(patient="p")) == []
    with pytest.raises(MissingDataError):
        TWIN.observe(Record(patient="p", observations=record.observations), variant=VARIANT)


def test_a_usual_heart_has_a_usual_qrs_and_a_slower_one_a_wider(case):
    usual = medians(case)
    slow = usual.copy()
    slow[0, 0] *= 0.7
    found = TWIN.simulate(case, np.vstack([usual, slow]), None, [QRS])[:, 0]
    assert 60.0 < found[0] < 130.0
    assert found[1] > found[0] * 1.2


def test_pacing_from_the_right_apex_widens_qrs_and_does_not_change_the_past(case):
    plan = TWIN.plan_from_text(case, "pace RV apex")
    before = replace(QRS, time_h=0.0)
    after = TWIN.simulate(case, medians(case), plan, [before, QRS])[0]
    assert after[0] == TWIN.simulate(case, medians(case), None, [before])[0, 0]
    assert after[1] > after[0] + 20.0


def test_what_was_measured_is_seen_with_its_error(case):
    (seen,) = case.measurements
    assert (seen.quantity, seen.value, seen.unit) == ("QRS duration", 96.0, "ms")
    assert 5.0 < seen.error.additive_sd < 20.0


def test_an_interval_that_cannot_be_is_refused(record):
    wrong = replace(record, observations=(interval("8633-0", 0.096, "s"),))
    with pytest.raises(OutsidePopulationError):
        TWIN.observe(wrong, variant=VARIANT)


@pytest.mark.parametrize(
    "text", ["ablate 500 500 500", "pace left elbow", "give aspirin", "give flecainide x 10.5"]
)
def test_what_cannot_be_done_in_this_heart_is_refused(case, text):
    with pytest.raises(InvalidPlanError):
        TWIN.plan_from_text(case, text)


def test_options_are_never_ranked_on_the_evidence_there_is():
    assert not TWIN.evidence(VARIANT).may_rank
