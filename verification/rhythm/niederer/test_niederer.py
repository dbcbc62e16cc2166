import numpy as np
import pytest

from verification.rhythm.niederer.run import measured, read, table
from verification.rhythm.niederer.slab import activated, slab, with_faces

CONVERGED = read("published.toml")["converged"]["points"]
ROWS = {(r["dx_mm"], r["dt_ms"]): r for r in read("measured.toml")["row"] if "points" in r}
SMALL_MM = np.array([4.0, 2.0, 0.5])


def off(row):
    return {name: row["points"][name] - wanted for name, wanted in CONVERGED.items()}


@pytest.mark.parametrize(("dx", "dt"), [(0.5, 0.05), (0.2, 0.05)])
def test_the_table_is_what_the_code_still_gives(dx, dt):
    again, kept = measured(dx, dt), ROWS[dx, dt]
    assert again["points"] == pytest.approx(kept["points"], abs=0.01)
    assert again["blend"] == kept["blend"]


def test_the_far_corner_is_within_one_ms_at_a_tenth_and_within_five_at_a_fifth_of_a_mm():
    assert abs(off(ROWS[0.1, 0.01])["P8"]) <= 1.0
    for dt in (0.05, 0.01, 0.005):
        assert abs(off(ROWS[0.2, dt])["P8"]) <= 5.0


def test_every_point_is_within_what_was_asked_for_at_a_tenth_of_a_mm():
    allowed = {"P3": 0.03, "P4": 0.03, "P7": 0.03, "P8": 0.03, "P5": 0.06, "P2": 0.09, "P6": 0.09}
    for name, error in off(ROWS[0.1, 0.01]).items():
        assert abs(error) / CONVERGED[name] <= allowed[name], name


def test_the_error_falls_with_the_square_of_the_spacing_or_faster():
    worst = [max(map(abs, off(ROWS[dx, 0.01]).values())) for dx in (0.5, 0.2, 0.1)]
    orders = np.diff(np.log(worst)) / np.diff(np.log([0.5, 0.2, 0.1]))
    assert (orders >= 2.0).all(), orders


def test_halving_the_spacing_of_a_small_slab_quarters_the_change_or_better():
    far = []
    for dx in (0.25, 0.125, 0.0625):
        made = slab(dx, 0.005, size_mm=SMALL_MM)
        far.append(activated(made, points={"far": SMALL_MM})["far"])
    first, second = np.diff(far)
    assert abs(second) <= abs(first) / 4.0


def test_a_step_of_a_fiftieth_of_a_ms_moves_arrival_by_less_than_a_tenth():
    far = [
        activated(slab(0.25, dt, size_mm=SMALL_MM), points={"far": SMALL_MM})["far"]
        for dt in (0.02, 0.005)
    ]
    assert far[0] == pytest.approx(far[1], abs=0.1)


def test_points_on_faces_are_those_of_a_parabola_that_is_even_about_them():
    x = (np.arange(6) + 0.5) * 0.2
    values = with_faces(3.0 + 2.0 * np.add.outer(x**2, x**2))
    assert values[0, 0] == pytest.approx(3.0)
    assert values.shape == (8, 8)


def test_the_table_names_what_is_not_stable():
    shown = table(read("measured.toml")["row"])
    assert "0.1 mm 0.05 ms: not stable" in shown
    assert "fenicsx-beat" in shown
