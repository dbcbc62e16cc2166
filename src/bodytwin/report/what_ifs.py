"""Plans side by side: the same patient under each, the other plans as thin lines behind."""

import math
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.forecast import Forecast
from bodytwin.report.axis import Scale, TimeMarks, between, marks, rounded_up, time_axis, value_axis
from bodytwin.report.bands import Course, courses, draw_bands, reach
from bodytwin.report.figure import Drawn, Figure, Sheet, Table, Told, figure
from bodytwin.report.levels import aim_of
from bodytwin.report.measured import aim_words, draw_aim, has_limit
from bodytwin.report.page import Aim, Page
from bodytwin.report.svg import curve, line, text
from bodytwin.report.words import clock, name_words, number, shortened, span, unit_words

MOST = 9
PANEL, HEAD, FOOT = 130.0, 44.0, 40.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One quantity under one plan."""

    plan: str
    course: Course


@dataclass(frozen=True, kw_only=True, eq=False)
class Panels:
    """All plans, on one scale."""

    panels: tuple[Panel, ...]
    aim: Aim | None
    now_h: float

    @property
    def time_h(self) -> tuple[float, float]:
        """First and last time shown."""
        ends = [reach(p.course.true.time_h) for p in self.panels]
        return between(min(a for a, _ in ends), max(b for _, b in ends))

    @property
    def values(self) -> tuple[float, float]:
        """From zero, or below where values are, to a round number."""
        rows = [r for p in self.panels for r in (p.course.true.low90, p.course.true.high90)]
        if self.aim:
            edges = [v for v in (self.aim.low, self.aim.high) if v is not None]
            rows.append(np.array(edges, dtype=np.float64))
        low, high = between(*reach(*rows))
        low = min(low, 0.0)
        return low, rounded_up(low, high, 4)


def what_if_figures(page: Page) -> tuple[Figure, ...]:
    """Draw one figure for each quantity that the plans change."""
    shown = chosen(page)
    if not shown:
        return ()
    by_key: dict[tuple[str, str], list[Panel]] = {}
    for forecast in shown:
        for c in courses(forecast):
            by_key.setdefault((c.quantity, c.unit), []).append(Panel(plan=forecast.plan, course=c))
    found: list[Figure] = []
    for i, ((quantity, unit), panels) in enumerate(by_key.items()):
        aim = aim_of(page.aims, quantity, unit)
        all_ = Panels(panels=tuple(panels), aim=aim, now_h=page.case.now_h)
        found.append(_figure(all_, f"plans{i}", len(page.what_ifs)))
    return tuple(found)


def chosen(page: Page) -> tuple[Forecast, ...]:
    """Take all plans; of many, those with the least expected regret, in their own order."""
    if len(page.what_ifs) <= MOST or page.comparison is None:
        return page.what_ifs[:MOST]
    regret = {v.plan: v.expected_regret for v in page.comparison.verdicts}
    order = sorted(page.what_ifs, key=lambda f: regret.get(f.plan, math.inf))[:MOST]
    return tuple(f for f in page.what_ifs if f in order)


def _figure(all_: Panels, key: str, count: int) -> Figure:
    c = all_.panels[0].course
    name = name_words(c.quantity)
    shown = len(all_.panels)
    left_out = f" {count - shown} further plans are not drawn." if count > shown else ""
    told = Told(
        key=key,
        title=f"{name} under each plan",
        desc=f"{shown} panels on one scale, one for each plan, with the median and the intervals "
        "that hold half and nine in ten of the draws. The numbers are in the table below.",
        caption="Same patient, same draws under every plan; bands are of the true level, thin "
        f"lines are the medians of the other plans.{left_out}",
        tables=(_table(all_),),
        legend=(("twin median", "median"), ("twin band50", "half of cases"),
                ("twin band90", "9 in 10 cases"), ("other", "other plans"),
                *_aim_legend(all_.aim)),
    )  # fmt: skip
    return figure(told, lambda sheet: _draw(all_, sheet))


def _aim_legend(aim: Aim | None) -> tuple[tuple[str, str], ...]:
    found = (("aim", "range aimed at"),) if aim and aim_words(aim) else ()
    return found + ((("limit", "limit of harm"),) if aim and has_limit(aim) else ())


def _draw(all_: Panels, sheet: Sheet) -> Drawn:
    across = 1 if sheet.narrow else min(3, max(2, len(all_.panels)))
    gap, left = 26.0, 40.0
    wide = (sheet.width - left - 4 - gap * (across - 1)) / across
    deep = HEAD + PANEL + FOOT
    unit = unit_words(all_.panels[0].course.unit)
    name = name_words(all_.panels[0].course.quantity) + (f", {unit}" if unit else "")
    said = [text(name, 0, 12, "unit")]
    for i, panel in enumerate(all_.panels):
        row, column = divmod(i, across)
        x0, y0 = left + column * (wide + gap), 18 + row * deep
        said.append(_panel(all_, panel, (x0, y0, wide), first=column == 0))
    rows = math.ceil(len(all_.panels) / across)
    return Drawn("".join(said), 22 + rows * deep)


def _panel(all_: Panels, panel: Panel, place: tuple[float, float, float], *, first: bool) -> str:
    left, y0, wide = place
    top, bottom = y0 + HEAD, y0 + HEAD + PANEL
    x = Scale(*all_.time_h, left, left + wide)
    y = Scale(*all_.values, bottom, top)
    others = [p.course.true for p in all_.panels if p is not panel]
    behind = "".join(curve(x.all(o.time_h), y.all(o.median), "other") for o in others)
    marked = TimeMarks.of(*all_.time_h, int(wide / 36))
    at = x(all_.now_h)
    return "".join(
        [
            text(shortened(panel.plan, wide, 13), left, y0 + 30, "panel-title"),
            draw_aim(all_.aim, x, y) if all_.aim else "",
            value_axis(y, left, left + wide, marks(*all_.values, 4), words=first),
            behind,
            draw_bands(panel.course.true, x, y),
            time_axis(x, top, bottom, marked),
            line(at, top, at, bottom, "now") if x.holds(all_.now_h) else "",
            text(f"{marked.unit} from start", left + wide, bottom + 33, "unit end"),
        ]
    )


def _table(all_: Panels) -> Table:
    rows: list[tuple[str, ...]] = []
    for p in all_.panels:
        picked = np.unique(np.linspace(0, len(p.course.true) - 1, 7).round().astype(int))
        for i in map(int, picked):
            low90, low50, median, high50, high90 = p.course.true.at(i)
            when = clock(float(p.course.true.time_h[i]))
            rows.append((p.plan, when, number(median), span(low50, high50), span(low90, high90)))
    c = all_.panels[0].course
    return Table(
        caption=f"{name_words(c.quantity)}, {unit_words(c.unit) or 'no unit'}: true level under "
        "each plan",
        columns=("Plan", "Time", "Median", "50 %", "90 %"),
        rows=tuple(rows),
    )
