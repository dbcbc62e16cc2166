"""Report: everything that is known, forecast and compared of one patient, on one HTML page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bodytwin.contract import next_measurement
from bodytwin.contract.case import Target
from bodytwin.contract.compare import judged, options
from bodytwin.contract.comparison import Comparison
from bodytwin.contract.next_measurement import Worth
from bodytwin.contract.personalise import random_stream, require_fit
from bodytwin.errors import BodytwinError, Refusal, StoreError
from bodytwin.governance.request import Action
from bodytwin.record import Provenance, Record
from bodytwin.report import AttainmentCurve, Foretold, Judged, Page, render
from bodytwin.service.access import granted
from bodytwin.service.comparing import compare
from bodytwin.service.curves import GRID, SHOWN_DRAWS, aims_of, doses_seen, foreseen
from bodytwin.service.evidence import evidence
from bodytwin.service.forecasting import measured_quantities
from bodytwin.service.personalising import Personalised
from bodytwin.service.words import plan_of, proposals
from bodytwin.service.workspace import Workspace, software
from bodytwin.store.access import Access
from bodytwin.store.forecasts import forecasts
from bodytwin.store.scores import scored_targets, scores

AHEAD_H = 48.0
LONGEST_PLAN_H = 336.0
CANDIDATE_TIMES = 6
RARELY, MOST_DOSES = 0.005, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when the curves run, in hours of the case; plans are followed further."""

    start_h: float
    now_h: float
    end_h: float
    plans_end_h: float


def report(
    workspace: Workspace,
    personalised: Personalised,
    *,
    path: Path,
    plans: Sequence[str] = (),
    seed: int = 0,
) -> None:
    """Write the page to `path`."""
    text = render(page(workspace, personalised, plans=plans, seed=seed))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The page cannot be written: {error.strerror}.") from error


def page(
    workspace: Workspace, personalised: Personalised, *, plans: Sequence[str] = (), seed: int = 0
) -> Page:
    """Gather what one page says."""
    p, case = personalised, personalised.first.case
    for posterior in p.posteriors:
        require_fit(posterior)
    variants = tuple(q.case.variant for q in p.posteriors)
    access = granted(
        workspace,
        case.patient,
        Action.REPORT,
        twin=p.twin.name,
        version=p.twin.version,
        data="the whole record, forecasts and scores",
    )
    compared = _compared(workspace, p, plans, seed)
    aims = aims_of(p, compared.options[0].outcomes.values()) if compared else ()
    reach = span(p, plans)
    past_and_next = np.linspace(reach.start_h, reach.end_h, GRID)
    ahead = np.linspace(reach.now_h, reach.plans_end_h, GRID + 1)[1:]
    shown = evidence(workspace, twin=p.twin.name, variant=case.variant)
    subject = p.twin.variants[case.variant].subject
    return Page(
        title=f"{subject.capitalize()}: patient {case.patient}",
        about=p.twin.context.question,
        made_at=workspace.clock(),
        context=p.twin.context,
        posterior=p.first,
        levels=foreseen(p, past_and_next, plans[0] if plans else None, seed=seed),
        prior_draws=p.first.prior.draw(
            len(p.first.values), random_stream(seed, case, "population of the report")
        ),
        variants=tuple(p.twin.variants[v] for v in variants),
        weights=dict(zip(variants, map(float, p.weights), strict=True)),
        doses=doses_seen(p.twin, p.record, case.variant, case.origin),
        aims=aims,
        what_ifs=tuple(
            f for plan in plans if (f := foreseen(p, ahead, plan, seed=seed)) is not None
        ),
        comparison=compared,
        next_measurements=_worth(p, compared, reach, plans, seed),
        attainment=_attainment(p, compared, plans),
        foretold=_foretold(workspace, access),
        judged=_judged(workspace, access),
        cards=tuple(c for c in (*shown.cards, *shown.replayed) if c.patients > 1),
        evidence=tuple(p.twin.evidence(v) for v in variants),
        sources=_sources(p.record),
        refused=tuple(f"{name}: {' '.join(why)}" for name, why in p.refused.items()),
        remarks=tuple(dict.fromkeys(a for q in p.posteriors for a in q.case.assumed)),
        commands=_commands(case.patient, variants, plans, seed),
        versions={**software(), p.twin.name: p.twin.version},
        seeds={"personalise": p.first.seed, "report": seed},
        hashes=_hashes(p, shown.log.head, access.permit.id),
    )


