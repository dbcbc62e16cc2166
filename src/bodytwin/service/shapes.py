"""Answers as plain values: the stable shapes behind `--json`, listed in docs/reference/cli.md.

Times are ISO 8601 in UTC; a number that does not exist is null, never NaN.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from bodytwin.contract.forecast import Band
from bodytwin.contract.posterior import Posterior
from bodytwin.governance import fhir_consent
from bodytwin.governance.entry import Outcome
from bodytwin.record import Provenance, Treatment
from bodytwin.service.auditing import Told
from bodytwin.service.comparing import Compared
from bodytwin.service.consenting import Shown as Consented
from bodytwin.service.evidence import Shown
from bodytwin.service.importing import Took
from bodytwin.service.people import Timeline
from bodytwin.service.personalising import Personalised
from bodytwin.service.scoring import Scored, Scoring
from bodytwin.service.validating import Validation
from bodytwin.store.forecasts import Registered
from bodytwin.store.records import Known
from bodytwin.store.rows import KINDS, quantity_of
from bodytwin.validity.claim import Evidence
from bodytwin.validity.scorecard import ScoreCard

Shape = dict[str, Any]


def plain(value: Any) -> Any:
    """Values that JSON can hold."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return value


def took(t: Took) -> Shape:
    """What one file brought."""
    shape = {
        "sha256": t.added.source,
        "reader": t.report.reader,
        "new": t.added.new,
        "known": t.added.known,
        "patients": t.added.patients,
        "counts": t.report.counts,
        "not_read": t.report.not_read,
        "held_back": t.report.held_back,
        "remarks": t.report.remarks,
    }
    return plain(shape)


def known(t: Timeline) -> Shape:
    """Everything known of one patient."""
    shape = {
        "patient": t.patient,
        "sex": t.demographics.sex,
        "birth_date": t.demographics.birth_date,
        "facts": [fact(f) for f in t.facts],
    }
    return plain(shape)


def fact(known: Known) -> Shape:
    """One fact of a record with its standing and sources."""
    f = known.fact
    quantity = quantity_of(f)
    shape = {
        "kind": KINDS[type(f)],
        "time": f.instant.moment,
        "precision": f.instant.precision,
        "zone_assumed": f.instant.zone_assumed,
        "system": f.code.system,
        "code": f.code.code,
        "display": f.code.display,
        "value": quantity.value,
        "unit": quantity.unit,
        "comparator": quantity.comparator,
        "route": f.route if isinstance(f, Treatment) else None,
        "duration_h": f.duration_h if isinstance(f, Treatment) else None,
        "recorded_at": known.recorded_at,
        "conflict": known.conflict,
        "superseded": known.superseded,
        "sources": [_provenance(p) for p in known.sources],
    }
    return plain(shape)


def _provenance(p: Provenance) -> Shape:
    return {"sha256": p.source_sha256, "path": p.path, "reader": p.reader}


def personalised(p: Personalised) -> Shape:
    """Posteriors of one patient."""
    first = p.first.case
    return plain(
        {
            "patient": first.patient,
            "twin": first.twin,
            "version": first.version,
            "as_of": first.as_of,
            "posteriors": [
                posterior(q, weight=float(w)) for q, w in zip(p.posteriors, p.weights, strict=True)
            ],
            "refused": p.refused,
        }
    )


def posterior(q: Posterior, *, weight: float) -> Shape:
    """One posterior: parameters with their intervals, and how it was made."""
    told = q.shrinkage
    return plain(
        {
            "id": q.id,
            "variant": q.case.variant,
            "weight": weight,
            "parent": q.parent,
            "measurements": len(q.case.measurements),
            "parameters": [
                {
                    "name": p.name,
                    **asdict(Band.of(q[p.name], p.unit)),
                    "population_median": p.median,
                    "learned": told[p.name],
                }
                for p in q.prior.parameters
            ],
            "method": q.method.name,
            "method_reason": q.method.reason,
            "trusted": q.method.trusted,
            "describes_the_data": q.fit.describes_the_data,
            "tail_probability": q.fit.tail_probability,
            "fit": q.fit.words,
            "assumed": q.case.assumed,
            "left_out": q.case.left_out,
            "draws": len(q.values),
            "seed": q.seed,
        }
    )


def registered(r: Registered) -> Shape:
    """A registered forecast with the intervals of every target."""
    f = r.forecast
    return plain(
        {
            "id": f.id,
            "patient": f.patient,
            "twin": f.twin,
            "version": f.version,
            "variant": f.variant,
            "plan": f.plan,
            "as_of": r.as_of,
            "standing": r.standing,
            "registered_at": r.registered_at,
            "posteriors": f.posterior.split(),
            "targets": [
                {
                    "quantity": t.quantity,
                    "time": r.moment(j),
                    "hours_ahead": t.time_h - f.issued_h,
                    **asdict(f.band(j)),
                    "true_value": asdict(f.latent_band(j)),
                    "population": asdict(Band.of(f.prior_observable[:, j], t.unit)),
                    "last_value": float(f.last_value[j]),
                }
                for j, t in enumerate(f.targets)
            ],
            "remarks": f.remarks,
        }
    )


