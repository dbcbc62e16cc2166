"""Checks of what a decision rests on."""

import numpy as np

from bodytwin.contract.check.subject import DRAWS, Array, Subject, require
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome


def outcomes_are_complete(s: Subject) -> str:
    """Every outcome has a name of its own, a unit, words and one value for each draw."""
    found = _outcomes(s, s.early_nothing)
    require(found, "There are no outcomes.")
    for name, o in found.items():
        require(o.unit.strip(), f"{name} has no unit.")
        require(o.words.strip(), f"{name} has no words.")
        require(o.draws.shape == (DRAWS,), f"{name} has the shape {o.draws.shape}.")
    return ", ".join(f"{o.name} [{o.unit}]" for o in found.values())


def plans_can_be_compared(s: Subject) -> str:
    """Every plan has the same outcomes in the same units."""
    one, other = _outcomes(s, s.early_nothing), _outcomes(s, s.recorded)
    units = [{name: o.unit for name, o in plan.items()} for plan in (one, other)]
    require(units[0] == units[1], f"One plan has {units[0]}, the other {units[1]}.")
    return ""


def outcomes_do_not_vary(s: Subject) -> str:
    """The same plan has the same outcomes, to the last bit."""
    one, again = _outcomes(s, s.recorded), _outcomes(s, s.recorded)
    for name, o in one.items():
        same = np.array_equal(o.draws, again[name].draws, equal_nan=True)
        require(same, f"{name} differs between two calls.")
    return ""


def the_aim_is_stated(s: Subject) -> str:
    """The utility says in words what is preferred, and values each draw the same every time."""
    utility = s.twin.utility(s.early)
    require(utility.words.strip(), "The utility has no words.")
    outcomes = _outcomes(s, s.recorded)
    before = {name: o.draws.copy() for name, o in outcomes.items()}
    one, again = utility(outcomes), utility(outcomes)
    require(one.shape == (DRAWS,), f"The utility has the shape {one.shape}.")
    require(np.array_equal(one, again, equal_nan=True), "The utility differs between two calls.")
    unchanged = all(np.array_equal(o.draws, before[n], True) for n, o in outcomes.items())
    require(unchanged, "The utility wrote to the outcomes.")
    require(not np.isnan(one).any(), "The utility is not a number for some draws.")
    return utility.words


def _outcomes(s: Subject, plan: Plan[object]) -> dict[str, Outcome]:
    found = s.twin.outcomes(s.early, _parameters(s), plan)
    names = [o.name for o in found]
    require(len(set(names)) == len(names), "Two outcomes share a name.")
    return {o.name: o for o in found}


def _parameters(s: Subject) -> Array:
    return s.twin.prior(s.early).draw(DRAWS, s.rng(4))


CHECKS = (outcomes_are_complete, plans_can_be_compared, outcomes_do_not_vary, the_aim_is_stated)
