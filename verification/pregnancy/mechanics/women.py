"""Of how many virtual women can the mechanics be computed? `... mechanics.women 500`.

Women of 25 and 27 weeks with measures, tissue and pressure drawn from their published spread, on
the coarsest mesh. Prints how many were refused by their measures, how many failed and why, and
the stretch about the internal os of the others. `... women 20 33` asks for week 33.
"""

import sys

import numpy as np

from bodytwin.errors import InvalidParameterError, NumericalError
from bodytwin.twins.pregnancy.model.measures import measures
from bodytwin.twins.pregnancy.model.mechanics import Load, readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from bodytwin.twins.pregnancy.model.pressure import amniotic_pressure
from bodytwin.twins.pregnancy.model.tissue import tissues
from bodytwin.twins.pregnancy.model.women import drawn

WEEKS = (25.0, 27.0)


def computed(count, weeks=WEEKS, seed=5):
    """Refusals, failures (each a sentence) and readings of `count` women."""
    rng = np.random.default_rng(seed)
    refused, failed, found = [], [], []
    tissue = tissues(rng.standard_normal((count, 9)))
    for k in range(count):
        week = weeks[k % len(weeks)]
        pressure = amniotic_pressure(week=week)
        drawn_kpa = pressure.mean_kpa + pressure.sd_kpa * rng.standard_normal()
        try:
            uterus = half_uterus(measures(drawn(week, rng, 1)[0]))
        except InvalidParameterError as error:
            refused.append(str(error))
            continue
        except NumericalError as error:
            failed.append(str(error))
            continue
        try:
            load = Load(tissue=tissue[k], week=week, pressure_kpa=max(drawn_kpa, 0.2))
            found.append(readings(seen_under(uterus, load)))
        except NumericalError as error:
            failed.append(str(error))
    return refused, failed, found


def main():
    """Print the counts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    refused, failed, found = computed(count, [float(w) for w in sys.argv[2:]] or WEEKS)
    print(f"{count} women: {len(found)} computed, {len(failed)} failed, {len(refused)} refused")
    for why in (*failed[:8], *refused[:8]):
        print(f"  {why}")
    stretch = np.array([r.internal_os for r in found])
    print("stretch about the internal os, 5, 50, 95 %:", np.quantile(stretch, [0.05, 0.5, 0.95]))


if __name__ == "__main__":
    main()
