"""Checks of the population and the simulator."""

import numpy as np

from bodytwin.contract.case import ErrorModel
from bodytwin.contract.check.subject import DRAWS, Array, Subject, require

CLOSE = 1e-6
"""Relative agreement asked where an adaptive solver may take other steps."""
FINITE_SHARE = 0.99


def parameters_have_units(s: Subject) -> str:
    """Every parameter has a name of its own, a unit and a source."""
    prior = s.prior
    require(len(set(prior.names)) == len(prior.names), "Two parameters share a name.")
    bare = [p.name for p in prior.parameters if not p.unit.strip()]
    require(not bare, f"No unit: {', '.join(bare)}. A number without one has the unit 1.")
    unsourced = [p.name for p in prior.parameters if not p.source.strip()]
    require(not unsourced, f"No source: {', '.join(unsourced)}.")
    return ", ".join(f"{p.name} [{p.unit}]" for p in prior.parameters)


def the_population_can_be_drawn_from(s: Subject) -> str:
    """The correlation of the population is one, and draws survive the change of scale."""
    r, size = s.prior.correlation, len(s.prior.names)
    require(r.shape == (size, size), f"The correlation has the shape {r.shape}.")
    require(np.allclose(np.diag(r), 1) and np.allclose(r, r.T), "It is not a correlation.")
    require(np.linalg.eigvalsh(r)[0] > 0, "The correlation is not positive definite.")
    again = s.prior.constrain(s.prior.unconstrain(s.parameters))
    require(np.allclose(again, s.parameters, rtol=1e-9), "There and back is not the same.")
    return ""


def predictions_have_their_shape(s: Subject) -> str:
    """Predictions run over draws, then targets, as floats."""
    found = s.simulate()
    expected = (DRAWS, len(s.targets))
    require(found.shape == expected, f"The shape is {found.shape}, expected {expected}.")
    require(found.dtype == np.float64, f"The type is {found.dtype}, expected float64.")
    return f"{expected[0]} draws, {expected[1]} targets"


def predictions_do_not_vary(s: Subject) -> str:
    """The same question has the same answer, to the last bit."""
    require(np.array_equal(s.simulate(), s.simulate(), equal_nan=True), "Two calls differ.")
    return ""


def the_question_is_left_as_it_was(s: Subject) -> str:
    """Simulating leaves the parameters given to it unchanged."""
    given = s.parameters.copy()
    s.twin.simulate(s.case, given, None, s.targets)
    require(np.array_equal(given, s.parameters), "The array of parameters was written to.")
    return ""


def a_draw_does_not_know_its_neighbours(s: Subject) -> str:
    """Many draws at once give what one at a time and another order give."""
    whole = s.simulate()
    order = s.rng(1).permutation(DRAWS)
    _same(s.simulate(s.parameters[order]), whole[order], "in another order")
    single = [s.simulate(row[None, :]) for row in s.parameters[:6]]
    require(all(one.shape == whole[:1].shape for one in single), "One draw has another shape.")
    _same(np.concatenate(single), whole[:6], "one at a time")
    return ""


def a_target_does_not_know_its_neighbours(s: Subject) -> str:
    """A prediction does not depend on which others are asked for."""
    whole = s.simulate()
    for j in range(len(s.targets)):
        _same(s.simulate(targets=s.targets[j : j + 1])[:, 0], whole[:, j], "target by target")
    backwards = s.simulate(targets=s.targets[::-1])[:, ::-1]
    _same(backwards, whole, "with targets in another order")
    return ""


def the_population_can_be_simulated(s: Subject) -> str:
    """At least 99 % of the population can be simulated."""
    theta = s.prior.draw(400, s.rng(2))
    share = float(np.isfinite(s.simulate(theta)).all(axis=1).mean())
    require(share >= FINITE_SHARE, f"Only {share:.1%} of the draws gave finite predictions.")
    return f"{share:.1%}"


def doing_nothing_is_no_plan(s: Subject) -> str:
    """An empty plan gives what no plan gives."""
    s.twin.check_plan(s.case, s.nothing)
    empty = s.twin.simulate(s.case, s.parameters.copy(), s.nothing, s.targets)
    _same(empty, s.simulate(), "with an empty plan")
    return ""


def a_plan_does_not_change_the_past(s: Subject) -> str:
    """What was predicted for times before a plan does not change with the plan."""
    past = [m.target for m in s.early.measurements]
    require(past, "Not checked: the record needs a measurement in its first half.")
    s.twin.check_plan(s.early, s.recorded)
    theta = s.twin.prior(s.early).draw(DRAWS, s.rng(3))
    planned = s.twin.simulate(s.early, theta.copy(), s.recorded, past)
    _same(planned, s.twin.simulate(s.early, theta.copy(), None, past), "with the recorded plan")
    return ""


def measuring_has_an_error(s: Subject) -> str:
    """Every quantity is measured with an error above zero."""
    predicted = np.nanmedian(np.abs(s.simulate()), axis=0)
    for target, size in zip(s.targets, predicted, strict=True):
        error = s.twin.error_of(s.case, target.quantity)
        require(_sd(error, float(size)) > 0, f"{target.quantity} is measured without error.")
    return ""


def _sd(error: ErrorModel, predicted: float) -> float:
    return error.log_sd + error.additive_sd + error.proportional_sd * predicted


def _same(found: Array, expected: Array, how: str) -> None:
    require(found.shape == expected.shape, f"The shape differs {how}: {found.shape}.")
    scale = CLOSE * float(np.nanmax(np.abs(expected), initial=0.0))
    same = np.allclose(found, expected, rtol=CLOSE, atol=1e-3 * scale, equal_nan=True)
    require(same, f"Predictions differ {how}.")


CHECKS = (
    parameters_have_units,
    the_population_can_be_drawn_from,
    predictions_have_their_shape,
    predictions_do_not_vary,
    the_question_is_left_as_it_was,
    a_draw_does_not_know_its_neighbours,
    a_target_does_not_know_its_neighbours,
    the_population_can_be_simulated,
    doing_nothing_is_no_plan,
    a_plan_does_not_change_the_past,
    measuring_has_an_error,
)
