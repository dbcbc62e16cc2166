"""How much do this woman's uterus and cervix stretch, for all that is not known of her?

Measures are drawn about what ultrasound said with its errors, tissue and supports from their
published spread, the pressure from that between women. The emulator (`model/emulated.py`) answers
for a thousand draws, now and in the weeks to come: contents and walls grow as they do in all women,
she keeping her place among them, while the cervix softens as it does, and half as fast, which is
what progesterone is thought to do. Some of the draws are also computed directly: they say where
the stretch is and how sure that is, and how often the emulator's intervals held.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bodytwin.contract.posterior import Posterior
from bodytwin.contract.study import packed
from bodytwin.errors import InvalidParameterError, OutsidePopulationError
from bodytwin.numerics.inference import Progress
from bodytwin.numerics.solid import field
from bodytwin.twins.pregnancy.asked import FEWEST, asked_of
from bodytwin.twins.pregnancy.direct import Change, Direct, as_far, computed, stretches
from bodytwin.twins.pregnancy.model.emulated import AMONG, emulator, inputs
from bodytwin.twins.pregnancy.model.findings import Findings
from bodytwin.twins.pregnancy.model.measures import NAMES
from bodytwin.twins.pregnancy.model.mechanics import Loaded
from bodytwin.twins.pregnancy.model.trials import MECHANICS, Intervention, heard
from bodytwin.twins.pregnancy.model.women import known_wk
from bodytwin.twins.pregnancy.view import series, skin
from bodytwin.twins.pregnancy.woman import Woman, drawn, middle

Array = NDArray[np.float64]
Shape = dict[str, Any]
MANY = 1000
STEP_WK, VIEW_WK, AHEAD_WK = 1.0, 4.0, 12.0
SLOWER = 0.5
ENOUGH = 0.5
"""Share of draws that must be answered; below, what is left would be a choice of easy women."""
WORDS = {
    "internal_os": ("Stretch about the internal os", "%"),
    "cervix": ("Stretch of the cervix", "%"),
    "uterus": ("Stretch of the wall of the uterus", "%"),
    "os_share": ("Share of the load that the cervix takes over at the internal os", "%"),
    "shortening_mm": ("Shortening of the canal by the load", "mm"),
    "os_mm": ("Width of the internal os", "mm"),
}
"""What is said of `Readings`, stretches as what is beyond one."""
STRETCHES = ("internal_os", "cervix", "uterus")
CAUTION = (
    "The stiffness of the uterus, what holds it from outside and the pressure across its wall are "
    "the least certain; several of these numbers are assumed. The share at the internal os "
    "still changes by a fifth on a finer mesh."
)


def load(posterior: Posterior, asked: Mapping[str, Any], progress: Progress, seed: int) -> Shape:
    """Stretches and what follows from them, as distributions; surfaces to be looked at.

    Raises:
        OutsidePopulationError: women like her are not among the runs of the emulator.
        NumericalError: less than half of the direct draws could be computed.

    """
    of = asked_of(posterior.case, asked)
    rng = np.random.default_rng([seed, MANY])
    women = drawn(of, MANY, rng)
    found = _answered(women, rng)
    weeks = list(_weeks(women, of.week, rng))
    views = [row["week"] for row in weeks[:: round(VIEW_WK / STEP_WK)]]
    her = middle(of)
    direct = computed(
        her, women[: of.draws], views,
        lambda share: progress("Uterus and cervix under their load", share),
    )  # fmt: skip
    return {
        "patient": posterior.case.patient,
        "week": of.week,
        "pressure_kpa": {"mean": of.pressure.mean_kpa, "sd": of.pressure.sd_kpa},
        "measures": {n: v for n, v in zip(NAMES, of.measures.array.tolist(), strict=True)},
        "draws": MANY,
        "computed": len(found),
        "direct": {
            "draws": of.draws, "computed": len(direct.readings), "failed": direct.failed[:3],
            "held": direct.held, "of": direct.readings.size,
        },
        "readings": [_spread(name, found) for name in WORDS],
        "weeks": weeks,
        "changes": [_change(one, posterior.case.inputs.found) for one in direct.changes],
        "progesterone": _trials("vaginal_progesterone", posterior.case.inputs.found),
        "view": _view(direct, as_far(her.slower(SLOWER), views)),
        "section": _section(direct.middle[0]),
        "statement": f"{MECHANICS} {CAUTION}",
    }  # fmt: skip


def _inputs(draws: list[Woman]) -> Array:
    x = np.array([inputs(d.measures, d.load) for d in draws])
    inside = emulator().inside(x)
    if inside.sum() < ENOUGH * MANY:
        raise OutsidePopulationError(
            f"Only {inside.sum()} of {MANY} women with these measures are like those whose "
            "mechanics was computed, so nothing is said of her.",
            "Check the measures; virtual women of 18 to 38 weeks are within.",
        )
    return x[inside]


def _answered(draws: list[Woman], rng: Generator) -> Array:
    return emulator().drawn(_inputs(draws), rng)


def _ahead(week: float) -> list[float]:
    """This week and those to come of which something is known of all women."""
    first, last = known_wk()
    if not first <= week <= last:
        return [week]
    end = min(week + AHEAD_WK, last)
    return [float(w) for w in np.arange(week, end + 1e-9, STEP_WK)]


def _weeks(women: list[Woman], first: float, rng: Generator) -> Iterator[Shape]:
    """Week after week, until too few women are like those whose mechanics was computed."""
    for week in _ahead(first):
        try:
            yield _week(women, week, rng)
        except OutsidePopulationError:
            return


def _week(women: list[Woman], week: float, rng: Generator) -> Shape:
    """Stretch about the internal os in a week, the cervix softening as it does, and slower."""
    said: Shape = {"week": week}
    for name, share in (("softens", 1.0), ("slower", SLOWER)):
        then = [w for w in (_then(one.slower(share), week) for one in women) if w is not None]
        said[name] = _spread("internal_os", _answered(then, rng))
    return said


def _then(woman: Woman, week: float) -> Woman | None:
    try:
        return woman.in_week(week)
    except InvalidParameterError:
        return None


def _spread(name: str, values: Array) -> Shape:
    words, unit = WORDS[name]
    column = values[:, AMONG.index(name)]
    if unit == "%":
        column = 100 * (column - 1 if name in STRETCHES else column)
    low, median, high = np.quantile(column, [0.05, 0.5, 0.95])
    return {
        "name": name, "words": words, "unit": unit,
        "low90": float(low), "median": float(median), "high90": float(high),
    }  # fmt: skip


def _trials(name: str, found: Findings) -> list[str]:
    """What trials found of an intervention of that name, in women like her and in others."""
    if name not in {one.value for one in Intervention}:
        return []
    known = heard(Intervention(name), found)
    hers = [] if known.trial is None else [f"{known.trial.finding} {known.trial.safety}".strip()]
    return hers + [f"In other women: {t.finding} {t.safety}".strip() for t in known.others]


def _change(of: Change, found: Findings) -> Shape:
    """By how much the stretch about the internal os changes, and what trials found of it."""
    said: Shape = {"name": of.name, "words": of.words, "why": of.why, "computed": len(of.ratios)}
    if len(of.ratios) >= FEWEST:
        percent = 100 * (of.ratios - 1)
        low, high = np.quantile(percent, [0.05, 0.95])
        said |= {
            "median": float(np.median(percent)), "low90": float(low), "high90": float(high),
            "unit": "%",
        }  # fmt: skip
    name = "bed_rest" if of.name in ("upright", "head_down") else of.name
    return said | {"trials": _trials(name, found)}


def _view(direct: Direct, slower: list[Loaded]) -> Shape:
    """Surfaces with their stretch: the weeks to come, and what is tried."""
    interval = (direct.low90, direct.high90)
    shown = [
        series("own", "As she is", direct.middle, direct.stretch, interval),
        series("slower", "A cervix that softens half as fast", slower, stretches(slower)),
    ]
    for one in direct.changes:
        if one.middle is not None:
            then = [one.middle]
            shown.append(series(one.name, one.words, then, stretches(then)))
    _, triangles = skin(direct.middle[0].as_seen)
    return {"triangles": packed(triangles.astype(np.uint32).ravel()), "series": shown}


def _section(seen: Loaded) -> Shape:
    """The sagittal section, with the stretch at its nodes."""
    at_nodes = field.at_nodes(seen.at_rest.mesh, seen.stretch)
    faces = seen.as_seen.surfaces["symmetry"]
    return {
        "place_mm": seen.positions_mm[faces][:, :, 1:].round(2).tolist(),
        "stretch": at_nodes[faces].round(4).tolist(),
    }
