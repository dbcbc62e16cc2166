"""Target attainment by dose: how often each lands in the range, how often it harms, and where."""

import math
from collections.abc import Sequence

from bodytwin.contract.comparison import Comparison
from bodytwin.report.axis import Scale, between, marks, rounded_up
from bodytwin.report.chance import Attainment, AttainmentCurve, Chance
from bodytwin.report.figure import Drawn, Figure, Ranged, Row, Sheet, Table, Told, figure
from bodytwin.report.page import Page
from bodytwin.report.rows import across_axis, draw_interval
from bodytwin.report.svg import dot, line, rect, tag, text
from bodytwin.report.words import number, percent, percent_span, shortened, span, unit_words

MOST = 40
ROW, TALL_ROW = 30.0, 46.0


def curves(page: Page) -> tuple[AttainmentCurve, ...]:
    """Take the curves of the page, or those that its comparison holds."""
    if page.attainment or page.comparison is None:
        return page.attainment
    return compared(page.comparison)


def compared(c: Comparison) -> tuple[AttainmentCurve, ...]:
    """Take a curve of every result that has a range or a limit, over the plans of a comparison."""
    first = c.options[0].outcomes if c.options else {}
    aimed = [name for name, o in first.items() if o.has_aim or o.has_limit]
    return tuple(AttainmentCurve.of(c, name) for name in aimed)


def attainment_figures(page: Page) -> tuple[Figure, ...]:
    """Draw one figure for each result aimed at."""
    found = [c for c in curves(page) if c.doses]
    return tuple(_figure(c, f"attain{i}") for i, c in enumerate(found))


def _figure(c: AttainmentCurve, key: str) -> Figure:
    told = Told(
        key=key,
        title=f"{c.outcome}: chance of {c.target or 'harm'} by dose",
        desc=f"One row for each of {len(c.doses)} doses, with the probability of {c.outcome} "
        f"{c.target} and the probability of harm. The numbers are in the table below.",
        caption=f"{_limits(c)} Bars on the probabilities are 95 % "
        "intervals for the number of draws alone; the bands at the result hold half and nine in "
        "ten of the draws.",
        tables=(_table(c),),
        legend=(("chance", "in target"),)
        + ((("harm", "harm"),) if any(d.harm for d in c.doses) else ()),
    )
    return figure(told, lambda sheet: _draw(c, c.doses[:MOST], sheet))


def _limits(c: AttainmentCurve) -> str:
    aim = f"Aimed at: {c.target}" if c.target else "No range is aimed at"
    return f"{aim}; harm is expected {c.harm}." if c.harm else f"{aim}."


def _draw(c: AttainmentCurve, doses: Sequence[Attainment], sheet: Sheet) -> Drawn:
    results = [d.result for d in doses if d.result and math.isfinite(d.result.high90)]
    named = 0.0 if sheet.narrow else 190.0
    inner = sheet.width - named - 10
    split = inner * (0.47 if results else 1.0)
    step = TALL_ROW if sheet.narrow else ROW
    top, bottom = 44.0, 44.0 + step * len(doses) + 4
    p = Scale(0.0, 1.0, named + 6, named + split - 6)
    said = [
        across_axis(p, top, bottom, [0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"]),
        text("Probability, %", p.start, 14, "unit"),
        _key(p, bool(c.target), any(d.harm for d in doses)),
    ]
    r = None
    if results:
        unit = results[0].unit
        high = rounded_up(0, between(0, max(b.high90 for b in results))[1], 4)
        low = min(0.0, *(b.low90 for b in results))
        r = Scale(low, high, named + split + 22, sheet.width - 8)
        said += [_aim(c, r, top, bottom), across_axis(r, top, bottom, marks(low, high, 4))]
        said.append(text(f"Result, {unit_words(unit)}".rstrip(", "), r.start, 14, "unit"))
    for i, d in enumerate(doses):
        y = top + step * (i + 0.5) + (9 if sheet.narrow else 2)
        said.append(_row(d, y, p, r, sheet))
    return Drawn("".join(said), bottom + 26)


def _key(p: Scale, target: bool, harm: bool) -> str:
    marks_, at = "", p.start + 5
    if target:
        marks_ += dot(at, 29, 4.2, "chance point") + text("in target", at + 10, 33, "label")
        at += 80
    return marks_ + (_diamond(at, 29) + text("harm", at + 10, 33, "label") if harm else "")


def _row(d: Attainment, y: float, p: Scale, r: Scale | None, sheet: Sheet) -> str:
    if sheet.narrow:
        name = text(shortened(d.label, sheet.width, 12.5), 0, y - 16, "row-name")
    else:
        name = text(shortened(d.label, 190, 12.5), 0, y + 4, "row-name")
    harm = _chance(d.harm, p, y, "harm") if d.harm else ""
    said = [name, harm, _chance(d.in_target, p, y, "chance")]
    if r and d.result and math.isfinite(d.result.median):
        said.append(draw_interval(d.result, r, y))
    return "".join(said)


def _chance(c: Chance, p: Scale, y: float, kind: str) -> str:
    if not math.isfinite(c.value):
        return ""
    bar = line(p(c.low), y, p(c.high), y, f"{kind} bar") if math.isfinite(c.low + c.high) else ""
    point = dot(p(c.value), y, 4.2, "chance point") if kind == "chance" else _diamond(p(c.value), y)
    return bar + point


def _diamond(x: float, y: float) -> str:
    d = f"M{x:.1f} {y - 5.2:.1f}l5.2 5.2-5.2 5.2-5.2-5.2z"
    return tag("path", d=d, class_="harm point")


def _aim(c: AttainmentCurve, r: Scale, top: float, bottom: float) -> str:
    marks_ = ""
    if c.low is not None or c.high is not None:
        start = r.start if c.low is None else min(max(r(c.low), r.start), r.end)
        end = r.end if c.high is None else max(min(r(c.high), r.end), r.start)
        marks_ = rect(start, top, end - start, bottom - top, "aim")
    limits = [v for v in (c.harm_above, c.harm_below) if v is not None and r.holds(v)]
    return marks_ + "".join(line(r(v), top, r(v), bottom, "harm-edge") for v in limits)


def _table(c: AttainmentCurve) -> Table:
    rows: list[Row] = []
    for d in c.doses:
        harm, b = d.harm, d.result
        rows.append(
            (
                d.label,
                _cell(d.in_target),
                _cell(harm) if harm else "no limit known",
                Ranged(number(b.median), span(b.low90, b.high90, b.unit)) if b else "not known",
            )
        )
    return Table(
        caption=f"{c.outcome}, by dose",
        columns=("Dose", "In target (95 %)", "Harm (95 %)", "Result, median (90 %)"),
        rows=tuple(rows),
    )


def _cell(c: Chance) -> str | Ranged:
    known = math.isfinite(c.value)
    return Ranged(percent(c.value), percent_span(c.low, c.high)) if known else "no aim stated"


def said(c: Chance) -> str:
    """Say a probability with its interval."""
    if not math.isfinite(c.value):
        return "no aim stated"
    return f"{percent(c.value)} ({percent_span(c.low, c.high)})"
