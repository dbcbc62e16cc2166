"""The emulator says what the mechanics would, and how far it may be off."""

from pathlib import Path
from time import process_time

import numpy as np
import pytest

from bodytwin.twins.pregnancy.model.emulated import AMONG, emulator, inputs, levelled
from bodytwin.twins.pregnancy.model.mechanics import readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from bodytwin.twins.pregnancy.model.template import Counts
from verification.pregnancy.emulator.runs import women

HELD_OUT = Path(__file__).with_name("held_out.npz")
AGAIN = 3


@pytest.fixture(scope="module")
def judged():
    """Inputs, levels said with their sd, and levels that came, of runs that were not learned."""
    runs = np.load(HELD_OUT)
    x, values = runs["points"].astype(float), runs["values"].astype(float)
    inside = emulator().inside(x)
    mean, sd = emulator().levels(x[inside])
    return mean, sd, levelled(values[inside], x[inside])


def test_intervals_of_95_percent_hold_93_to_97_of_100_runs_it_has_not_seen(judged):
    mean, sd, came = judged
    held = np.abs(came - mean) <= 1.96 * sd
    print("\n", len(came), dict(zip(AMONG, held.mean(axis=0).round(3), strict=True)), held.mean())
    assert 0.93 <= held.mean() <= 0.97
    assert held.mean(axis=0).min() > 0.9


def test_it_explains_nearly_all_of_how_stretches_and_widths_differ(judged):
    mean, _, came = judged
    left = 1 - ((came - mean) ** 2).mean(axis=0) / came.var(axis=0)
    explained = dict(zip(AMONG, left.round(4), strict=True))
    print("\n", explained)
    for name in ("internal_os", "cervix", "uterus", "os_mm", "os_rest_mm"):
        assert explained[name] > 0.96


def test_held_out_runs_are_what_the_mechanics_says_today():
    runs = np.load(HELD_OUT)
    for k, (said, load) in enumerate(women(AGAIN, int(runs["seed"]), wider=False)):
        x = inputs(said, load)
        assert runs["points"][k] == pytest.approx(x, rel=1e-5)
        seen = readings(seen_under(half_uterus(said, Counts(fine=2)), load))
        now = [getattr(seen, name) for name in AMONG]
        assert runs["values"][k] == pytest.approx(now, rel=1e-3, abs=1e-4)


def test_an_answer_takes_less_than_a_thousandth_of_a_solve():
    said, load = next(iter(women(1, 11, wider=False)))
    half_uterus(said, Counts(fine=2))
    seen_under(half_uterus(said, Counts(fine=2)), load)
    begun = process_time()
    seen_under(half_uterus(said, Counts(fine=2)), load)
    solve_s = process_time() - begun
    x = np.repeat(inputs(said, load)[None], 1000, axis=0)
    emulator().drawn(x, np.random.default_rng(0))
    begun = process_time()
    emulator().drawn(x, np.random.default_rng(0))
    answer_s = (process_time() - begun) / len(x)
    print(f"\n solve {solve_s:.2f} s, answer {1e3 * answer_s:.2f} ms")
    assert solve_s > 1000 * answer_s
