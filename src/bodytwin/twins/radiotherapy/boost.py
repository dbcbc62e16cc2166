"""The dose of a boost: beams planned for one region alone, and what they leave around it."""

from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.radiotherapy.anatomy import site_of
from bodytwin.twins.radiotherapy.model.objectives import Deviation, Overdose
from bodytwin.twins.radiotherapy.model.pencil import generic
from bodytwin.twins.radiotherapy.model.planning import BODY, Arrangement, Site, Wish, plan, prepared
from bodytwin.twins.radiotherapy.observe import Course

Dose = NDArray[np.float32]
UNIT_GY = 10.0
"""The dose for which beams are planned; what is asked for is scaled from it."""
BEAMS = Arrangement(beams=9, beamlet_mm=8.0)
_MADE: OrderedDict[tuple[str, str], Dose] = OrderedDict()
MOST_KEPT = 8
_PLANNING = Lock()
"""One at a time: whoever asks for the same boost meanwhile gets it made."""


def boost_per_gy(course: Course, region: str) -> Dose:
    """The dose (nx, ny, nz) for each gray that 95 % of a region receive at least.

    Raises:
        InvalidPlanError: no such region.

    """
    if region not in course.anatomy.masks:
        raise InvalidPlanError(
            f"There is no region of that name to boost. There are: "
            f"{', '.join(course.anatomy.masks)}."
        )
    key = (course.anatomy.content_address, region)
    with _PLANNING:
        if key not in _MADE:
            _MADE[key] = _planned(course, region)
        _MADE.move_to_end(key)
        while len(_MADE) > MOST_KEPT:
            _MADE.popitem(last=False)
        return _MADE[key]


def _planned(course: Course, region: str) -> Dose:
    whole = site_of(course.anatomy)
    site = Site(
        densities=whole.densities,
        body=whole.body,
        regions=whole.regions,
        prescribed_gy={region: UNIT_GY},
    )
    wishes = [
        Wish(region=region, objective=Deviation(1.01 * UNIT_GY), priority=1000.0),
        Wish(region=BODY, objective=Overdose(0.5 * UNIT_GY), priority=100.0),
    ]
    ready = prepared(site, [w.region for w in wishes], generic(), beams=BEAMS.around(site))
    made = plan(ready, wishes)
    found = np.zeros(site.body.shape, dtype=np.float32)
    found[site.body] = made.dose_gy / UNIT_GY
    return found
