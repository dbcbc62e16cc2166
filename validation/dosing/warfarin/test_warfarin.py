"""Thirty-two volunteers: the last concentration, and the last activity, from what came before."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bodytwin.contract import ErrorModel, replay
from bodytwin.twins.dosing import TWIN
from bodytwin.twins.dosing.twin import DosingTwin
from bodytwin.validity.claim import Level
from validation.dosing.cohorts import card, records, shown
from validation.dosing.warfarin.learn_folds import FOLDS, VARIANT, group_of, model

LEARNED = json.loads((Path(__file__).parent / "folds.json").read_text())


def without(fold: int) -> DosingTwin:
    """The twin as learned without one quarter of the volunteers."""
    start, found = model(), LEARNED[fold]
    parameters = dict(start.parameters)
    for name, p in found["parameters"].items():
        parameters[name] = replace(parameters[name], **p)
    quantities = {
        name: replace(q, error=ErrorModel(**found["errors"][name]))
        for name, q in start.quantities.items()
    }
    learned = replace(
        start, parameters=parameters, quantities=quantities, correlations={},
        sha256=f"{start.sha256} without fold {fold}",
    )  # fmt: skip
    return DosingTwin({**TWIN.models, VARIANT: learned})


def last(quantity: str):
    """The last measurement of one quantity; activity is foreseen with concentrations as well."""
    patients = records("warfarin")
    for record, group in zip(patients, group_of(patients), strict=True):
        seen = [o for o in record.observations if o.code.code.endswith(quantity)]
        if len({o.instant.moment for o in seen}) < 2:
            continue
        end = max(o.instant.moment for o in seen)
        before = tuple(
            o
            for o in record.observations
            if o.instant.moment < end and (quantity == "response" or o in seen)
        )
        outcome = tuple(o for o in seen if o.instant.moment == end)
        yield from replay(
            without(group), replace(record, observations=before + outcome), variant=VARIANT,
            only_last=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def concentration():
    found = card(last("concentration"), "concentration")
    print(shown(found))
    return found


@pytest.fixture(scope="module")
def activity():
    found = card(last("response"), "response")
    print(shown(found))
    return found


def test_every_quarter_was_learned_to_convergence():
    assert len(LEARNED) == FOLDS
    assert all(found["converged"] for found in LEARNED)


def test_concentrations_are_foreseen_without_bias_and_inside_wide_intervals(concentration):
    assert concentration.forecasts == 32
    assert abs(concentration.relative_bias.value) <= 0.05
    assert concentration.coverage90.value >= 0.85


def test_activities_are_foreseen_without_bias_and_inside_their_intervals(activity):
    assert activity.forecasts == 32
    assert abs(activity.relative_bias.value) <= 0.05
    assert 0.85 <= activity.coverage90.value <= 0.95


def test_the_measurements_of_a_volunteer_tell_more_than_the_population(concentration, activity):
    assert concentration.skill_over_population.low > 0
    assert activity.skill_over_population.low > 0


def test_nothing_here_entitles_the_model_to_rank_options(concentration, activity):
    assert TWIN.evidence(VARIANT).level is Level.PERSONALISED
    assert max(concentration.level, activity.level) is Level.PERSONALISED
