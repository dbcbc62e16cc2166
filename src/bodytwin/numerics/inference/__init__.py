"""From what was observed to draws of what is unknown, and from many subjects to their population.

`Escalating` is the default method; every method takes a `Problem` and returns a `Sample`.
"""

from bodytwin.numerics.inference.batch import Batch
from bodytwin.numerics.inference.emulated import Emulated
from bodytwin.numerics.inference.escalate import Escalating
from bodytwin.numerics.inference.importance import ImportanceSampling
from bodytwin.numerics.inference.laplace import Laplace
from bodytwin.numerics.inference.modes import Modes, find_modes, multistart
from bodytwin.numerics.inference.population import (
    PopulationFit,
    PopulationParameters,
    PopulationProblem,
    estimate,
)
from bodytwin.numerics.inference.problem import Censoring, Observed, Problem
from bodytwin.numerics.inference.sample import Method, Progress, Sample, silent, systematic
from bodytwin.numerics.inference.smc import TemperedSMC

__all__ = [
    "Batch",
    "Censoring",
    "Emulated",
    "Escalating",
    "ImportanceSampling",
    "Laplace",
    "Method",
    "Modes",
    "Observed",
    "PopulationFit",
    "PopulationParameters",
    "PopulationProblem",
    "Problem",
    "Progress",
    "Sample",
    "TemperedSMC",
    "estimate",
    "find_modes",
    "multistart",
    "silent",
    "systematic",
]
