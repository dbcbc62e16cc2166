"""Which phenobarbital regimen keeps this neonate between 15 and 40 mg/L?

    python examples/which_dose_next.py

Writes which_dose_next.html beside the current folder's other files.
"""

# %% One real neonate, from a NONMEM-style table
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bodytwin.contract import Target, catalogue, compare, forecast, personalise
from bodytwin.importers.table import TableMapping, read
from bodytwin.report import Page, render

DATA = Path(__file__).parent / "data"
PLANS = ("2 mg every 12 h", "2.5 mg every 12 h", "3.5 mg every 12 h", "5 mg every 12 h")


def main(folder: Path) -> dict[str, float]:
    """Compare the plans, write the page, and return how often each meets the range."""
    mapping = TableMapping.load((DATA / "phenobarbital_neonates.toml").read_bytes())
    table = (DATA / "phenobarbital_neonates.csv").read_bytes()
    neonate = read(table, mapping).records[0]

    # %% The twin, personalised
    twin = catalogue().twin("dosing")
    case = twin.observe(neonate, variant="phenobarbital_grasela_1985")
    posterior = personalise(twin, case, seed=1)

    # %% Four regimens on the same draws
    plans = [twin.plan_from_text(case, text) for text in PLANS]
    found = compare(twin, posterior, plans)
    print(found.ranking)

    # %% One page
    hours = np.linspace(0, case.now_h + 72, 160)
    curve = [Target(quantity="concentration", time_h=float(t), unit="mg/L") for t in hours]
    page = Page(
        title="Phenobarbital in one neonate",
        about=twin.context.question,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        context=twin.context,
        posterior=posterior,
        levels=forecast(twin, posterior, curve, plan=plans[0]),
        comparison=found,
        evidence=(twin.evidence(case.variant),),
    )
    (folder / "which_dose_next.html").write_text(render(page), encoding="utf-8")
    return {o.plan: o.probability_in_target["trough"] for o in found.options}


if __name__ == "__main__":
    for name, share in main(Path()).items():
        print(f"{name}: in range with probability {share:.0%}")
