"""Inference where one run of the simulator takes seconds: through an emulator, then checked.

The simulator runs at points spread over the prior; a Gaussian process of each
observation takes its place, its own error added to that of measuring; a cheap
method samples; and the simulator runs again where the draws lie. Where it
misses by more than a part of the error of measuring, these runs join the others
and all is repeated. (After Conti et al. 2009, *Biometrika* 96:663, and history
matching, Vernon et al. 2010, *Bayesian Analysis* 5:619, in one sweep.)

Not for: outputs with jumps, more than some ten unknowns.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import solve_triangular

from bodytwin.numerics.emulate import Process, design, learn, leave_one_out
from bodytwin.numerics.inference.escalate import Escalating
from bodytwin.numerics.inference.problem import Array, Observed, Problem
from bodytwin.numerics.inference.sample import Method, Progress, Sample, silent


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """`runs_per_unknown` first runs, then up to `rounds` times `again` where the draws lie.

    Trusted where the root mean square of what the emulator missed there is at
    most `tolerance` of the standard deviation of each observation.
    """

    runs_per_unknown: int = 8
    again: int = 24
    rounds: int = 3
    tolerance: float = 0.3
    inner: Method = field(default_factory=Escalating)

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Draw from the posterior of `problem` with few calls of its simulator."""
        x = design(
            runs=self.runs_per_unknown * problem.size,
            unknowns=problem.size,
            seed=int(rng.integers(2**31)),
        )
        progress(f"Running {len(x)} hearts, bodies or organs of the population", 0.0)
        y = _run(problem, x)
        missed, sample, used = np.inf, None, 0
        for turn in range(self.rounds):
            kept = np.isfinite(y).all(axis=1)
            used = int(kept.sum())
            stand_in = _learned(x[kept], y[kept])
            progress("Sampling from the emulator", (turn + 0.5) / (self.rounds + 1))
            sample = self.inner.sample(_emulated(problem, stand_in), rng)
            z = sample.resampled(self.again, rng)
            there = _standard(problem, z)
            progress(f"Running {len(z)} draws to check", (turn + 1) / (self.rounds + 1))
            true = _run(problem, there)
            missed = _missed(problem.observed, stand_in, there, true)
            x, y = np.vstack([x, there]), np.vstack([y, true])
            if missed <= self.tolerance:
                break
        assert sample is not None
        return replace(
            sample,
            method=f"emulator of {used} runs, then {sample.method}",
            reason=f"One run is expensive, so an emulator stood in; at {self.again} draws of the "
            f"result it missed the simulator by {missed:.2f} of the error of measuring (root mean "
            f"square; at most {self.tolerance:g} is allowed). {sample.reason}",
            trusted=sample.trusted and missed <= self.tolerance,
            diagnostics={**sample.diagnostics, "runs": float(len(x)), "emulator_missed": missed},
            best=_best(problem, x, y),
        )


def _best(problem: Problem, x: Array, y: Array) -> Array:
    """Of the points that were run, (runs, p) with what came out (runs, n), the most probable."""
    z = problem.mean + x @ problem.cholesky.T
    density = problem.log_prior(z) + problem.observed.log_density(y).sum(axis=-1)
    return z[np.argmax(density)]


def _run(problem: Problem, x: Array) -> Array:
    return problem.predict(problem.mean + x @ problem.cholesky.T)


def _standard(problem: Problem, z: Array) -> Array:
    """The unknowns as standard normal numbers, (b, p)."""
    return np.asarray(solve_triangular(problem.cholesky, (z - problem.mean).T, lower=True)).T


def _learned(x: Array, y: Array) -> list[tuple[Process, float]]:
    """A process for each observation, and the factor by which its sd is to be widened."""
    made = [learn(x, y[:, j]) for j in range(y.shape[1])]
    return [(p, max(1.0, leave_one_out(p).factor / 1.96)) for p in made]


def _emulated(problem: Problem, stand_in: list[tuple[Process, float]]) -> Problem:
    at_mean = np.zeros((1, problem.size))
    own = np.array([factor * p.predict(at_mean)[1][0] for p, factor in stand_in])
    middle = np.array([p.predict(at_mean)[0][0] for p, _ in stand_in])
    seen = problem.observed

    def predict(z: Array) -> Array:
        x = _standard(problem, z)
        return np.column_stack([p.predict(x)[0] for p, _ in stand_in])

    log = seen.log_sd > 0
    relative = own / np.maximum(np.abs(middle), 1e-12)
    wider = replace(
        seen,
        additive_sd=np.where(log, seen.additive_sd, np.hypot(seen.additive_sd, own)),
        log_sd=np.where(log, np.hypot(seen.log_sd, relative), 0.0),
    )
    return replace(problem, observed=wider, predict=predict)


def _missed(seen: Observed, stand_in: list[tuple[Process, float]], x: Array, true: Array) -> float:
    """Root mean square of emulator minus simulator, in standard deviations of the observation."""
    ran = np.isfinite(true).all(axis=1)
    if ran.mean() < 0.8:
        return np.inf
    guess = np.column_stack([p.predict(x[ran])[0] for p, _ in stand_in])
    gap = guess - true[ran]
    log = seen.log_sd > 0
    gap[:, log] = np.log(np.maximum(guess[:, log], 1e-12) / true[ran][:, log])
    return float(np.sqrt(np.mean((gap / seen.sd(true[ran])) ** 2, axis=0)).max())
