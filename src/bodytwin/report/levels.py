"""Levels over time: what was measured, what the twin makes of it, and what it expects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.case import Measurement
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.report.axis import Scale, TimeMarks, between, marks, rounded_up, time_axis, value_axis
from bodytwin.report.bands import Course, courses, draw_bands, draw_outline, reach
from bodytwin.report.figure import Drawn, Figure, Sheet, Table, Told, figure
from bodytwin.report.measured import (
    aim_words,
    doses_words,
    draw_aim,
    draw_doses,
    draw_measured,
    has_limit,
    interval_of,
    measured_words,
)
from bodytwin.report.page import Aim, DoseGiven, Page
from bodytwin.report.svg import line, rect, ribbon, spread, tag, text
from bodytwin.report.words import clock, exact, name_words, number, span, unit_words, with_unit

ROWS = 24
DOSES_HEIGHT = 30.0
LEGEND = (
    ("twin median", "median of the true level"),
    ("twin band50", "half of cases"),
    ("twin band90", "9 in 10 cases"),
    ("read", "9 in 10 readings, with error of measuring"),
    ("population", "9 in 10 readings in the population"),
    ("aim", "range aimed at"),
    ("limit", "limit of harm"),
    ("seen", "measured"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plot:
    """One quantity of one patient over time."""

    quantity: str
    unit: str
    course: Course | None
    measured: tuple[Measurement, ...]
    doses: tuple[DoseGiven, ...]
    aim: Aim | None
    now_h: float

    @property
    def time_h(self) -> tuple[float, float]:
        """First and last time shown."""
        seen = [m.time_h for m in self.measured]
        grid = [float(t) for t in self.course.true.time_h] if self.course else []
        known = [t for t in (*seen, *grid, self.now_h) if math.isfinite(t)]
        return between(min(known), max(known))

    @property
    def top(self) -> float:
        """Highest value that must be seen; the population may go beyond."""
        return self._values[1]

    @property
    def bottom(self) -> float:
        """Zero, or the lowest value where some are negative."""
        return min(0.0, self._values[0])

    @property
    def _values(self) -> tuple[float, float]:
        seen = [v for m in self.measured for v in (m.value, *interval_of(m))]
        aim = self.aim
        aimed = [v for v in (aim.low, aim.high) if v is not None] if aim else []
        rows = [np.array([*seen, *aimed], dtype=np.float64)]
        if self.course:
            c = self.course
            rows += [c.true.low90, c.true.high90]
            rows += [np.fmax(c.measured.high90, reach(*rows)[0])]
            rows += [np.clip(c.population.high90, reach(*rows)[0], 1.5 * reach(*rows)[1])]
        return reach(*rows)


def plots(page: Page) -> tuple[Plot, ...]:
    """Collect one plot for each quantity that was measured or foreseen."""
    seen = page.case.measurements
    found = courses(page.levels) if page.levels else ()
    by_key = {(c.quantity, c.unit): c for c in found}
    keys = dict.fromkeys([*by_key, *((m.quantity, m.unit) for m in seen)])
    return tuple(
        Plot(
            quantity=quantity,
            unit=unit,
            course=by_key.get((quantity, unit)),
            measured=_known(seen, quantity, unit),
            doses=page.doses,
            aim=aim_of(page.aims, quantity, unit),
            now_h=page.case.now_h,
        )
        for quantity, unit in keys
    )


def aim_of(aims: Sequence[Aim], quantity: str, unit: str) -> Aim | None:
    """Find the aim of a quantity, in its unit."""
    return next((a for a in aims if (a.quantity, a.unit) == (quantity, unit)), None)


def _known(seen: Sequence[Measurement], quantity: str, unit: str) -> tuple[Measurement, ...]:
    mine = (m for m in seen if (m.quantity, m.unit) == (quantity, unit))
    return tuple(m for m in mine if math.isfinite(m.time_h + m.value))


def level_figures(page: Page) -> tuple[Figure, ...]:
    """Draw every quantity over time."""
    return tuple(_figure(p, f"levels{i}") for i, p in enumerate(plots(page)))


def _figure(p: Plot, key: str) -> Figure:
    name = name_words(p.quantity)
    first, last = p.time_h
    aim = f" The range aimed at is {aim_words(p.aim)}." if p.aim and aim_words(p.aim) else ""
    desc = (
        f"{name} in {unit_words(p.unit) or 'no unit'} from {clock(first)} to {clock(last)}; "
        f"{len(p.measured)} measured, {len(p.doses)} doses. Now is at {clock(p.now_h)}.{aim} "
        "The numbers are in the tables below the figure."
    )
    told = Told(
        key=key,
        title=f"{name} over time",
        desc=desc,
        caption=_caption(p),
        tables=_tables(p),
        legend=_legend(p),
    )
    return figure(told, lambda sheet: _draw(p, sheet))


def _caption(p: Plot) -> str:
    words = "Nothing has been measured yet: this is the population alone."
    if p.measured:
        words = "Bars on measured points span 90 % of the error of measuring."
    if any(m.censoring is not Censoring.NONE for m in p.measured):
        words += " An arrow points beyond the limit of the test."
    parts = [words]
    if p.doses and doses_words(p.doses):
        planned = "; outlined where planned" if any(d.planned for d in p.doses) else ""
        parts.append(f"{doses_words(p.doses)}{planned}.")
    return " ".join(parts)


def _legend(p: Plot) -> tuple[tuple[str, str], ...]:
    skip = set[str]()
    if p.course is None:
        skip |= {"twin median", "twin band50", "twin band90", "read", "population"}
    if not (p.aim and aim_words(p.aim)):
        skip.add("aim")
    if not (p.aim and has_limit(p.aim)):
        skip.add("limit")
    if not p.measured:
        skip.add("seen")
    return tuple(entry for entry in LEGEND if entry[0] not in skip)


def _draw(p: Plot, sheet: Sheet) -> Drawn:
    left, right = 46.0, sheet.width - (6.0 if sheet.narrow else 118.0)
    top, bottom = 34.0, 250.0 if sheet.narrow else 320.0
    low, high = between(p.bottom, p.top)
    high = rounded_up(low, high, 6)
    x = Scale(*p.time_h, left, right)
    y = Scale(low, high, bottom, top)
    name = name_words(p.quantity) + (f", {unit_words(p.unit)}" if unit_words(p.unit) else "")
    doses = draw_doses(p.doses, x, bottom + 12, DOSES_HEIGHT)
    base = bottom + (12 + DOSES_HEIGHT if doses else 0)
    marked = TimeMarks.of(*p.time_h, int((right - left) / 44))
    body = _clipped(sheet, left, top, right, bottom, _body(p, x, y))
    marks_ = [
        text(name, 0, 12, "unit"),
        draw_aim(p.aim, x, y) if p.aim else "",
        value_axis(y, left, right, marks(low, high, 6)),
        body,
        time_axis(x, top, base, marked),
        doses,
        text("Doses", left - 7, bottom + 10 + DOSES_HEIGHT, "mark end") if doses else "",
        _now(p, x, top, base),
        text(f"{marked.unit} from start", right, base + 34, "unit end"),
        "" if sheet.narrow else _labels(p, y, right + 8),
    ]
    return Drawn("".join(marks_), base + 40)


def _clipped(
    sheet: Sheet, left: float, top: float, right: float, bottom: float, marks_: str
) -> str:
    window = rect(left, top - 4, right - left + 5, bottom - top + 8, "")
    clip = tag("clipPath", window, id=f"{sheet.key}-clip")
    return clip + tag("g", marks_, clip_path=f"url(#{sheet.key}-clip)")


def _body(p: Plot, x: Scale, y: Scale) -> str:
    seen = draw_measured(p.measured, x, y)
    if not p.course:
        return seen
    c = p.course
    low, high = c.population.low90, c.population.high90
    ghost = ribbon(x.all(c.population.time_h), y.all(low), y.all(high), "population fill")
    ghost += draw_outline(low, high, c.population.time_h, x, y, "population edge")
    read = draw_outline(c.measured.low90, c.measured.high90, c.measured.time_h, x, y, "read")
    return ghost + draw_bands(c.true, x, y) + read + seen


def _now(p: Plot, x: Scale, top: float, base: float) -> str:
    if not x.holds(p.now_h):
        return ""
    at = x(p.now_h)
    side = "end" if at > x.end - 30 else "mid" if at > x.start + 20 else "start"
    return line(at, top - 8, at, base, "now") + text("now", at, top - 13, f"now-word {side}")


def _labels(p: Plot, y: Scale, left: float) -> str:
    wanted: list[tuple[float, str, str]] = []
    if p.aim and aim_words(p.aim):
        ends = [v for v in (p.aim.low, p.aim.high) if v is not None]
        wanted.append((y(sum(ends) / len(ends)), "aimed at", "aim-word"))
    if p.course and len(p.course.true):
        c = p.course
        _, _, median, high50, high90 = c.true.at(-1)
        wanted += [
            (y(median), "median", "twin-word"),
            (y(high50), "half of cases", "twin-word"),
            (y(high90), "9 in 10 cases", "twin-word"),
            (y(c.measured.at(-1)[0]), "9 in 10 readings", "read-word"),
            (y(c.population.at(-1)[4]), "population", "population-word"),
        ]
    if p.aim and p.aim.harm_above is not None and y.holds(p.aim.harm_above):
        wanted.append((y(p.aim.harm_above), "harm above", "harm-word"))
    known = [w for w in wanted if math.isfinite(w[0])]
    heights = spread([max(w[0], y.end) for w in known], 14.0, y.end, y.start + 6)
    return "".join(
        text(words, left, h + 4, f"label {kind}")
        for (_, words, kind), h in zip(known, heights, strict=True)
    )


def _tables(p: Plot) -> tuple[Table, ...]:
    found: list[Table] = []
    if p.measured:
        rows = tuple(
            (clock(m.time_h), measured_words(m), span(*interval_of(m), m.unit)) for m in p.measured
        )
        found.append(
            Table(caption="Measured", columns=("Time", "Value", "90 % by error"), rows=rows)
        )
    if p.course and len(p.course.true):
        found.append(_course_table(p.course))
    if p.doses:
        found.append(_dose_table(p.doses))
    return tuple(found)


def _course_table(c: Course) -> Table:
    picked = np.unique(np.linspace(0, len(c.true) - 1, ROWS).round().astype(int))
    rows: list[tuple[str, ...]] = []
    for i in map(int, picked):
        low90, low50, median, high50, high90 = c.true.at(i)
        read, people = c.measured.at(i), c.population.at(i)
        rows.append(
            (
                clock(float(c.true.time_h[i])),
                number(median),
                span(low50, high50),
                span(low90, high90),
                span(read[0], read[4]),
                span(people[0], people[4]),
            )
        )
    unit = with_unit("", c.unit).strip() or "no unit"
    columns = ("Time", "Median", "50 %", "90 %", "90 % as measured", "90 % population")
    return Table(
        caption=f"{name_words(c.quantity)}, {unit}: true level, as it would be measured, and in "
        "the population",
        columns=columns,
        rows=tuple(rows),
    )


def _dose_table(doses: Sequence[DoseGiven]) -> Table:
    rows = tuple(
        (
            clock(d.time_h),
            with_unit(exact(d.amount), d.unit),
            clock(d.duration_h) if d.duration_h else "at once",
            d.words or ("planned" if d.planned else "given"),
        )
        for d in doses
    )
    return Table(caption="Doses", columns=("Time", "Amount", "Over", "Standing"), rows=rows)
