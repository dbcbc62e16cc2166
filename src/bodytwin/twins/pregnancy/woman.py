"""What may be true of this woman, now and in a week to come?

Measures are drawn about what ultrasound said with its errors, tissue and supports from their
published spread, the pressure from that between women. In a later week contents and walls have
grown as in all women, she keeping her place among them; the cervix has softened, and the pressure
risen as it does on average.

Not for: fluid or a second child that comes or goes between the visits.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.asked import Asked
from bodytwin.twins.pregnancy.model.measures import NAMES, Measures, errors, measures
from bodytwin.twins.pregnancy.model.mechanics import Load
from bodytwin.twins.pregnancy.model.pressure import rise_kpa
from bodytwin.twins.pregnancy.model.tissue import Tissue, published, tissues
from bodytwin.twins.pregnancy.model.women import grown

LEAST_KPA = 0.1


@dataclass(frozen=True)
class Woman:
    """Measures and load of a week."""

    measures: Measures
    load: Load

    def in_week(self, week: float) -> "Woman":
        """The same woman in a later week.

        Raises:
            InvalidParameterError: what her measures grow to conflicts.

        """
        of = self.load
        if week == of.week:
            return self
        at = grown(self.measures.array[None], week=of.week, to_wk=week)[0]
        kpa = max(of.pressure_kpa + rise_kpa(of.week, week), LEAST_KPA)
        return Woman(measures(at), replace(of, week=week, pressure_kpa=kpa))

    def slower(self, share: float) -> "Woman":
        """With a cervix that from now on softens at `share` of its rate."""
        tissue = self.load.tissue.slower(share, since_wk=self.load.week)
        return Woman(self.measures, replace(self.load, tissue=tissue))


def middle(of: Asked) -> Woman:
    """The measures as they were said, with the middle of everything else."""
    tissue = tissues(np.zeros((1, len(published()))))[0]
    return Woman(of.measures, _load(tissue, of, of.pressure.mean_kpa))


def drawn(of: Asked, count: int, rng: Generator) -> list[Woman]:
    """Women who could be her; of `count` those whose measures conflict are left out."""
    values = of.measures.array + errors(of.measures) * rng.standard_normal((count, len(NAMES)))
    kpa = of.pressure.mean_kpa + of.pressure.sd_kpa * rng.standard_normal(count)
    tissue = tissues(rng.standard_normal((count, len(published()))))
    made: list[Woman] = []
    for k in range(count):
        try:
            made.append(Woman(measures(values[k]), _load(tissue[k], of, float(kpa[k]))))
        except InvalidParameterError:
            continue
    return made


def _load(tissue: Tissue, of: Asked, kpa: float) -> Load:
    return Load(tissue=tissue, week=of.week, pressure_kpa=max(kpa, LEAST_KPA))
