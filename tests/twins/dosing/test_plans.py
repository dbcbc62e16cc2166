"""Regimens as people write them, and what can really be given."""

import pytest

from bodytwin.contract import Plan
from bodytwin.errors import InvalidParameterError, InvalidPlanError
from bodytwin.record import Route
from bodytwin.twins.dosing import TWIN
from bodytwin.twins.dosing.interventions import Hold, Regimen, doses_of

PHENOBARBITAL = "phenobarbital_grasela_1985"


@pytest.fixture(scope="module")
def case(neonates):
    return TWIN.observe(neonates[0], variant=PHENOBARBITAL)


def test_a_regimen_is_given_until_the_plan_ends():
    plan = Plan(name="x", interventions=(Regimen(amount=5, interval_h=12, start_h=10),), until_h=34)
    assert [d.time_h for d in doses_of(plan)] == [10.0, 22.0]


def test_a_loading_amount_replaces_the_first_dose():
    regimen = Regimen(amount=5, interval_h=12, start_h=0, loading_amount=20)
    plan = Plan(name="x", interventions=(regimen,), until_h=36)
    assert [d.amount for d in doses_of(plan)] == [20, 5, 5]


def test_a_later_regimen_ends_the_earlier_one():
    parts = (
        Regimen(amount=5, interval_h=12, start_h=0),
        Regimen(amount=9, interval_h=24, start_h=24),
    )
    plan = Plan(name="x", interventions=parts, until_h=72)
    assert [(d.time_h, d.amount) for d in doses_of(plan)] == [(0, 5), (12, 5), (24, 9), (48, 9)]


def test_a_hold_leaves_out_what_falls_due():
    parts = (Regimen(amount=5, interval_h=12, start_h=0), Hold(start_h=12, end_h=36))
    plan = Plan(name="x", interventions=parts, until_h=60)
    assert [d.time_h for d in doses_of(plan)] == [0, 36, 48]


def test_a_plan_is_read_as_people_write_it(case):
    plan = TWIN.plan_from_text(case, "hold 24 h then 3.5 mg every 12 h over 1 h loading 10 mg")
    hold, regimen = plan.interventions
    assert hold.end_h - hold.start_h == 24
    assert (regimen.amount, regimen.interval_h, regimen.duration_h) == (3.5, 12, 1)
    assert regimen.loading_amount == 10
    assert regimen.route is Route.INTRAVENOUS
    assert regimen.start_h >= case.now_h + 24


def test_a_switch_follows_after_the_hours_that_it_names(case):
    plan = TWIN.plan_from_text(case, "5 mg every 12 h for 36 h then 3 mg every 24 h")
    first, second = plan.interventions
    assert second.start_h - first.start_h == 36
    times = [d.time_h - first.start_h for d in doses_of(plan)][:5]
    assert times == [0, 12, 24, 36, 60]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a spoonful now and then", "Write for example"),
        ("3.3 mg every 12 h", "in steps of 0.5 mg"),
        ("500 mg every 12 h", "from 1 to 80 mg"),
        ("3.5 mg every 7 h", "An interval of 7 h is not among those in use"),
        ("3.5 g every 12 h", "are in mg, got 'g'"),
        ("3.5 mg every 12 h over 13 h", "does not fit an interval"),
        ("3.5 mg every 12 h oral", "knows intravenous doses only"),
        ("5 mg every 12 h then 3 mg every 24 h", "Say for how many hours"),
    ],
)
def test_a_plan_that_cannot_be_given_is_refused_with_what_can(case, text, says):
    with pytest.raises(InvalidPlanError, match=says):
        TWIN.plan_from_text(case, text)


def test_a_plan_cannot_start_in_the_past(case):
    early = Regimen(amount=3.5, interval_h=12, start_h=case.now_h - 5)
    plan = Plan(name="x", interventions=(early,), until_h=case.now_h + 48)
    with pytest.raises(InvalidPlanError, match="starts at or after"):
        TWIN.check_plan(case, plan)


@pytest.mark.parametrize("amount", [0.0, -3.0, float("nan"), float("inf")])
def test_an_impossible_amount_is_refused(amount):
    with pytest.raises(InvalidParameterError, match="amount must be positive"):
        Regimen(amount=amount, interval_h=12, start_h=0)


def test_every_proposal_can_be_given(case):
    proposals = TWIN.proposals(case)
    assert len(proposals) > 20
    for plan in proposals:
        TWIN.check_plan(case, plan)
