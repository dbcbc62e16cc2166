"""Thirty mice in three parts: the later volumes of each part from what the others taught."""

from dataclasses import dataclass

import numpy as np
import pytest

from bodytwin.validity.scoring import covered, crps
from validation.chemotherapy.xenograft.mice import foreseen, learn, mice, wide

PARTS, UNTIL_D = 3, (9.0, 16.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Card:
    """Mean over mice of the mean over their readings, in cm3; and coverage."""

    error: float
    crps: float
    coverage90: float
    last_value: float
    trend: float
    effective: float


def trend(days, volumes, later):
    """An exponential through the last four readings."""
    slope, level = np.polyfit(days[-4:], np.log(volumes[-4:]), 1)
    return np.exp(level + slope * later)


@pytest.fixture(scope="module")
def learned():
    """Of each part: the mice left out, the population of the others, and mice drawn from it."""
    rng = np.random.default_rng(11)
    by_arm = sorted(mice(), key=lambda m: (m.arm, m.number))
    start = wide(rng)
    parts = [by_arm[part::PARTS] for part in range(PARTS)]
    return [(out, *learn([m for m in by_arm if m not in out], start, rng)) for out in parts]


def forecasts(learned, until_d):
    """Of each mouse that is left out: errors of the twin, of both references, and coverage."""
    rng = np.random.default_rng(5)
    for out, population, bank in learned:
        for mouse in out:
            seen = mouse.days <= until_d
            if seen.all() or seen.sum() < 4:
                continue
            truth = mouse.volumes_cm3[~seen]
            draws, effective = foreseen(mouse, population, bank, until_d, rng)
            on = trend(mouse.days[seen], mouse.volumes_cm3[seen], mouse.days[~seen])
            yield (
                np.abs(np.median(draws, axis=0) - truth).mean(),
                crps(draws, truth).mean(),
                covered(draws, truth, level=0.9).mean(),
                np.abs(mouse.volumes_cm3[seen][-1] - truth).mean(),
                np.abs(on - truth).mean(),
                effective,
            )


@pytest.fixture(scope="module", params=UNTIL_D)
def card(request, learned):
    rows = np.array(list(forecasts(learned, request.param)))
    found = _card(rows)
    print(f"\nfrom readings up to day {request.param:g}, {len(rows)} mice: {found}")
    return found


def _card(rows):
    means = rows.mean(axis=0)
    return Card(
        error=means[0], crps=means[1], coverage90=means[2], last_value=means[3], trend=means[4],
        effective=float(np.min(rows[:, 5])),
    )  # fmt: skip


def test_the_twin_is_nearer_than_the_last_value_and_the_trend(card):
    assert card.error < card.last_value
    assert card.error < card.trend


def test_the_whole_forecast_is_better_than_the_better_point(card):
    assert card.crps < min(card.last_value, card.trend)


def test_ninety_per_cent_intervals_hold_what_they_say(card):
    assert 0.8 <= card.coverage90 <= 0.99
