"""Report: everything that is known, forecast and compared of one patient, on one HTML page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bodytwin.contract import forecast as foresee
from bodytwin.contract import next_measurement
from bodytwin.contract.average import average_forecasts
from bodytwin.contract.case import Target
from bodytwin.contract.compare import judged, options
from bodytwin.contract.comparison import Comparison
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.next_measurement import Worth
from bodytwin.contract.personalise import random_stream, require_fit
from bodytwin.contract.twin import Outcome, Twin
from bodytwin.errors import BodytwinError, Refusal, StoreError
from bodytwin.governance.request import Action
from bodytwin.record import Provenance, Record
from bodytwin.report import Aim, AttainmentCurve, DoseGiven, Foretold, Judged, Page, render
from bodytwin.service.access import granted
from bodytwin.service.comparing import compare
from bodytwin.service.evidence import evidence
from bodytwin.service.forecasting import measured_quantities
from bodytwin.service.personalising import Personalised
from bodytwin.service.words import plan_of, proposals
from bodytwin.service.workspace import Workspace, software
from bodytwin.store.access import Access
from bodytwin.store.forecasts import forecasts
from bodytwin.store.scores import scored_targets, scores

GRID = 160
AHEAD_H = 48.0
LONGEST_PLAN_H = 336.0
SHOWN_DRAWS = 1000
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
    aims = _aims(p, compared)
    span = _span(p, plans)
    past_and_next = np.linspace(span.start_h, span.end_h, GRID)
    ahead = np.linspace(span.now_h, span.plans_end_h, GRID + 1)[1:]
    shown = evidence(workspace, twin=p.twin.name, variant=case.variant)
    subject = p.twin.variants[case.variant].subject
    return Page(
        title=f"{subject.capitalize()}: patient {case.patient}",
        about=p.twin.context.question,
        made_at=workspace.clock(),
        context=p.twin.context,
        posterior=p.first,
        levels=_curve(p, past_and_next, plans[0] if plans else None, seed),
        prior_draws=p.first.prior.draw(
            len(p.first.values), random_stream(seed, case, "population of the report")
        ),
        variants=tuple(p.twin.variants[v] for v in variants),
        weights=dict(zip(variants, map(float, p.weights), strict=True)),
        doses=doses_seen(p.twin, p.record, case.variant, case.origin),
        aims=aims,
        what_ifs=tuple(f for plan in plans if (f := _curve(p, ahead, plan, seed)) is not None),
        comparison=compared,
        next_measurements=_worth(p, compared, span, plans, seed),
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
        hashes=_hashes(p, shown.log.head),
    )


def _span(p: Personalised, plans: Sequence[str]) -> Span:
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


def _curve(p: Personalised, times_h: Any, plan: str | None, seed: int) -> Forecast | None:
    """What would be read at every time of a grid: for looking at, not for the log."""
    targets = [
        Target(quantity=name, time_h=float(t), unit=unit)
        for name, unit in measured_quantities(p.first.case)
        for t in times_h
    ]
    if not targets:
        return None
    said = [
        foresee(
            p.twin,
            replace(q, values=q.values[:SHOWN_DRAWS]),
            targets,
            plan=plan_of(p.twin, p.record, q.case, plan),
            seed=seed,
        )
        for q in p.posteriors
    ]
    return said[0] if len(said) == 1 else average_forecasts(said, p.weights)


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


def _aims(p: Personalised, compared: Comparison | None) -> tuple[Aim, ...]:
    """The range and the limit of harm, where an outcome is in the unit of a quantity."""
    if compared is None:
        return ()
    outcomes = list(compared.options[0].outcomes.values())
    return tuple(
        _aim(name, unit, [o for o in outcomes if o.unit == unit])
        for name, unit in measured_quantities(p.first.case)
        if any(o.unit == unit and (o.has_aim or o.has_limit) for o in outcomes)
    )


def _aim(quantity: str, unit: str, outcomes: Sequence[Outcome]) -> Aim:
    aimed = next((o for o in outcomes if o.has_aim), None)
    limited = next((o for o in outcomes if o.has_limit), None)
    return Aim(
        quantity=quantity,
        unit=unit,
        low=aimed.low if aimed else None,
        high=aimed.high if aimed else None,
        harm_above=limited.harm_above if limited else None,
        harm_below=limited.harm_below if limited else None,
        words="; ".join(dict.fromkeys(o.words for o in (aimed, limited) if o and o.words)),
    )


def _worth(
    p: Personalised, compared: Comparison | None, span: Span, plans: Sequence[str], seed: int
) -> tuple[Worth, ...]:
    asked = measured_quantities(p.first.case)
    if compared is None or len(p.posteriors) > 1 or not asked or not plans:
        return ()
    name, unit = asked[0]
    step = min(24.0, span.end_h - span.now_h) / CANDIDATE_TIMES
    candidates = [
        Target(quantity=name, time_h=span.now_h + step * (k + 1), unit=unit)
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


def doses_seen(twin: Twin, record: Record, variant: str, origin: datetime) -> tuple[DoseGiven, ...]:
    """The doses that matter to a model: those without which it would see another case."""
    whole = twin.observe(record, variant=variant).digest
    mattering = {
        code
        for code in {t.code for t in record.treatments}
        if _without(twin, record, variant, code) != whole
    }
    return tuple(
        DoseGiven(
            time_h=t.instant.hours_since(origin),
            amount=t.amount.value,
            unit=t.amount.unit,
            duration_h=t.duration_h or 0.0,
            words=t.route.value,
        )
        for t in record.treatments
        if t.code in mattering
    )


def _without(twin: Twin, record: Record, variant: str, code: Any) -> str:
    rest = tuple(t for t in record.treatments if t.code != code)
    try:
        return twin.observe(replace(record, treatments=rest), variant=variant).digest
    except Refusal:
        return ""


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


def _hashes(p: Personalised, head: str) -> Mapping[str, str]:
    return {
        **{f"posterior {q.case.variant}": q.id for q in p.posteriors},
        "case": p.first.case.digest,
        "log": head,
    }
