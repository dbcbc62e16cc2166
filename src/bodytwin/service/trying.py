"""What the page shows after a question: the answer, and the curves behind it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bodytwin.contract.comparison import Comparison
from bodytwin.contract.plan import Plan
from bodytwin.errors import BodytwinError
from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.service import shapes
from bodytwin.service.access import granted
from bodytwin.service.comparing import compare
from bodytwin.service.curves import (
    GRID,
    LOWER,
    UPPER,
    aims_of,
    curves,
    densities,
    doses_seen,
    shape,
)
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.personalising import Personalised, Wish, personalise, revive
from bodytwin.service.reporting import span
from bodytwin.service.words import plan_of, proposals
from bodytwin.service.workspace import Workspace
from bodytwin.store.forecasts import forecasts
from bodytwin.store.scores import scores

Shape = dict[str, Any]
MOST_PROPOSALS = 24


def personalised(
    workspace: Workspace, patient: str, wish: Wish, *, progress: Progress = silent
) -> Shape:
    """Posteriors, how far each parameter moved, and what has been and would be measured."""
    p = personalise(workspace, patient, wish, progress=progress)
    progress("Drawing the curves", 0.9)
    case = p.first.case
    reach = span(p, ())
    times = np.linspace(reach.start_h, reach.end_h, GRID)
    return shapes.plain(
        {
            **shapes.personalised(p),
            "subject": p.twin.variants[case.variant].subject,
            "densities": {q.id: [_density(d) for d in densities(q)] for q in p.posteriors},
            "curves": shape(
                curves(p, times, None, aims=_aims(p), doses=_doses(p), seed=p.first.seed)
            ),
        }
    )


def compared(
    workspace: Workspace,
    patient: str,
    wish: Wish,
    *,
    plans: Sequence[str] = (),
    progress: Progress = silent,
) -> Shape:
    """Plans side by side with the curve of each, and how each differs from the first."""
    p = personalise(workspace, patient, wish, progress=progress)
    progress("Trying the plans", 0.6)
    found = compare(workspace, p, plans=plans, seed=wish.seed)
    names = [o.plan for o in found.comparison.options]
    reach = span(p, names if plans else names[:1])
    ahead = np.linspace(reach.now_h, reach.plans_end_h, GRID + 1)[1:]
    aims, drawn = _aims(p), dict[str, Any]()
    for i, name in enumerate(names if plans else ()):
        progress(f"Drawing {name}", 0.7 + 0.3 * i / len(names))
        drawn[name] = shape(curves(p, ahead, name, aims=aims, seed=wish.seed))
    return shapes.plain(
        {
            **shapes.compared(found),
            "curves": drawn,
            "difference": _differences(found.comparison),
        }
    )


def forecasted(
    workspace: Workspace,
    patient: str,
    wish: Wish,
    *,
    when: Sequence[When],
    plan: str | None = None,
    posterior: str | None = None,
    replay: bool = False,
    progress: Progress = silent,
) -> Shape:
    """A registered forecast."""
    if posterior is None:
        p = personalise(workspace, patient, wish, progress=progress)
    else:
        p = revive(workspace, patient, posterior)
    progress("Forecasting", 0.7)
    said = forecast(workspace, p, when=when, plan=plan, replay=replay, seed=wish.seed)
    return shapes.registered(said)


def past_forecasts(workspace: Workspace, patient: str) -> list[Shape]:
    """Every forecast of the patient, with how it fared, newest first."""
    access = granted(workspace, patient, Action.READ, data="forecasts and scores")
    store = workspace.store
    fared: dict[str, list[Shape]] = {}
    for score, _ in scores(store, access):
        said = {**shapes.plain(score), "words": score.words}
        fared.setdefault(score.about.forecast, []).append(said)
    return [
        {**shapes.registered(r), "scores": fared.get(r.forecast.id, [])}
        for r in reversed(forecasts(store, access))
    ]


def proposed(workspace: Workspace, patient: str, wish: Wish) -> Shape:
    """Plans that the twin proposes, in words, and how a plan may be written."""
    p = personalise(workspace, patient, wish)
    names = [plan.name for plan in proposals(p.twin, p.first.case)]
    step = max(1, -(-len(names) // MOST_PROPOSALS))
    return {
        "plans": names[::step],
        "grammar": _grammar(p),
        "example": names[len(names) // 2] if names else "",
    }


def _grammar(p: Personalised) -> str:
    """What the twin says of how a plan is written, when given none."""
    try:
        plan_of(p.twin, p.record, p.first.case, "?")
    except BodytwinError as error:
        return str(error).partition(". ")[2]
    return ""


def _aims(p: Personalised) -> Any:
    """The aims that the twin states for one draw of the first plan it proposes."""
    found: Sequence[Plan[Any]] = proposals(p.twin, p.first.case)
    if not found:
        return ()
    return aims_of(p, p.twin.outcomes(p.first.case, p.first.values[:1], found[0]))


def _doses(p: Personalised) -> Any:
    case = p.first.case
    return doses_seen(p.twin, p.record, case.variant, case.origin)


def _density(d: Any) -> Shape:
    arrays = {k: getattr(d, k).tolist() for k in ("x", "prior", "posterior")}
    return {"parameter": d.parameter, "unit": d.unit, **arrays}


def _differences(found: Comparison) -> list[Shape]:
    """Each plan less the first, draw by draw."""
    first, *others = found.options
    return [
        {
            "plan": option.plan,
            "against": first.plan,
            "outcome": name,
            "unit": outcome.unit,
            **dict(
                zip(
                    ("lower", "median", "upper"),
                    np.nanquantile(
                        outcome.draws - first.outcomes[name].draws, (LOWER, 0.5, UPPER)
                    ).tolist(),
                    strict=True,
                )
            ),
        }
        for option in others
        for name, outcome in option.outcomes.items()
        if name in first.outcomes
    ]
