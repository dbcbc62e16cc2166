"""Learn the population that the tumour twin comes with, and print its data file.

uv run python -m validation.tumour.learn > src/bodytwin/twins/tumour/data/laleh_2022.toml
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from bodytwin.importers import tumour_table
from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.learn import learn
from bodytwin.twins.tumour.model.path import PathNumbers
from bodytwin.twins.tumour.model.step import StepNumbers
from bodytwin.twins.tumour.population import TumourPopulation

TABLE = Path(__file__).parents[2] / "examples/data/tumour-volumes/tumour_volumes.csv"
VARIANT = "laleh_2022"
START = PathNumbers(
    offset_mm=5.0,
    largest_mm=300.0,
    slowing_per_a=2.0,
    waning_per_a=5.0,
    wander_per_root_a=0.25,
    restlessness_log_sd=0.7,
    trend_power=0.7,
    error_log_sd=0.01,
    mean=(3.7, 0.1, 0.1),
    lower=((0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 1.0)),
)
STEPS = StepNumbers(
    log_scale=-1.5,
    span_power=0.3,
    restless_power=0.3,
    size_power=0.0,
    repeats_for=1.0,
    repeats_against=3.0,
    repeats_fade_per_a=1.0,
    unseen_stays=0.9,
    shape=(-1.0, 1.0),
)
SAID = {
    "title": "Lesion sizes under atezolizumab or docetaxel, 14 arms",
    "population": "1461 adults with lung or bladder cancer in five trials of atezolizumab or "
    "docetaxel, one lesion each, followed up to about two years",
    "source": "Ghaffari Laleh N et al. PLoS Comput Biol 2022;18:e1009822, doi "
    "10.1371/journal.pcbi.1009822: readings. Numbers learned from them by "
    "bodytwin.twins.tumour.learn",
    "licence": "MIT (data of TumorGrowth.jl)",
    "volume_per_cube": 0.52,
    "limit_mm": 5.0,
}
HEAD = """# Learned by: uv run python -m validation.tumour.learn
# offset_mm is set to the limit of measuring of RECIST 1.1, largest_mm to beyond every lesion of
# the table (228 mm), error_log_sd to whole millimetres of a usual lesion (0.3 of 30 mm); the other
# numbers are the maximum of the likelihood. Rates per year. The steps are learned after them.
"""


def text_of(found: TumourPopulation) -> str:
    """The data file of a population."""
    counts = {"patients": found.patients, "readings": found.readings}
    lines = [HEAD + "[about]", *(f"{k} = {_said(v)}" for k, v in {**SAID, **counts}.items())]
    numbers = asdict(found.numbers)
    steps = asdict(found.steps)
    lines += ["", "[numbers]", *(f"{k} = {_said(v)}" for k, v in numbers.items())]
    return "\n".join([*lines, "", "[steps]", *(f"{k} = {_said(v)}" for k, v in steps.items())])


def _said(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_said(v) for v in value) + "]"
    return f"{value:.6g}" if isinstance(value, int) or value != int(value) else f"{value:.1f}"


def main() -> None:
    """Print the data file."""
    cases = [TWIN.observe(r, variant=VARIANT) for r in tumour_table.read(TABLE.read_bytes())]
    start = TumourPopulation(
        name=VARIANT, patients=0, readings=0, numbers=START, steps=STEPS, **SAID
    )  # pyright: ignore[reportArgumentType]
    print(text_of(learn(start, cases)))


if __name__ == "__main__":
    main()
