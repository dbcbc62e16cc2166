import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.ode.exponential_sum import ExponentialSum

ONE = ExponentialSum(
    starts=np.array([1.0, 3.0]),
    plateau=np.array([[0.5, 0.0]]),
    coefficient=np.array([[[2.0], [1.0]]]),
    rate=np.array([[0.7]]),
)
LATE = ExponentialSum(
    starts=np.array([2.0]),
    plateau=np.zeros((1, 1)),
    coefficient=np.ones((1, 1, 1)),
    rate=np.zeros((1, 1)),
)
TIMES = np.array([0.0, 1.0, 2.0, 2.5, 3.0, 9.0])


def test_the_integral_is_the_area_under_the_value():
    fine = np.linspace(1.0, 2.999999, 200_001)
    value = ONE.at(fine)[0]
    area = float(np.sum(0.5 * (value[1:] + value[:-1])) * (fine[1] - fine[0]))
    assert ONE.integral(fine[-1:])[0, 0] == pytest.approx(area, rel=1e-9)


def test_a_sum_has_the_values_and_integrals_of_both():
    both = ONE.plus(LATE)
    np.testing.assert_allclose(both.at(TIMES), ONE.at(TIMES) + LATE.at(TIMES))
    np.testing.assert_allclose(
        both.integral(TIMES), ONE.integral(TIMES) + LATE.integral(TIMES), atol=1e-15
    )


def test_a_factor_for_each_draw_makes_a_row_for_each():
    rows = ONE.scaled(np.array([1.0, 3.0]))
    np.testing.assert_allclose(rows.at(TIMES)[1], 3.0 * ONE.at(TIMES)[0])
    assert rows.plus(LATE).rows == 2


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError, match="1 or all"):
        ONE.scaled(np.ones(2)).repeated(3)


def test_segments_out_of_order_are_refused():
    with pytest.raises(InvalidInputError, match="later"):
        ExponentialSum(
            starts=np.array([3.0, 1.0]), plateau=ONE.plateau, coefficient=ONE.coefficient,
            rate=ONE.rate,
        )  # fmt: skip
