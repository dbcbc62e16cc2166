"""A made-up neonate on a medicine that one compartment describes, as a page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from bodytwin.contract import (
    Case,
    Comparison,
    ErrorModel,
    Fit,
    Forecast,
    Measurement,
    MethodRecord,
    Option,
    Outcome,
    Parameter,
    Posterior,
    Prior,
    Target,
    Variant,
    Worth,
)
from bodytwin.contract.compare import verdicts_of
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.record import Provenance
from bodytwin.report import Aim, DoseGiven, Foretold, Judged, Page
from bodytwin.validity.claim import Claim, ContextOfUse, Evidence, Finding, Level, Support
from bodytwin.validity.envelope import Applicability, Where
from bodytwin.validity.score import About, score
from bodytwin.validity.score import Outcome as Seen
from bodytwin.validity.scorecard import scorecard

ORIGIN = datetime(2024, 3, 12, 8, 0, tzinfo=UTC)
NOW_H, UNTIL_H, DRAWS = 98.0, 216.0, 1500
ERROR = ErrorModel(proportional_sd=0.1, additive_sd=0.5)
PLANS = {"3 mg every 12 h": 3.0, "4 mg every 12 h": 4.0, "5 mg every 12 h": 5.0}
GIVEN = (
    DoseGiven(time_h=0.0, amount=24.0, unit="mg", words="loading dose, intravenous"),
    *(DoseGiven(time_h=12.0 * k, amount=4.0, unit="mg") for k in range(1, 9)),
)
SEEN = ((2.0, 19.6), (26.0, 24.1), (74.0, 31.4), (96.0, 33.8))
CONTEXT = ContextOfUse(
    question="Which dose, how often, keeps this patient's drug level in range?",
    population="Newborns in the first two weeks, 0.6 to 3.6 kg",
    not_for="Newborns on extracorporeal support",
    influence="One source among others: a clinician decides",
    consequence="A wrong dose can sedate too deeply or fail to stop seizures",
)
PRIOR = Prior(
    parameters=(
        Parameter(name="clearance_l_per_h", unit="L/h", median=0.0068, sd=0.32, source="Study A"),
        Parameter(name="central_volume_l", unit="L", median=1.28, sd=0.2, source="Study A"),
        Parameter(name="absorption_per_h", unit="/h", median=1.1, sd=0.6, source="Study B"),
    ),
    correlation=np.eye(3),
)


def level(values: np.ndarray, time_h: np.ndarray, doses: Sequence[DoseGiven]) -> np.ndarray:
    k, volume = (values[:, 0] / values[:, 1])[:, None], values[:, 1][:, None]
    total = np.zeros((len(values), len(time_h)))
    for d in doses:
        since = time_h - d.time_h
        total += np.where(since >= 0, d.amount / volume * np.exp(-k * np.maximum(since, 0)), 0.0)
    return total


def planned(amount: float) -> tuple[DoseGiven, ...]:
    times = np.arange(108.0, UNTIL_H, 12.0)
    return tuple(DoseGiven(time_h=float(t), amount=amount, unit="mg", planned=True) for t in times)


def measurements(seen=SEEN) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(quantity="concentration", time_h=t, value=v, unit="mg/L", error=ERROR)
        for t, v in seen
    )


def case(seen: tuple[Measurement, ...]) -> Case:
    return Case(
        twin="dosing",
        version="0.3.0",
        variant="neonatal_sample_1985",
        patient="3f2a9c71d0b8",
        origin=ORIGIN,
        as_of=ORIGIN + timedelta(hours=NOW_H),
        inputs=(),
        measurements=seen,
        assumed=("Weight was measured once, at birth (1.4 kg), and taken to hold since.",),
        left_out=("One level without a time of sampling.",),
    )


def posterior(seen: tuple[Measurement, ...], draws: int = DRAWS) -> Posterior:
    rng = np.random.default_rng(1)
    many = PRIOR.draw(20000, rng)
    weight = np.zeros(len(many))
    for m in seen:
        predicted = level(many, np.array([m.time_h]), GIVEN)[:, 0]
        sd = np.hypot(ERROR.additive_sd, ERROR.proportional_sd * predicted)
        weight += -0.5 * ((m.value - predicted) / sd) ** 2 - np.log(sd)
    p = np.exp(weight - weight.max())
    picked = rng.choice(len(many), size=draws, p=p / p.sum())
    return Posterior(
        case=case(seen),
        prior=PRIOR,
        values=many[picked],
        method=MethodRecord(
            name="importance sampling",
            reason="the simulator is cheap and has few parameters.",
            trusted=True,
            log_evidence=-11.2,
            diagnostics={"pareto_k": 0.31, "effective_draws": 1240.0},
        ),
        fit=Fit(
            residuals=(0.2, -0.4, 0.6, 0.1),
            tail_probability=0.61,
            describes_the_data=True,
            words="The model describes the 4 measurements.",
        ),
        seed=1,
    )


def forecast(
    q: Posterior, times: np.ndarray, plan: str, doses: Sequence[DoseGiven], last: float = 33.8
) -> Forecast:
    rng = np.random.default_rng(2)
    latent = level(q.values, times, doses)
    before = level(q.prior.draw(len(q.values), rng), times, doses)
    noise = rng.standard_normal(latent.shape)
    return Forecast(
        patient=q.case.patient,
        twin="dosing",
        version="0.3.0",
        variant=q.case.variant,
        plan=plan,
        posterior=q.id,
        made_with=q.method.name,
        issued_h=NOW_H,
        targets=tuple(
            Target(quantity="concentration", time_h=float(t), unit="mg/L") for t in times
        ),
        latent=latent,
        observable=latent + noise * np.hypot(0.5, 0.1 * latent),
        prior_observable=before + noise * np.hypot(0.5, 0.1 * before),
        last_value=np.full(len(times), last),
        remarks=(),
        seed=2,
    )


def comparison(q: Posterior, *, best: bool = True) -> Comparison:
    options = tuple(_option(q, name, amount) for name, amount in PLANS.items())
    value = np.column_stack([o.utility for o in options])
    verdicts = verdicts_of([o.plan for o in options], value)
    first = min(verdicts, key=lambda v: v.expected_regret)
    return Comparison(
        patient=q.case.patient,
        twin="dosing",
        version="0.3.0",
        variant=q.case.variant,
        posteriors=(q.id,),
        utility_words="1 point for a trough from 15 to 40 mg/L, 2 off for a peak above 50 mg/L.",
        options=options,
        verdicts=verdicts,
        expected_value_of_perfect_information=0.043,
        best=first.plan if best else None,
        ranking=f"{first.plan} is best with probability {first.probability_best:.0%}."
        if best
        else "Options are shown side by side and not ranked: on real patients the forecasts of "
        "this model have not been shown to beat the last value carried forward.",
        remarks=(),
        seed=3,
    )


def _option(q: Posterior, name: str, amount: float) -> Option:
    end = level(q.values, np.array([UNTIL_H - 0.01]), (*GIVEN, *planned(amount)))[:, 0]
    peak = end + amount / q.values[:, 1]
    outcomes = {
        "trough": Outcome(
            name="trough", unit="mg/L", draws=end, words="Level just before the next dose",
            low=15.0, high=40.0,
        ),
        "peak": Outcome(
            name="peak", unit="mg/L", draws=peak, words="Highest level of the last interval",
            harm_above=50.0,
        ),
    }  # fmt: skip
    utility = 1.0 * outcomes["trough"].in_target() - 2.0 * outcomes["peak"].harmful()
    return Option(plan=name, outcomes=outcomes, utility=utility - 0.01 * np.abs(end - 30))


def judged(q: Posterior) -> tuple[Judged, ...]:
    rng, found = np.random.default_rng(4), []
    spread = {26.0: 0.3, 74.0: 0.16, 96.0: 0.11}
    for (issued, last), (time, value) in zip(SEEN[:-1], SEEN[1:], strict=True):
        middle = {26.0: 22.5, 74.0: 29.0, 96.0: 34.9}[time]
        about = About(
            twin="dosing", version="0.3.0", variant=q.case.variant, patient=q.case.patient,
            quantity="concentration", unit="mg/L", issued_h=issued, time_h=time, forecast="f" * 64,
        )  # fmt: skip
        draws = middle * np.exp(spread[time] * rng.standard_normal(2000))
        people = 27 * np.exp(0.35 * rng.standard_normal(2000))
        one = score(
            about, Seen(value=value), draws=draws, prior_draws=people, last_value=last, rng=rng
        )
        found.append(
            Judged(
                score=one,
                standing="replay" if time < 30 else "prospective",
                registered_at=ORIGIN + timedelta(hours=issued + 1),
            )
        )
    return tuple(found)


def cards():
    rng, scores = np.random.default_rng(5), []
    for patient in range(57):
        last = float("nan")
        for k in range(3):
            truth = 26 * np.exp(0.3 * rng.standard_normal())
            draws = truth * np.exp(0.12 * rng.standard_normal() + 0.13 * rng.standard_normal(500))
            about = About(
                twin="dosing", version="0.3.0", variant="neonatal_sample_1985",
                patient=f"p{patient}", quantity="concentration", unit="mg/L",
                issued_h=24.0 * k, time_h=24.0 * k + 20,
            )  # fmt: skip
            people = 26 * np.exp(0.35 * rng.standard_normal(500))
            seen = Seen(value=float(truth))
            scores.append(
                score(about, seen, draws=draws, prior_draws=people, last_value=last, rng=rng)
            )
            last = float(truth)
    return (scorecard(scores, rng=np.random.default_rng(6)),)


def evidence(
    name: str = "neonatal_sample_1985", level: Level = Level.DECISION
) -> tuple[Evidence, ...]:
    checked = Finding(
        case="verification/dosing/library", support=Support.VERIFICATION, passed=True,
        words="Agrees with an independent integration of its equations to 1e-8.",
        command="uv run pytest verification/dosing",
    )  # fmt: skip
    tried = Finding(
        case="validation/dosing/neonates", support=Support.VALIDATION, passed=True,
        words="Beats the last value carried forward by 24 % (95 % interval 13 to 31).",
        patients=57, forecasts=96, source="public data set", command="bodytwin validate",
    )  # fmt: skip
    return (
        Evidence(
            twin="dosing", version="0.3.0", variant=name, level=level,
            claims=(
                Claim(words="The equations are solved right.", findings=(checked,)),
                Claim(words="Levels of later days are foreseen.", findings=(tried,)),
            ),
            known_failures=("Levels after exchange transfusion are foretold too high.",),
        ),
    )  # fmt: skip


def sample(**changes) -> Page:
    q = posterior(measurements())
    grid = np.unique(np.concatenate([np.linspace(0, UNTIL_H, 217), 12.0 * np.arange(18) - 0.01]))
    grid = grid[grid >= 0]
    said = {name: forecast(q, grid, name, (*GIVEN, *planned(a))) for name, a in PLANS.items()}
    ahead = forecast(q, np.array([119.5]), "4 mg every 12 h", (*GIVEN, *planned(4.0)))
    page = Page(
        title="Phenobarbital in a newborn",
        about="Which maintenance dose keeps the level in range over the next five days?",
        made_at=ORIGIN + timedelta(hours=99),
        context=CONTEXT,
        posterior=q,
        levels=said["4 mg every 12 h"],
        variants=(
            Variant(
                name=q.case.variant, title="One compartment, neonates",
                population="59 preterm newborns, 0.6 to 3.6 kg", source="A study of 1985",
                subject="phenobarbital",
            ),
        ),
        doses=(*GIVEN, *planned(4.0)),
        aims=(Aim(quantity="concentration", unit="mg/L", low=15, high=40, harm_above=50),),
        what_ifs=tuple(said.values()),
        comparison=comparison(q),
        next_measurements=(
            Worth(target=Target(quantity="concentration", time_h=119.5, unit="mg/L"),
                  expected_gain=0.021, expected_gain_se=0.003, sd_before=2.9, sd_after=1.9),
            Worth(target=Target(quantity="concentration", time_h=168.0, unit="mg/L"),
                  expected_gain=0.018, expected_gain_se=0.003, sd_before=4.1, sd_after=2.2),
        ),
        foretold=(
            Foretold(forecast=ahead, standing="prospective", registered_at=page_time()),
        ),
        judged=judged(q),
        cards=cards(),
        evidence=evidence(),
        applicability=Applicability(
            Where.EDGE, ("weight is 0.72 kg, near the end of what the model saw: 0.6 to 3.6 kg.",)
        ),
        sources=tuple(
            Provenance(source_sha256="ab" * 32, path=f"row {i}", reader="table 1") for i in range(5)
        ),
        refused=("adult_sample_1999: the patient is younger than those of the study.",),
        commands=("bodytwin report 3f2a --plan '4 mg every 12 h'",),
        versions={"bodytwin": "0.1.0", "numpy": "2.1.0"},
        seeds={"forecast": 2, "comparison": 3},
        hashes={"Ledger head": "c4" * 32},
    )  # fmt: skip
    return replace(page, **changes)


def page_time() -> datetime:
    return ORIGIN + timedelta(hours=98.5)


def censored() -> tuple[Measurement, ...]:
    below = replace(measurements()[0], value=5.0, censoring=Censoring.BELOW)
    above = replace(measurements()[2], value=45.0, censoring=Censoring.ABOVE)
    return (below, measurements()[1], above)
