"""Three models, 1000 simulated patients each: are true parameters uniform among their draws?

Ranks and coverage have a chance of failing even where all is right: each of the
eleven ranks one in a hundred, so about one seed in ten fails somewhere. The seed
is fixed; it was not searched for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bodytwin.contract import personalise
from bodytwin.contract.personalise import problem_of, with_error
from bodytwin.twins.dosing.model import ABSORBED, CENTRAL, Dose
from bodytwin.twins.dosing.population import PopulationModel, load, read
from bodytwin.twins.dosing.twin import DosingTwin
from bodytwin.validity.calibration import central_share, sbc_ranks, uniformity_p
from verification.dosing.simulated import case

ORAL = Path(__file__).parents[1] / "monolix" / "models" / "run001.toml"
PATIENTS, RANKED = 1000, 199


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What is done to one simulated patient before any value is known."""

    doses: tuple[Dose, ...]
    times_h: tuple[float, ...]
    covariates: tuple[float, ...] = ()


def looks(rng: np.random.Generator, earliest_h: float, latest_h: float, most: int):
    count = int(rng.integers(1, most + 1))
    return tuple(float(t) for t in np.sort(rng.uniform(earliest_h, latest_h, count)))


def infusions(rng: np.random.Generator) -> Visit:
    interval, amount = rng.choice([8.0, 12.0, 24.0]), rng.choice([750.0, 1000.0, 1500.0])
    doses = tuple(
        Dose(time_h=interval * k, amount=amount, into=CENTRAL, duration_h=amount / 1000)
        for k in range(6)
    )
    weight, clearance = rng.uniform(45, 130), rng.uniform(15, 140)
    haemodialysis = float(rng.random() < 0.2)
    return Visit(
        doses=doses,
        times_h=looks(rng, 1.6, 6 * interval, 5),
        covariates=(weight, clearance, haemodialysis),
    )


def tablets(rng: np.random.Generator) -> Visit:
    doses = tuple(Dose(time_h=24.0 * k, amount=10000.0, into=ABSORBED) for k in range(3))
    return Visit(doses=doses, times_h=looks(rng, 0.5, 96, 6))


def neonate(rng: np.random.Generator) -> Visit:
    weight = rng.uniform(0.7, 3.5)
    load_then_keep = [20.0, *[2.5] * 9]
    doses = tuple(
        Dose(time_h=12.0 * k, amount=per_kg * weight, into=CENTRAL)
        for k, per_kg in enumerate(load_then_keep)
    )
    return Visit(
        doses=doses,
        times_h=looks(rng, 1, 150, 4),
        covariates=(weight, float(rng.integers(2, 10))),
    )


MODELS: dict[str, tuple[Callable[[], PopulationModel], Callable[..., Visit]]] = {
    "two compartments, infusions, covariates": (lambda: load("vancomycin_goti_2018"), infusions),
    "one compartment, tablets": (lambda: read("run001", ORAL.read_bytes()), tablets),
    "one compartment, neonates": (lambda: load("phenobarbital_grasela_1985"), neonate),
}


def simulated(twin: DosingTwin, model: PopulationModel, visit: Visit, rng: np.random.Generator):
    """A case with data from a patient of the prior, and the patient's parameters (1, p)."""
    blank = case(
        model,
        patient=f"{rng.integers(1 << 60):x}",
        doses=visit.doses,
        times_h=visit.times_h,
        values=np.zeros(len(visit.times_h)),
        covariates=visit.covariates,
    )
    truth = twin.prior(blank).draw(1, rng)
    exact = twin.simulate(blank, truth, None, [m.target for m in blank.measurements])[0]
    error = model.quantities["concentration"].error
    read_out = with_error(exact, error, rng.standard_normal(exact.shape))
    return case(
        model,
        patient=blank.patient,
        doses=visit.doses,
        times_h=visit.times_h,
        values=read_out,
        covariates=visit.covariates,
    ), truth


@pytest.mark.parametrize("which", MODELS)
def test_true_parameters_are_uniform_among_their_draws(which):
    make, visit = MODELS[which]
    model = make()
    twin = DosingTwin({model.name: model})
    rng = np.random.default_rng(20260101)
    truths, draws, methods, untrusted = [], [], [], 0
    for _ in range(PATIENTS):
        patient, truth = simulated(twin, model, visit(rng), rng)
        posterior = personalise(twin, patient)
        prior = posterior.prior
        problem = problem_of(twin, patient, prior)
        every = np.concatenate([truth, posterior.values[:RANKED]])
        height = problem.log_likelihood(prior.unconstrain(every))
        every = np.column_stack([every, height])
        truths.append(every[0])
        draws.append(every[1:])
        methods.append(posterior.method.name)
        untrusted += not posterior.method.trusted
    ranks = sbc_ranks(np.array(truths), np.array(draws), rng=rng)
    names = (*model.varying, "log-likelihood")
    p = {n: uniformity_p(r, draws=RANKED, bins=20) for n, r in zip(names, ranks.T, strict=True)}
    share = dict(zip(names, central_share(ranks, draws=RANKED), strict=True))
    kinds = {m: methods.count(m) for m in sorted(set(methods))}
    print(f"\n{which}: {PATIENTS} patients, {kinds}, {untrusted} not trusted")
    for name in names:
        print(f"  {name:28s} p of uniform ranks {p[name]:.3f}, 90 % interval {share[name]:.1%}")
    assert untrusted <= PATIENTS // 100
    assert min(p.values()) > 0.01
    assert all(0.87 <= share[name] <= 0.93 for name in model.varying)
