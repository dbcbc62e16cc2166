"""What the patient's data changed: each parameter in the population, and in this patient."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.forecast import Band
from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.report.axis import Scale, between, log_marks, mark_words, marks
from bodytwin.report.figure import Drawn, Figure, Ranged, Sheet, Table, Told, figure
from bodytwin.report.page import Page
from bodytwin.report.svg import curve, line, ribbon, text
from bodytwin.report.words import name_words, number, percent, shortened, span, unit_words

Array = NDArray[np.float64]
POINTS = 121
NOT_INFORMED = 0.1
"""Share of the variance removed below which the patient's data said next to nothing."""
PANEL, HEAD, FOOT = 62.0, 54.0, 36.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """One parameter before and after the data; densities over `z`, the scale of its normal."""

    parameter: Parameter
    z: Array
    before: Array
    after: Array
    was: Band
    now: Band
    shrinkage: float

    @property
    def informed(self) -> bool:
        """Whether the patient's data said something about it."""
        return self.shrinkage >= NOT_INFORMED

    @property
    def words(self) -> str:
        """How much was learned, in a few words."""
        if not math.isfinite(self.shrinkage):
            return "not known"
        if not self.informed:
            return "not informed by this patient"
        return f"{percent(self.shrinkage)} of the spread settled"


def learned(page: Page) -> tuple[Learned, ...]:
    """Compare population and patient, parameter by parameter."""
    q = page.posterior
    before = q.prior.constrain(_prior_z(page)) if page.prior_draws is None else page.prior_draws
    return tuple(
        _learned(p, before[:, i], q.values[:, i], q.shrinkage.get(p.name, math.nan))
        for i, p in enumerate(q.prior.parameters)
    )


def _prior_z(page: Page) -> Array:
    """Quantiles of each prior on its own: the margins need no random numbers."""
    from scipy.special import ndtri

    prior = page.posterior.prior
    u = ndtri((np.arange(2000) + 0.5) / 2000)
    return prior.mean + u[:, None] * np.sqrt(np.diag(prior.covariance))


def _learned(p: Parameter, before: Array, after: Array, shrinkage: float) -> Learned:
    one = Prior(parameters=(p,), correlation=np.eye(1))
    was, now = (_finite(one.unconstrain(d[:, None])[:, 0]) for d in (before, after))
    both = np.concatenate([was, now]) if len(was) + len(now) else np.zeros(1)
    low, high = between(*(float(v) for v in np.quantile(both, [0.002, 0.998])))
    pad = 0.06 * (high - low)
    z = np.linspace(low - pad, high + pad, POINTS)
    return Learned(
        parameter=p,
        z=z,
        before=density(was, z),
        after=density(now, z),
        was=_band(before, p.unit),
        now=_band(after, p.unit),
        shrinkage=shrinkage,
    )


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)]


def _band(draws: Array, unit: str) -> Band:
    known = _finite(draws)
    return Band.of(known, unit) if len(known) else _none(unit)


def _none(unit: str) -> Band:
    nan = math.nan
    return Band(median=nan, low50=nan, high50=nan, low90=nan, high90=nan, unit=unit)


def density(draws: Array, z: Array) -> Array:
    """Gaussian kernel estimate with Silverman's width; zero where there are too few draws."""
    if len(draws) < 2 or not (sd := float(draws.std())) > 0:
        return np.zeros_like(z)
    low, high = np.quantile(draws, [0.25, 0.75])
    width = 0.9 * min(sd, (high - low) / 1.34 or sd) * len(draws) ** -0.2
    edges = np.linspace(draws.min(), draws.max(), 513)
    count, _ = np.histogram(draws, edges)
    middle = (edges[1:] + edges[:-1]) / 2
    kernel = np.exp(-0.5 * ((z[:, None] - middle[None, :]) / width) ** 2)
    return kernel @ count / (len(draws) * width * math.sqrt(2 * math.pi))


