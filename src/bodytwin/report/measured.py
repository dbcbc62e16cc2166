"""Measured points with the error of measuring, doses as bars, the range aimed at as a field."""

import math
from collections.abc import Sequence

from bodytwin.contract.case import Measurement
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.report.axis import Scale
from bodytwin.report.page import Aim, DoseGiven
from bodytwin.report.svg import dot, line, rect, tag
from bodytwin.report.words import exact, name_words, number, unit_words, with_unit

NINE_IN_TEN = 1.645
"""Standard deviations that hold 90 % of a normal distribution."""


def interval_of(m: Measurement) -> tuple[float, float]:
    """Where the true value lies in nine of ten cases, by the error of measuring alone."""
    e = m.error
    if e.log_sd > 0:
        factor = math.exp(NINE_IN_TEN * e.log_sd)
        low, high = m.value / factor, m.value * factor
        return min(low, high), max(low, high)
    additive, proportional = e.additive_sd, e.proportional_sd * abs(m.value)
    sd = additive + proportional if e.sum_of_sd else math.hypot(additive, proportional)
    low = m.value - NINE_IN_TEN * sd
    return (max(low, 0.0) if m.value >= 0 else low), m.value + NINE_IN_TEN * sd


def measured_words(m: Measurement) -> str:
    """Say a measured value; a censored one as beyond its limit."""
    bound = {Censoring.BELOW: "below ", Censoring.ABOVE: "above "}.get(m.censoring, "")
    return bound + with_unit(number(m.value), m.unit)


def draw_measured(found: Sequence[Measurement], x: Scale, y: Scale) -> str:
    """Draw each point with its 90 % error bar; a censored one as an arrow."""
    return "".join(_point(m, x, y) for m in found)


def _point(m: Measurement, x: Scale, y: Scale) -> str:
    at, level = x(m.time_h), y(m.value)
    said = tag("title", f"{measured_words(m)}".replace("&", "&amp;").replace("<", "&lt;"))
    if m.censoring is not Censoring.NONE:
        down = 1 if m.censoring is Censoring.BELOW else -1
        head = f"M{at - 4.5:.1f} {level + 8 * down:.1f}h9l-4.5 {7 * down}z"
        marks = (
            line(at - 6, level, at + 6, level, "seen")
            + line(at, level, at, level + 8 * down, "seen")
            + tag("path", d=head, class_="seen arrow")
        )
        return tag("g", said, marks)
    low, high = interval_of(m)
    bar = line(at, y(low), at, y(high), "seen") if math.isfinite(low + high) else ""
    return tag("g", said, bar, dot(at, level, 3.6, "seen point"))


def draw_aim(aim: Aim, x: Scale, y: Scale) -> str:
    """Shade the range aimed at, and draw the limits of harm."""
    bottom, top = y.start, y.end
    marks = ""
    if aim.low is not None or aim.high is not None:
        upper = top if aim.high is None else max(y(aim.high), top)
        lower = bottom if aim.low is None else min(y(aim.low), bottom)
        marks += rect(x.start, upper, x.end - x.start, lower - upper, "aim")
        edges = [v for v in (aim.low, aim.high) if v is not None and y.holds(v)]
        marks += "".join(line(x.start, y(v), x.end, y(v), "aim-edge") for v in edges)
    limits = [v for v in (aim.harm_above, aim.harm_below) if v is not None and y.holds(v)]
    return marks + "".join(line(x.start, y(v), x.end, y(v), "harm-edge") for v in limits)


def aim_words(aim: Aim) -> str:
    """Say the range aimed at."""
    unit = f" {unit_words(aim.unit)}" if unit_words(aim.unit) else ""
    if aim.low is not None and aim.high is not None:
        return f"{aim.low:g} to {aim.high:g}{unit}"
    if aim.low is not None:
        return f"above {aim.low:g}{unit}"
    return f"below {aim.high:g}{unit}" if aim.high is not None else ""


def has_limit(aim: Aim) -> bool:
    """Whether harm begins somewhere."""
    return aim.harm_above is not None or aim.harm_below is not None


def draw_doses(doses: Sequence[DoseGiven], x: Scale, top: float, height: float) -> str:
    """Draw a bar for each dose, as high as its share of the largest; planned ones hollow."""
    known = [d for d in doses if math.isfinite(d.time_h + d.amount) and x.holds(d.time_h)]
    largest = max((d.amount for d in known), default=0.0)
    if largest <= 0:
        return ""
    floor = top + height
    marks = [line(x.start, floor, x.end, floor, "axis")]
    for d in known:
        tall = max(height * d.amount / largest, 2.0)
        wide = min(x.end - x(d.time_h), x(d.time_h + max(d.duration_h, 0.0)) - x(d.time_h))
        kind = "dose planned" if d.planned else "dose"
        marks.append(rect(x(d.time_h) - 1, floor - tall, max(wide, 2.0), tall, kind))
    return "".join(marks)


def doses_words(doses: Sequence[DoseGiven]) -> str:
    """Say how the bars of the doses are to be read."""
    known = [d for d in doses if math.isfinite(d.amount)]
    units = list(dict.fromkeys(d.unit for d in known))
    if not known:
        return ""
    largest = max(known, key=lambda d: d.amount)
    names = ", ".join(name_words(unit_words(u)) if not u else unit_words(u) for u in units)
    return f"Doses, {names}; tallest {with_unit(exact(largest.amount), largest.unit)}"