def compared(c: Compared) -> Shape:
    """Plans side by side."""
    found = c.comparison
    return plain(
        {
            "id": c.id,
            "patient": found.patient,
            "twin": found.twin,
            "version": found.version,
            "variant": found.variant,
            "posteriors": found.posteriors,
            "utility": found.utility_words,
            "proposed": c.proposed,
            "best": found.best,
            "ranking": found.ranking,
            "expected_value_of_perfect_information": (found.expected_value_of_perfect_information),
            "options": [
                {
                    "plan": o.plan,
                    "outcomes": [
                        {
                            "name": name,
                            **asdict(Band.of(outcome.draws, outcome.unit)),
                            "words": outcome.words,
                            "probability": o.probability.get(name),
                            "probability_in_target": o.probability_in_target.get(name),
                            "probability_of_harm": o.probability_of_harm.get(name),
                        }
                        for name, outcome in o.outcomes.items()
                    ],
                    **{k: v for k, v in asdict(verdict).items() if k != "plan"},
                }
                for o, verdict in zip(found.options, found.verdicts, strict=True)
            ],
            "remarks": found.remarks,
        }
    )


def scoring(s: Scoring) -> Shape:
    """What was scored, and what waits."""
    return plain(
        {
            "scored": [scored(one) for one in s.scored],
            "waiting": s.waiting,
            "failed": s.failed,
        }
    )


def scored(one: Scored) -> Shape:
    """One forecast beside its outcome."""
    said = {k: v for k, v in asdict(one.score).items() if k != "about"}
    return plain(
        {
            "forecast": one.forecast.forecast.id,
            "patient": one.forecast.forecast.patient,
            "standing": one.forecast.standing,
            "quantity": one.score.about.quantity,
            "unit": one.score.about.unit,
            "time": one.forecast.moment(one.target),
            "measured_at": one.forecast.origin + timedelta(hours=one.score.about.time_h),
            "basis": one.basis,
            **said,
            "words": one.score.words,
        }
    )


def card(c: ScoreCard) -> Shape:
    """A score card without the single scores."""
    shape = {f.name: getattr(c, f.name) for f in fields(c) if f.name != "scores"}
    return plain({**shape, "level": c.level.name, "words": c.words})


def evidence(e: Evidence) -> Shape:
    """Claims of one model, with what supports them."""
    return plain({**asdict(e), "level": e.level.name, "may_rank": e.may_rank})


def shown(s: Shown) -> Shape:
    """Claims, cards of this store, and the state of the log."""
    return plain(
        {
            "evidence": [evidence(e) for e in s.evidence],
            "cards": _cards(s.cards),
            "replayed": _cards(s.replayed),
            "log": {**asdict(s.log), "sound": s.log.sound},
        }
    )


def validation(v: Validation) -> Shape:
    """What a replay of all patients found."""
    return plain(
        {
            "twin": v.twin,
            "variant": v.variant,
            "patients": v.patients,
            "learned_from": v.learned_from,
            "withheld": v.withheld,
            "left_out": v.left_out,
            "cards": _cards(v.cards),
        }
    )


def _cards(found: Sequence[ScoreCard]) -> list[Shape]:
    return [card(c) for c in found]


def consented(c: Consented) -> Shape:
    """One consent, in sentences and as FHIR."""
    made = c.consent
    return plain(
        {
            "id": made.id,
            "status": made.status,
            "given_at": made.given_at,
            "from": made.root.period.start if made.root.period else None,
            "until": made.root.period.end if made.root.period else None,
            "basis": made.basis,
            "decision": made.root.kind,
            "sentences": c.sentences,
            "in_force": c.in_force,
            "editable": True,
            "fhir": fhir_consent.write(made),
        }
    )


def told(t: Told) -> Shape:
    """One entry of the log as the patient reads it."""
    e, d = t.entry, t.details
    return plain(
        {
            "index": e.index,
            "time": e.time,
            "kind": e.kind,
            "actor": e.actor,
            "role": e.role,
            "organisation": e.organisation,
            "purpose": e.purpose,
            "purpose_words": t.purpose_words,
            "action": e.action,
            "words": t.words,
            "outcome": e.outcome,
            "rule": e.rule,
            "reasons": d.reasons if d and e.outcome == Outcome.REFUSED else (),
            "twin": d.twin if d else "",
            "version": d.version if d else "",
            "data": d.data if d else "",
            "emergency": e.purpose == "BTG",
        }
    )