def density_figures(page: Page) -> tuple[Figure, ...]:
    """Draw all parameters in one figure."""
    found = learned(page)
    if not found:
        return ()
    told = Told(
        key="learned",
        title="What the measurements changed",
        desc=f"{len(found)} parameters, each as it is spread in the population (grey) and in this "
        "patient (blue). The numbers are in the table below.",
        caption="Each scale is the one on which the population is normal: logarithmic for "
        "positive quantities. Medians with 90 % intervals.",
        tables=(_table(found),),
        legend=(("twin band50", "this patient"), ("population", "population")),
    )
    return (figure(told, lambda sheet: _draw(found, sheet)),)


def _draw(found: tuple[Learned, ...], sheet: Sheet) -> Drawn:
    across = 1 if sheet.narrow else min(3, max(2, len(found)))
    gap = 34.0
    wide = (sheet.width - gap * (across - 1)) / across
    deep = HEAD + PANEL + FOOT
    said: list[str] = []
    for i, one in enumerate(found):
        row, column = divmod(i, across)
        said.append(_panel(one, column * (wide + gap), row * deep, wide))
    return Drawn("".join(said), math.ceil(len(found) / across) * deep)


def _panel(one: Learned, left: float, y0: float, wide: float) -> str:
    top, bottom = y0 + HEAD, y0 + HEAD + PANEL
    x = Scale(float(one.z[0]), float(one.z[-1]), left, left + wide)
    y = Scale(0.0, max(float(one.before.max()), float(one.after.max())) or 1.0, bottom, top)
    t, zero = x.all(one.z), np.full(POINTS, bottom)
    unit = unit_words(one.parameter.unit)
    name = shortened(name_words(one.parameter.name, one.parameter.unit), wide - 7 * len(unit), 13)
    now = f"{number(one.now.median)} ({span(one.now.low90, one.now.high90)})"
    return "".join(
        [
            text(f"{name}, {unit}" if unit else name, left, y0 + 13, "panel-title"),
            text(now, left, y0 + 30, "label twin-word"),
            text(one.words, left, y0 + 46, "label"),
            ribbon(t, zero, y.all(one.before), "population fill"),
            curve(t, y.all(one.before), "population edge"),
            ribbon(t, zero, y.all(one.after), "twin band50"),
            curve(t, y.all(one.after), "twin edge"),
            line(left, bottom, left + wide, bottom, "axis"),
            _marks(one, x, bottom),
        ]
    )


def _marks(one: Learned, x: Scale, bottom: float) -> str:
    prior = Prior(parameters=(one.parameter,), correlation=np.eye(1))
    low, high = prior.constrain(np.array([[x.low], [x.high]]))[:, 0]
    on_log = one.parameter.transform is Transform.LOG and low > 0 and high / low > 1.5
    at = log_marks(float(low), float(high)) if on_log else marks(float(low), float(high), 4)
    at = [v for v in at if low < v < high and _possible(v, one.parameter)]
    z = prior.unconstrain(np.array(at, dtype=np.float64)[:, None])[:, 0] if at else np.array([])
    said = ""
    last = -math.inf
    for v, words in zip(z, mark_words(at), strict=True):
        px = x(float(v))
        said += line(px, bottom, px, bottom + 4, "tick")
        if px - last > 7 * len(words) + 6 and x.start + 8 < px < x.end - 3 * len(words):
            said += text(words, px, bottom + 17, "mark mid")
            last = px
    return said


def _possible(v: float, p: Parameter) -> bool:
    if p.transform is Transform.LOG:
        return v > 0
    return 0 < v < 1 if p.transform is Transform.LOGIT else True


def _table(found: tuple[Learned, ...]) -> Table:
    rows = tuple(
        (
            name_words(one.parameter.name, one.parameter.unit),
            unit_words(one.parameter.unit) or "no unit",
            Ranged(number(one.was.median), span(one.was.low90, one.was.high90)),
            Ranged(number(one.now.median), span(one.now.low90, one.now.high90)),
            one.words,
            one.parameter.source or "not stated",
        )
        for one in found
    )
    return Table(
        caption="Parameters, median with 90 % interval",
        columns=("Parameter", "Unit", "Population", "This patient", "Learned", "Source"),
        rows=rows,
    )
