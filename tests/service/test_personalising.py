from datetime import timedelta

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MissingDataError, NotFoundError, Refusal
from bodytwin.service.personalising import Wish, personalise, revive
from bodytwin.service.reproducing import reproduce
from bodytwin.store import posteriors_of, read_posterior

VARIANT = "phenobarbital_grasela_1985"


def test_the_model_is_chosen_from_what_the_record_holds(work, bring, tables):
    (patient,) = bring(tables.first)
    found = personalise(work, patient, Wish())
    assert [p.case.variant for p in found.posteriors] == [VARIANT]
    assert found.weights.tolist() == [1.0]


def test_a_kept_posterior_is_read_back_bit_for_bit(work, bring, tables, opened):
    (patient,) = bring(tables.first)
    made = personalise(work, patient, Wish()).first
    back = read_posterior(work.store, opened(patient), made.id[:8])
    assert back.values.tobytes() == made.values.tobytes()
    assert revive(work, patient, made.id).first.id == made.id


def test_a_posterior_is_reproduced_bit_for_bit_after_new_data(work, bring, tables):
    (patient,) = bring(tables.first)
    made = personalise(work, patient, Wish()).first
    bring(tables.second)
    again = reproduce(work, patient, made.id)
    assert again.same_bits
    assert again.differences == ()


def test_other_draws_on_disk_are_told_apart(work, bring, tables, monkeypatch):
    (patient,) = bring(tables.first)
    made = personalise(work, patient, Wish()).first
    monkeypatch.setattr("bodytwin.service.reproducing.software", lambda: {"numpy": "0"})
    again = reproduce(work, patient, made.id)
    assert again.agrees
    assert any("numpy" in d for d in again.differences)


def test_nothing_new_means_no_new_posterior(work, bring, tables, opened):
    (patient,) = bring(tables.first)
    one = personalise(work, patient, Wish()).first
    two = personalise(work, patient, Wish()).first
    assert one.id == two.id
    assert len(posteriors_of(work.store, opened(patient))) == 1


def test_new_data_make_a_posterior_whose_parent_is_the_old_one(work, bring, tables):
    (patient,) = bring(tables.first)
    one = personalise(work, patient, Wish()).first
    bring(tables.second)
    two = personalise(work, patient, Wish()).first
    assert two.parent == one.id
    assert len(two.case.measurements) == 2


def test_an_earlier_date_sees_only_the_earlier_data(work, bring, tables):
    (patient,) = bring(tables.second)
    past = personalise(work, patient, Wish(as_of=tables.origin + timedelta(hours=24.5))).first
    assert len(past.case.measurements) == 1
    assert past.case.now_h == pytest.approx(24.5)


def test_a_record_without_a_known_drug_is_refused(work, bring, tables):
    (patient,) = bring(tables.first)
    with pytest.raises(MissingDataError, match="gentamicin"):
        personalise(work, patient, Wish(subject="gentamicin"))


def test_a_patient_outside_the_population_is_refused_with_the_reason(work, bring, tables):
    (patient,) = bring(tables.first.replace("1.4", "70"))
    with pytest.raises(Refusal, match="weight_kg is 70"):
        personalise(work, patient, Wish())


def test_an_unknown_model_is_not_found(work, bring, tables):
    (patient,) = bring(tables.first)
    with pytest.raises(NotFoundError):
        personalise(work, patient, Wish(variants=("nobody_1999",)))


@pytest.mark.parametrize("wrong", [{"draws": 3}, {"draws": 10**9}, {"seed": -1}])
def test_an_impossible_wish_is_refused(wrong):
    with pytest.raises(InvalidInputError):
        Wish(**wrong)


def test_several_models_of_one_drug_are_weighed(work, bring, tables):
    table = (
        "ID,TIME,AMT,RATE,WT,DV,EVID,AGE,CRCL\n"
        "1,0,1000,1000,70,.,1,50,90\n1,12,1000,1000,70,.,1,50,90\n1,23,.,0,70,9.1,0,50,90\n"
    )
    mapping = (
        tables.mapping.replace("phenobarbital", "vancomycin")
        .replace("8134", "11124")
        .replace("3948-7", "20578-1")
    ) + (
        '[covariates.age_a]\ncolumn = "AGE"\nunit = "a"\n'
        '[covariates.creatinine_clearance_ml_per_min]\ncolumn = "CRCL"\nunit = "mL/min"\n'
    )
    from bodytwin.service.importing import import_table

    took = import_table(work, table.encode(), mapping=mapping.encode())
    found = personalise(work, took.added.patients[0], Wish())
    assert len(found.posteriors) > 1
    assert np.sum(found.weights) == pytest.approx(1.0)
