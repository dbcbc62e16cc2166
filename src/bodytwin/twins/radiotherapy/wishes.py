"""What a new plan is asked to do, in words.

One wish in a text, joined by `;`, each with `weight W` where it is not 1:

    PTV70 gets 70 Gy
    SpinalCord below 45 Gy
    LeftParotid mean below 25 Gy
    Larynx gEUD 2 below 40 Gy
    Rectum 20 % below 70 Gy           at most 20 % of it above that dose
    PTV63 95 % above 63 Gy
    body below 40 Gy                  everything but the targets

Without wishes they are made from the prescription and the limits of the organs.
"""

import re
from collections.abc import Callable

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.radiotherapy.model.objectives import (
    Beyond,
    Deviation,
    EquivalentUniformDose,
    MeanDose,
    Objective,
    Overdose,
    Underdose,
    VolumeAbove,
    VolumeReached,
)
from bodytwin.twins.radiotherapy.model.planning import BODY, Site, Wish
from bodytwin.twins.radiotherapy.observe import Course
from bodytwin.twins.radiotherapy.parameters import table

SYNTAX = (
    "Write 'REGION gets D Gy', 'REGION below D Gy', 'REGION above D Gy', 'REGION mean below D Gy', "
    "'REGION gEUD A below D Gy', 'REGION P % below D Gy' or 'REGION P % above D Gy', each with "
    "'weight W', joined by ';'."
)
N = r"(\d+(?:\.\d+)?)"
Maker = Callable[..., Objective]
FORMS: tuple[tuple[str, Maker], ...] = (
    (rf"gets {N} Gy", Deviation),
    (rf"mean below {N} Gy", lambda dose: Beyond(MeanDose(), most_gy=dose)),
    (rf"gEUD {N} below {N} Gy", lambda a, dose: Beyond(EquivalentUniformDose(a), most_gy=dose)),
    (rf"{N} ?% below {N} Gy", lambda share, dose: VolumeAbove(dose, share / 100.0)),
    (rf"{N} ?% above {N} Gy", lambda share, dose: VolumeReached(dose, share / 100.0)),
    (rf"below {N} Gy", Overdose),
    (rf"above {N} Gy", Underdose),
)
TARGET, ORGAN, REST = 1000.0, 100.0, 50.0
SPARED, FALLS_TO = 0.85, 0.6
"""Share of its limit to which an organ is spared, and of the prescription elsewhere."""


def wishes_from_text(text: str) -> tuple[Wish, ...]:
    """The wishes that `text` says; InvalidPlanError with the syntax where it says none."""
    return tuple(_one(" ".join(part.split())) for part in text.split(";") if part.strip())


def usual_wishes(course: Course, site: Site) -> tuple[Wish, ...]:
    """Each target its dose, each organ below its limit, the rest of the body falling off."""
    found = [
        Wish(region=name, objective=Deviation(1.01 * dose), priority=TARGET)
        for name, dose in site.prescribed_gy.items()
        if site.own[name].any()
    ]
    for organ, region in course.organs.items():
        limit = table("organs")[organ].get("limit", {})
        if not site.own[region].any():
            continue
        if "near_max_gy" in limit:
            spared = Overdose(SPARED * limit["near_max_gy"])
            found.append(Wish(region=region, objective=spared, priority=ORGAN))
        elif "mean_gy" in limit:
            mean = Beyond(MeanDose(), most_gy=SPARED * limit["mean_gy"])
            found.append(Wish(region=region, objective=mean, priority=ORGAN))
    rest = Overdose(FALLS_TO * site.prescribed_gy[site.target])
    return (*found, Wish(region=BODY, objective=rest, priority=REST))


def _one(words: str) -> Wish:
    whole = re.fullmatch(rf"(\S+) (.+?)(?: weight {N})?", words, re.IGNORECASE)
    if whole is not None:
        for form, make in FORMS:
            found = re.fullmatch(form, whole[2], re.IGNORECASE)
            if found is not None:
                numbers = [float(n) for n in found.groups()]
                return Wish(
                    region=whole[1],
                    objective=make(*numbers),
                    priority=ORGAN * float(whole[3] or 1.0),
                )
    raise InvalidPlanError(f"'{words[:40]}' is not understood. {SYNTAX}")
