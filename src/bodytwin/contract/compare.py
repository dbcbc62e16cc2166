"""Try plans on the same draws, and say which is best only where that has been earned."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bodytwin.contract.comparison import Array, Comparison, Option, Verdict
from bodytwin.contract.personalise import require_fit
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import Twin, Utility
from bodytwin.errors import InvalidPlanError

CLEAR_WINNER = 0.7
"""Smallest probability of being best at which one plan is named."""


def options(
    twin: Twin, posterior: Posterior, plans: Sequence[Plan[Any]], utility: Utility
) -> tuple[Option, ...]:
    """The outcomes of every plan over the draws of the posterior."""
    require_fit(posterior)
    for plan in plans:
        twin.check_plan(posterior.case, plan)
    found: list[Option] = []
    for plan in plans:
        outcomes = {o.name: o for o in twin.outcomes(posterior.case, posterior.values, plan)}
        found.append(Option(plan=plan.name, outcomes=outcomes, utility=utility(outcomes)))
    return tuple(found)


def compare(
    twin: Twin,
    posterior: Posterior,
    plans: Sequence[Plan[Any]],
    *,
    utility: Utility | None = None,
    seed: int = 0,
) -> Comparison:
    """Plans under common random numbers: draw i is the same patient under every plan.

    Names a best plan only where the twin's forecasts on real patients entitle
    it to (see `Evidence.may_rank`) and the draws are clear. Raises MisfitError
    where the posterior does not describe the patient's data.
    """
    names = [p.name for p in plans]
    if len(set(names)) != len(names) or not names:
        raise InvalidPlanError("Give at least one plan, and each its own name.")
    case = posterior.case
    wish = utility or twin.utility(case)
    found = options(twin, posterior, plans, wish)
    return judged(
        found,
        may_rank=twin.evidence(case.variant).may_rank,
        words=wish.words,
        posteriors=(posterior,),
        remarks=case.assumed,
        seed=seed,
    )


def judged(
    found: Sequence[Option],
    *,
    may_rank: bool,
    words: str,
    posteriors: Sequence[Posterior],
    remarks: tuple[str, ...],
    seed: int,
) -> Comparison:
    """Turn options over common draws into a comparison."""
    value = np.column_stack([o.utility for o in found])
    verdicts = verdicts_of([o.plan for o in found], value)
    best, ranking = _ranking(verdicts, may_rank)
    case = posteriors[0].case
    return Comparison(
        patient=case.patient,
        twin=case.twin,
        version=case.version,
        variant=" + ".join(p.case.variant for p in posteriors),
        posteriors=tuple(p.id for p in posteriors),
        utility_words=words,
        options=tuple(found),
        verdicts=verdicts,
        expected_value_of_perfect_information=max(
            0.0, float(value.max(axis=1).mean() - value.mean(axis=0).max())
        ),
        best=best,
        ranking=ranking,
        remarks=remarks,
        seed=seed,
    )


def verdicts_of(plans: Sequence[str], value: Array) -> tuple[Verdict, ...]:
    """Expected utility, probability of being best and regret from paired values (draw, plan)."""
    count = len(value)
    top = value.max(axis=1, keepdims=True)
    is_top = value == top
    wins = is_top / is_top.sum(axis=1, keepdims=True)
    regret = top - value

    def standard_error(x: Array) -> Array:
        return x.std(axis=0) / np.sqrt(count)

    columns = [
        value.mean(axis=0), standard_error(value), wins.mean(axis=0), standard_error(wins),
        regret.mean(axis=0), standard_error(regret),
    ]  # fmt: skip
    return tuple(
        Verdict(
            plan=plan,
            expected_utility=float(columns[0][i]),
            expected_utility_se=float(columns[1][i]),
            probability_best=float(columns[2][i]),
            probability_best_se=float(columns[3][i]),
            expected_regret=float(columns[4][i]),
            expected_regret_se=float(columns[5][i]),
        )
        for i, plan in enumerate(plans)
    )


def _ranking(verdicts: Sequence[Verdict], may_rank: bool) -> tuple[str | None, str]:
    if len(verdicts) == 1:
        return None, "There is one option, so there is nothing to rank."
    if not may_rank:
        return None, (
            "Options are shown side by side and not ranked: on real patients the forecasts of "
            "this model have not been shown to beat the last value carried forward."
        )
    first, second = sorted(verdicts, key=lambda v: v.expected_regret)[:2]
    gap = second.expected_regret - first.expected_regret
    noise = 2 * float(np.hypot(first.expected_regret_se, second.expected_regret_se))
    if first.probability_best < CLEAR_WINNER or gap <= noise:
        return None, (
            f"No clear winner: {first.plan} has the least expected regret, and is best with "
            f"probability {first.probability_best:.0%} only."
        )
    return first.plan, (
        f"{first.plan} is best with probability {first.probability_best:.0%} "
        f"(Monte-Carlo error {first.probability_best_se:.1%})."
    )
