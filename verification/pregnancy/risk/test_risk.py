"""What is known to foretell the week of delivery, against the tables of the studies."""

import numpy as np
import pytest

from bodytwin.twins.pregnancy.model.duration import duration
from bodytwin.twins.pregnancy.model.findings import Findings, History
from verification.pregnancy.risk.studies import (
    PUBLISHED,
    births,
    celik,
    found_in_celik,
    iams,
    population,
    relative_risks,
)


@pytest.mark.parametrize("visit", [0, 1], ids=["24 weeks", "28 weeks"])
def test_relative_risks_of_iams_within_25_percent(visit, record_property):
    published = PUBLISHED["iams"]["relative_risk_24_wk" if visit == 0 else "relative_risk_28_wk"]
    found = relative_risks(iams(visit))
    record_property("relative_risks", found.round(2))
    print("\n", visit, found.round(2), published, (found / published).round(3))
    assert np.all(np.abs(found / published - 1) <= 0.25)


def test_areas_of_celik_within_002_and_detection_within_005(record_property):
    said = PUBLISHED["celik"]
    length, both, caught = found_in_celik(celik()).T
    record_property("areas for length", length.round(3))
    record_property("areas for length and history", both.round(3))
    record_property("detected at 10 %", caught.round(3))
    print("\n", length.round(3), both.round(3), caught.round(3))
    assert length == pytest.approx(said["auc_length"], abs=0.02)
    assert both == pytest.approx(said["auc_length_and_history"], abs=0.02)
    assert caught == pytest.approx(said["detected_at_10_percent"], abs=0.05)


def test_the_rates_of_celik_are_those_of_the_population():
    women = celik()
    for (low, high), percent in zip(
        PUBLISHED["celik"]["bands_wk"], PUBLISHED["celik"]["percent"], strict=True
    ):
        found = np.sum(women.share * women.between(low, high))
        assert 100 * found == pytest.approx(percent, rel=1e-6)


def test_heath_is_met_in_order_and_not_in_value(record_property):
    """Held out. What is asserted is what was found: far too low at 5 mm, too high at 15 mm."""
    said, heath = PUBLISHED["celik"], PUBLISHED["heath"]
    women = population(
        births(22, said["bands_wk"], said["percent"]).undelivered_at(23),
        visit_wk=23.0, history_share=said["history_share"], related_share=1.0,
    )  # fmt: skip
    found = 100 * np.interp(heath["length_mm"], women.length_mm, women.before_by_length(33))
    short = women.length_mm <= 15
    held = {
        week: 100 * np.sum((women.share * women.before(int(week) + 1))[short])
        / np.sum(women.share * women.before(int(week) + 1))
        for week in heath["held_at_15_mm_percent"]
    }  # fmt: skip
    record_property("percent up to 32 weeks", found.round(1))
    record_property("held at 15 mm", {k: round(v) for k, v in held.items()})
    print("\n", found.round(2), held, 100 * women.share[short].sum())
    assert found[0] > found[1] > 50 * found[2]
    assert found[0] < heath["percent_up_to_32_wk"][0]
    assert found[1] > heath["percent_up_to_32_wk"][1]


def test_odds_ratios_of_berghella_are_near(record_property):
    """Held out. Women at high risk, before 35 weeks, lengths at 16 to 30 weeks."""
    said = PUBLISHED["berghella"]
    of = said["percent_before"]
    percent = [of["28"], of["32"] - of["28"], of["35"] - of["32"]]
    born = births(20, [[20, 27], [28, 31], [32, 34]], percent)
    rows = []
    for week in range(16, 31, 2):
        ahead = born.undelivered_at(max(20, week))
        women = population(ahead, visit_wk=float(week), history_share=[0.0, 0.0, 0.6, 0.4])
        chance, share = women.before_by_length(35), women.share.sum(axis=1)
        rows += [
            (length, week, p, s)
            for length, p, s in zip(women.length_mm, chance, share, strict=True)
        ]
    length, week, p, share = np.array(rows).T
    odds = np.log(p / (1 - p))
    design = np.stack([np.ones_like(length), length, week], axis=1)
    weight = share * p * (1 - p)
    slope = np.linalg.solve(design.T @ (weight[:, None] * design), design.T @ (weight * odds))
    per_mm, per_wk = np.exp(slope[1:])
    record_property("odds ratio per mm and per week", [round(per_mm, 3), round(per_wk, 3)])
    print("\n", per_mm, per_wk)
    assert said["odds_ratio_per_mm"][1] <= per_mm <= said["odds_ratio_per_mm"][2]
    assert per_wk < 1


def test_the_recurrence_table_of_iams_1998_is_met_in_order(record_property):
    """Held out but for the ratio of fibronectin before 35 weeks.

    The chances are about half of those published: in births of 2023 about 1.9 % are spontaneous
    and before 35 weeks, in that network 4.3 % were.
    """
    rng = np.random.default_rng(0)
    found = {}
    for positive in (True, False):
        found[positive] = [
            100 * duration(
                Findings(
                    week=23, cervical_length_mm=length, fibronectin_positive=positive,
                    history=History.PRETERM_28_TO_36,
                ),
                rng, count=2,
            ).before(35).value
            for length in (22.0, 31.0, 40.0)
        ]  # fmt: skip
    record_property("percent before 35 weeks", found)
    print("\n", found)
    for row in found.values():
        assert row[0] > row[1] > row[2]
    assert all(p > 2.5 * n for p, n in zip(found[True], found[False], strict=True))


def test_twins_with_20_mm_or_less_are_not_as_much_at_risk_as_published(record_property):
    """Held out. Effects in single pregnancies, on the births of twins."""
    rng = np.random.default_rng(0)
    at = {
        mm: duration(Findings(week=22, twins=True, cervical_length_mm=mm), rng, count=2)
        for mm in (15.0, 35.0)
    }
    chance = {mm: d.before(32) for mm, d in at.items()}
    odds = {mm: c.value / (1 - c.value) for mm, c in chance.items()}
    base = chance[15.0].population
    ratio = odds[15.0] * (1 - base) / base
    record_property("likelihood ratio at 15 mm before 32 weeks", round(ratio, 1))
    print("\n", ratio)
    assert 1 < ratio < PUBLISHED["conde_agudelo"]["positive_ratio_20_mm_before_32"]


def test_more_first_births_before_37_weeks_had_25_mm_or_less_than_published(record_property):
    """Held out. Lengths of Iams hold more short cervices than those of first pregnancies."""
    said = PUBLISHED["numom2b"]
    born = births(20, [[20, 36]], [said["percent_before_37"]])
    for week, key in ((19, "held_at_25_mm_16_to_22_wk"), (26, "held_at_25_mm_22_to_30_wk")):
        women = population(
            born.undelivered_at(max(20, week)), visit_wk=float(week),
            history_share=[1.0, 0.0, 0.0, 0.0],
        )  # fmt: skip
        cases = women.share * women.before(37)
        found = cases[women.length_mm <= 25].sum() / cases.sum()
        record_property(key, round(found, 3))
        short = women.share.sum(axis=1)[women.length_mm <= 25].sum()
        print("\n", key, found, said[key], short)
        assert 1 < found / said[key] < 2.5
