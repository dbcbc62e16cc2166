"""The radiotherapy twin sees a course, says what it does, and what the rest of it could be."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.contract import check_twin, compare, personalise
from bodytwin.errors import (
    InvalidInputError,
    InvalidPlanError,
    MissingDataError,
    OutsidePopulationError,
)
from bodytwin.laws.isoeffect import eqd2_gy
from bodytwin.record import Record
from bodytwin.twins.radiotherapy import TWIN
from bodytwin.twins.radiotherapy.interventions import lasts_d
from bodytwin.twins.radiotherapy.model.pencil import generic, machine_file
from bodytwin.twins.radiotherapy.outcomes import UncomplicatedControl
from tests.twins.radiotherapy import head

LARYNX = "larynx_t2"


def silent(_what, _share):
    pass


@pytest.fixture(scope="module")
def posterior():
    case = TWIN.observe(head.record(given=15), variant=LARYNX)
    return personalise(TWIN, case, draws=400)


@pytest.fixture(scope="module")
def compared(posterior):
    plans = [
        TWIN.plan_from_text(posterior.case, words)
        for words in ("continue", "continue; 3 x 2 Gy", "18 x 2.2 Gy", "stop")
    ]
    return compare(TWIN, posterior, plans)


def outcome(compared, plan, name):
    return next(o for o in compared.options if o.plan == plan).outcomes[name].draws


def test_passes_every_check_of_the_kit():
    seen = head.record(given=3, ratios=(1.01, 0.98, 1.02))
    report = check_twin(TWIN, seen, variant=LARYNX)
    assert report.ok, str(report)


def test_the_tumour_is_that_of_the_record_and_else_only_organs_are_judged():
    assert TWIN.candidates(head.record()) == [LARYNX]
    assert TWIN.candidates(head.record(tumour="")) == ["head_and_neck_organs"]
    assert TWIN.candidates(Record(patient="p")) == []
    organs = TWIN.observe(head.record(tumour=""), variant="head_and_neck_organs")
    assert not any(n.startswith("tumour") for n in TWIN.prior(organs).names)


def test_regions_are_told_by_their_names_and_what_is_not_judged_is_said(posterior):
    case = posterior.case
    assert case.inputs.organs == {
        "larynx": "Larynx", "spinal_cord": "SpinalCord", "left_parotid": "Parotid_L",
    }  # fmt: skip
    assert any("Tooth" in words for words in case.left_out)
    assert any("Parotid_L" in words and "no probability" in words for words in case.left_out)


def test_more_dose_controls_more_and_harms_more(compared):
    less, more = "continue", "continue; 3 x 2 Gy"
    for name in ("tumour_control", "larynx_complication", "left_parotid_mean_gy"):
        assert (outcome(compared, more, name) > outcome(compared, less, name)).mean() > 0.95, name
    assert outcome(compared, "stop", "tumour_control").max() < 1e-3


def test_doses_are_those_of_the_plan_times_what_is_delivered(compared, posterior):
    found = outcome(compared, "continue", "left_parotid_mean_gy")
    mean = head.dose_gy()[head.MASKS["Parotid_L"]].mean()
    assert found == pytest.approx(posterior.values[:, 0] * mean, rel=2e-3)


def test_the_control_of_a_uniform_dose_is_that_of_the_published_curve():
    even = replace(
        head.anatomy().dose, image=head.image(np.full(head.SHAPE, 66.0), "RTDOSE"), fractions=33
    )
    seen = head.record(dose=even, fractions=33, prescribed_gy={"PTV70": 66.0})
    case = TWIN.observe(seen, variant=LARYNX)
    usual = TWIN.prior(case).constrain(TWIN.prior(case).mean[None])
    plan = TWIN.plan_from_text(case, "continue")
    control = next(o for o in TWIN.outcomes(case, usual, plan) if o.name == "tumour_control")
    late = max(0.0, lasts_d(33) - 41.0)
    dose = float(eqd2_gy(66.0, fractions=33, alpha_beta_gy=10.0)) - 0.35 * late
    expected = 0.5 ** np.exp(np.e * 2.9 * (1.0 - dose / 59.9))
    assert control.draws[0] == pytest.approx(expected, rel=2e-3)


def test_fractions_last_over_weekends():
    assert [lasts_d(n) for n in (0, 1, 5, 6, 35)] == [0, 0, 4, 7, 46]


def test_doses_measured_in_the_patient_narrow_what_is_delivered():
    low = TWIN.observe(head.record(ratios=(0.93, 0.94, 0.93)), variant=LARYNX)
    found = personalise(TWIN, low, draws=1000).values[:, 0]
    assert np.quantile(found, 0.9) < 1.0
    assert found.std() < 0.02
    with pytest.raises(OutsidePopulationError, match="cause"):
        TWIN.observe(head.record(ratios=(0.3,)), variant=LARYNX)


def test_options_are_shown_and_not_ranked(compared):
    assert compared.best is None
    assert "not ranked" in compared.ranking
    assert all(0.0 <= v.probability_best <= 1.0 for v in compared.verdicts)


def test_the_user_weighs_outcomes(posterior):
    case = posterior.case
    plans = [TWIN.plan_from_text(case, w) for w in ("continue", "stop")]
    only_harm = TWIN.weighed(case, {"larynx_complication": 1.0})
    found = compare(TWIN, posterior, plans, utility=only_harm)
    assert found.verdicts[1].probability_best > 0.99
    assert "larynx_complication 1" in found.utility_words
    with pytest.raises(InvalidInputError, match="no outcome"):
        compare(TWIN, posterior, plans, utility=TWIN.weighed(case, {"happiness": 1.0}))
    assert "independent" in UncomplicatedControl().words


def test_a_boost_reaches_its_region_and_spares_what_more_of_the_same_does_not(posterior):
    case = posterior.case
    plans = [
        TWIN.plan_from_text(case, words)
        for words in ("continue; 3 x 2 Gy", "continue; boost PTV70 3 x 2 Gy")
    ]
    found = compare(TWIN, posterior, plans)
    more, boost = (o.outcomes for o in found.options)
    control = [o["tumour_control"].draws.mean() for o in (more, boost)]
    assert control[0] == pytest.approx(control[1], abs=0.02)
    gland = [o["left_parotid_mean_gy"].draws.mean() for o in (more, boost)]
    assert gland[1] < gland[0] - 0.5
    with pytest.raises(InvalidPlanError, match="to boost"):
        TWIN.plan_from_text(case, "boost Nose 3 x 2 Gy")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "says something"),
        ("5 times 2 Gy", "not understood"),
        ("5 x 20 Gy", "0.5 to 12 Gy"),
        ("continue; continue", "once"),
        ("10 x 3 Gy", "fitted to patients treated with"),
    ],
)
def test_what_cannot_be_planned_or_judged_is_refused(posterior, words, reason):
    with pytest.raises(InvalidPlanError, match=reason):
        TWIN.plan_from_text(posterior.case, words)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"prescribed_gy": {}}, "--prescribe"),
        ({"fractions": None, "dose": None}, "--fractions"),
    ],
)
def test_what_is_lacking_is_said(changed, reason):
    with pytest.raises(MissingDataError, match=reason):
        TWIN.observe(head.record(**changed), variant=LARYNX)


def test_fractions_other_than_planned_are_refused():
    given = replace(head.record(), treatments=head.fractions(3, gy=2.5))
    with pytest.raises(OutsidePopulationError, match="Bring the plan that was given"):
        TWIN.observe(given, variant=LARYNX)


def test_later_fractions_are_the_plan_that_was_carried_out():
    seen = head.record(given=10)
    case = TWIN.observe(seen, variant=LARYNX, as_of=seen.treatments[5].instant.moment)
    assert case.inputs.given == 6
    (item,) = TWIN.recorded_plan(seen, case).interventions
    assert (item.count, item.dose_gy) == (4, 2.0)


@pytest.fixture(scope="module")
def planned(posterior):
    asked = {"beams": 9, "beamlet_mm": 8.0, "check": True}
    return TWIN.study("plan", posterior, asked, silent)


def region(option, name):
    return next(r for r in option["regions"] if r["name"] == name)


def test_a_new_plan_covers_the_targets_and_spares_the_cord(planned):
    as_it_is, anew, _ = planned["options"]
    assert as_it_is["name"] == "as it is"
    assert region(anew, "PTV70")["d95_gy"] == pytest.approx(70.0, abs=0.1)
    assert region(anew, "PTV56")["d95_gy"] > 0.95 * 56.0
    assert region(anew, "SpinalCord")["max_gy"] < 50.0
    for curve in anew["percent"].values():
        assert curve[0] == pytest.approx(100.0)
        assert curve == sorted(curve, reverse=True)


def test_collapsed_cones_see_the_same_plan_in_water(planned):
    _, anew, cones = planned["options"]
    for name in ("PTV70", "PTV56", "SpinalCord"):
        assert region(cones, name)["mean_gy"] == pytest.approx(
            region(anew, name)["mean_gy"], rel=0.05
        ), name


def test_wishes_change_the_plan_and_those_for_nobody_are_refused(posterior, planned):
    wishes = "PTV70 gets 70 Gy weight 10; SpinalCord below 15 Gy weight 10; body below 45 Gy"
    asked = {"beams": 5, "beamlet_mm": 10.0, "wishes": wishes}
    found = TWIN.study("plan", posterior, asked, silent)
    before = region(planned["options"][1], "SpinalCord")["d2_gy"]
    assert region(found["options"][1], "SpinalCord")["d2_gy"] < before - 3.0
    for wrong, reason in (("Nose below 5 Gy", "no region"), ("PTV70 loves 7 Gy", "understood")):
        with pytest.raises(InvalidPlanError, match=reason):
            TWIN.study("plan", posterior, {"wishes": wrong}, silent)


def test_several_sets_of_wishes_give_plans_side_by_side_that_are_those_of_each_alone(posterior):
    firm = "PTV70 gets 70 Gy weight 10; SpinalCord below 15 Gy weight 10; body below 45 Gy"
    asked = {"beams": 5, "beamlet_mm": 10.0}
    alone = TWIN.study("plan", posterior, asked | {"wishes": firm}, silent)
    both = TWIN.study("plan", posterior, asked | {"wishes": ["", firm]}, silent)
    assert [o["name"] for o in both["options"]] == ["as it is", "plan 1", "plan 2"]
    assert sorted(both["arrays"]) == ["dose 1", "dose 2"]
    for name in ("PTV70", "SpinalCord", "Parotid_L"):
        assert region(both["options"][2], name)["mean_gy"] == pytest.approx(
            region(alone["options"][1], name)["mean_gy"], abs=1.0
        ), name


def test_a_plan_is_made_for_the_machine_whose_file_is_given(posterior):
    asked = {"beams": 3, "beamlet_mm": 10.0}
    soft = replace(generic(), penumbra_mm=18.0, name="worn 6 MV")
    same = TWIN.study("plan", posterior, asked | {"machine": machine_file(generic())}, silent)
    usual = TWIN.study("plan", posterior, asked, silent)
    assert region(same["options"][1], "PTV70") == region(usual["options"][1], "PTV70")
    blurred = TWIN.study("plan", posterior, asked | {"machine": machine_file(soft)}, silent)
    near, far = (region(a["options"][1], "PTV70")["d2_gy"] for a in (usual, blurred))
    assert abs(far - near) > 0.3
    with pytest.raises(InvalidInputError, match="holds no machine"):
        TWIN.study("plan", posterior, asked | {"machine": b"no machine"}, silent)


def test_a_shift_hurts_the_kept_plan_and_a_new_one_mends_it(posterior):
    asked = {"beams": 5, "beamlet_mm": 10.0, "change": "shift 0 12 0", "given": 10}
    found = TWIN.study("adapt", posterior, asked, silent)
    kept, anew = found["options"]
    assert region(kept, "PTV70")["d95_gy"] < 67.0
    assert region(anew, "PTV70")["d95_gy"] > 69.0
    control = [
        next(o for o in option["outcomes"] if o["name"] == "tumour_control")["mean"]
        for option in (kept, anew)
    ]
    assert control[1] > control[0] + 0.02


def test_where_nothing_has_changed_keeping_the_plan_is_right(posterior):
    asked = {"beams": 5, "beamlet_mm": 10.0, "change": "shift 0 0 0"}
    kept, anew = TWIN.study("adapt", posterior, asked, silent)["options"]
    for name in ("PTV70", "SpinalCord", "Parotid_L"):
        assert region(kept, name)["mean_gy"] == pytest.approx(
            region(anew, name)["mean_gy"], abs=1.0
        ), name


def test_a_target_that_shrank_lets_the_glands_be_spared(posterior):
    asked = {"beams": 5, "beamlet_mm": 10.0, "change": "shrink PTV56 7", "given": 0}
    kept, anew = TWIN.study("adapt", posterior, asked, silent)["options"]
    saved = region(kept, "Parotid_L")["mean_gy"] - region(anew, "Parotid_L")["mean_gy"]
    assert saved > 1.0
    assert region(anew, "PTV56")["volume_ml"] < 0.6 * head.MASKS["PTV56"].sum() * 0.125


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("", "holds one anatomy"),
        ("grow PTV70 3", "not understood"),
        ("shrink PTV70 45", "Nothing would be left"),
        ("shrink Nose 3", "no region"),
        ("shift 900 0 0", "up to 50 mm"),
        ("thinner -2", "more than 0 mm"),
    ],
)
def test_changes_that_cannot_be_are_refused(posterior, change, reason):
    with pytest.raises(InvalidPlanError, match=reason):
        TWIN.study("adapt", posterior, {"beams": 1, "beamlet_mm": 20.0, "change": change}, silent)


def test_the_view_has_regions_as_bits_and_closed_surfaces(posterior):
    seen = TWIN.view(posterior.case)
    names = [r["name"] for r in seen.header["regions"]]
    assert names[:2] == ["PTV70", "PTV56"]
    bits = seen.arrays["regions"]
    for k, name in enumerate(names):
        assert np.array_equal((bits >> k) & 1 > 0, head.MASKS[name]), name
    for name in ("body", "PTV70", "dose 0"):
        triangles = seen.arrays[f"triangles {name}"]
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        _, counts = np.unique(edges, axis=0, return_counts=True)
        assert (counts % 2 == 0).all(), name


def test_between_two_images_the_dose_given_before_goes_where_its_tissue_went():
    first = head.anatomy()
    by = 2 * head.STEP_MM

    def later(image):
        affine = image.affine.copy()
        affine[0, 3] += by
        return replace(image, affine=affine, instant=head.image(0 * head.X, hours=200.0).instant)

    dose = replace(first.dose, image=later(first.dose.image))
    second = replace(first, image=later(first.image), density=later(first.density), dose=dose)
    seen = replace(head.record(given=20), delineated=(first, second))
    found = personalise(TWIN, TWIN.observe(seen, variant=LARYNX), draws=100)
    asked = {"beams": 5, "beamlet_mm": 10.0}
    kept, anew = TWIN.study("adapt", found, asked, silent)["options"]
    for name in ("PTV70", "PTV56", "SpinalCord"):
        assert region(kept, name)["mean_gy"] == pytest.approx(
            region(anew, name)["mean_gy"], abs=1.0
        ), name
    assert region(kept, "PTV70")["d95_gy"] > 68.0