def span(p: Personalised, plans: Sequence[str]) -> Span:
    """From when to when to draw: what was measured, and as far ahead as the plans go."""
    case = p.first.case
    ends = [
        plan.until_h
        for text in plans
        if (plan := plan_of(p.twin, p.record, case, text)) is not None
    ]
    times = [m.time_h for m in case.measurements]
    end = min([*ends, case.now_h + max(AHEAD_H, 0.5 * case.now_h)])
    return Span(
        start_h=min([0.0, *times]),
        now_h=case.now_h,
        end_h=end,
        plans_end_h=max(end, min([*ends, case.now_h + LONGEST_PLAN_H])),
    )


def _compared(
    workspace: Workspace, p: Personalised, plans: Sequence[str], seed: int
) -> Comparison | None:
    try:
        return compare(workspace, p, plans=plans, seed=seed).comparison
    except Refusal:
        raise
    except BodytwinError:
        if plans:
            raise
        return None


def _worth(
    p: Personalised, compared: Comparison | None, reach: Span, plans: Sequence[str], seed: int
) -> tuple[Worth, ...]:
    asked = measured_quantities(p.first.case)
    if compared is None or len(p.posteriors) > 1 or not asked or not plans:
        return ()
    name, unit = asked[0]
    step = min(24.0, reach.end_h - reach.now_h) / CANDIDATE_TIMES
    candidates = [
        Target(quantity=name, time_h=reach.now_h + step * (k + 1), unit=unit)
        for k in range(CANDIDATE_TIMES)
    ]
    plan = plan_of(p.twin, p.record, p.first.case, plans[0])
    return next_measurement(p.twin, p.first, compared, candidates, plan=plan, seed=seed)


def _attainment(
    p: Personalised, compared: Comparison | None, plans: Sequence[str]
) -> tuple[AttainmentCurve, ...]:
    """How often each dose that can be given meets the aim, at the interval of the first plan."""
    if compared is None:
        return ()
    shown = _giveable(p, plans) or compared
    aimed = [name for name, o in shown.options[0].outcomes.items() if o.has_aim]
    return tuple(AttainmentCurve.of(shown, name) for name in aimed)


def _giveable(p: Personalised, plans: Sequence[str]) -> Comparison | None:
    every = plans[0].rpartition(" every ")[2].split(" h")[0] if plans else ""
    if len(p.posteriors) > 1 or not every:
        return None
    thin = replace(p.first, values=p.first.values[:SHOWN_DRAWS])
    given = [q for q in proposals(p.twin, thin.case) if q.name.endswith(f" every {every} h")]
    if len(given) < 2:
        return None
    wish = p.twin.utility(thin.case)
    found = options(p.twin, thin, given, wish)
    met = [max(o.probability_in_target.values(), default=0.0) for o in found]
    near = [o for o, share in zip(found, met, strict=True) if share > RARELY][:MOST_DOSES]
    return judged(
        near or found[:MOST_DOSES],
        may_rank=False,
        words=wish.words,
        posteriors=(thin,),
        remarks=(),
        seed=p.first.seed,
    )


def _foretold(workspace: Workspace, access: Access) -> tuple[Foretold, ...]:
    return tuple(
        Foretold(forecast=r.forecast, standing=r.standing.value, registered_at=r.registered_at)
        for r in forecasts(workspace.store, access, unscored=True)
        if not scored_targets(workspace.store, r.forecast.id)
    )


def _judged(workspace: Workspace, access: Access) -> tuple[Judged, ...]:
    when = {r.forecast.id: r.registered_at for r in forecasts(workspace.store, access)}
    return tuple(
        Judged(score=s, standing=standing, registered_at=when.get(s.about.forecast))
        for s, standing in scores(workspace.store, access)
    )


def _sources(record: Record) -> tuple[Provenance, ...]:
    rows = (*record.observations, *record.treatments, *record.covariates)
    first: dict[str, Provenance] = {}
    for row in rows:
        first.setdefault(row.provenance.source_sha256, row.provenance)
    return tuple(first.values())


def _commands(
    patient: str, variants: Sequence[str], plans: Sequence[str], seed: int
) -> tuple[str, ...]:
    named = " ".join(f"--variant {v}" for v in variants)
    tried = " ".join(f'--plan "{plan}"' for plan in plans)
    return (
        f"bodytwin personalise {patient} {named}",
        f"bodytwin report {patient} {named} {tried} --seed {seed}".replace("  ", " "),
    )


def _hashes(p: Personalised, head: str, permit: str) -> Mapping[str, str]:
    return {
        **{f"posterior {q.case.variant}": q.id for q in p.posteriors},
        "case": p.first.case.digest,
        "log": head,
        "permit": permit,
    }
