"""Was the twin right before? Each forecast beside what was then measured, and all of them."""

import math
from collections.abc import Sequence

import numpy as np

from bodytwin.numerics.inference.problem import Censoring
from bodytwin.report.axis import Scale, between, marks, rounded_up
from bodytwin.report.figure import Drawn, Figure, Ranged, Sheet, Table, Told, figure
from bodytwin.report.page import Judged, Page
from bodytwin.report.rows import across_axis, draw_interval
from bodytwin.report.svg import dot, line, tag, text
from bodytwin.report.words import clock, hours, name_words, number, span, unit_words, with_unit
from bodytwin.validity.score import Score
from bodytwin.validity.scorecard import ScoreCard

MOST = 30
ROW, TALL_ROW = 28.0, 44.0
BINS = 10
JUDGED_COLUMNS = (
    "Time", "Said at", "Standing", "Registered", "Forecast (90 %)", "Measured", "90 %",
    "Error score", "of the population", "of the last value",
)  # fmt: skip


def judged_figures(page: Page) -> tuple[Figure, ...]:
    """Draw the forecasts of this patient that can be judged, by quantity."""
    groups: dict[tuple[str, str], list[Judged]] = {}
    for j in page.judged:
        groups.setdefault((j.score.about.quantity, j.score.about.unit), []).append(j)
    return tuple(_judged(group, f"judged{i}") for i, group in enumerate(groups.values()))


def _judged(group: Sequence[Judged], key: str) -> Figure:
    about = group[0].score.about
    ordered = sorted(group, key=lambda j: (j.score.about.time_h, j.score.about.issued_h))
    shown = ordered[-MOST:]
    inside = sum(j.score.covered90 for j in ordered)
    name = name_words(about.quantity)
    told = Told(
        key=key,
        title=f"{name}: forecast, then measured",
        desc=f"{len(ordered)} forecasts, each beside what was measured. {inside} of "
        f"{len(ordered)} measured values lie inside the 90 % interval; "
        f"{made_words(ordered)}. The numbers are in the table below.",
        caption=f"{inside} of {len(ordered)} inside the 90 % interval; {made_words(ordered)}"
        + (f"; the last {MOST} are drawn." if len(ordered) > MOST else "."),
        tables=(_judged_table(ordered),),
        legend=(("twin band90", "9 in 10"), ("twin band50", "half"), ("seen", "measured")),
    )
    return figure(told, lambda sheet: _draw_judged(shown, sheet))


def made_words(group: Sequence[Judged]) -> str:
    """Say how many forecasts were on record before the outcome, and how many only replayed."""
    counts = {
        "registered before the outcome was known here": sum(
            bool(j.standing) and not j.replayed for j in group
        ),
        "replayed afterwards, with the outcome kept from the twin": sum(j.replayed for j in group),
        "not stated to have been registered": sum(not j.standing for j in group),
    }
    found = {how: n for how, n in counts.items() if n}
    if len(found) == 1:
        subject = "the forecast was" if len(group) == 1 else "all forecasts were"
        return f"{subject} {next(iter(found))}"
    return "forecasts: " + ", ".join(f"{n} {how}" for how, n in found.items())


def _draw_judged(shown: Sequence[Judged], sheet: Sheet) -> Drawn:
    scores = [j.score for j in shown]
    ends = [v for s in scores for v in (s.low90, s.high90, s.observed) if math.isfinite(v)]
    low, high = between(min([0.0, *ends]), max(ends, default=1.0))
    high = rounded_up(low, high, 6)
    named = 0.0 if sheet.narrow else 190.0
    step = TALL_ROW if sheet.narrow else ROW
    top, bottom = 26.0, 26.0 + step * len(shown) + 4
    x = Scale(low, high, named + 8, sheet.width - (14 if sheet.narrow else 104))
    about = scores[0].about
    name = name_words(about.quantity) + (f", {unit_words(about.unit)}" if about.unit else "")
    said = [across_axis(x, top, bottom, marks(low, high, 6)), text(name, x.start, 14, "unit")]
    for i, j in enumerate(shown):
        y = top + step * (i + 0.5) + (9 if sheet.narrow else 2)
        said.append(_judged_row(j, x, y, sheet))
    return Drawn("".join(said), bottom + 24)


def _judged_row(j: Judged, x: Scale, y: float, sheet: Sheet) -> str:
    s = j.score
    words = f"at {clock(s.about.time_h)}, said {hours(s.about.horizon_h)} before"
    name = text(words, 0, y - 15 if sheet.narrow else y + 4, "row-name")
    bar = draw_interval(s, x, y) if math.isfinite(s.median) else ""
    verdict = ("inside" if s.covered90 else "outside") + (", replay" if j.replayed else "")
    at = sheet.width if sheet.narrow else x.end + 14
    side = "end" if sheet.narrow else "start"
    kind = "label" if s.covered90 else "label harm-word"
    said = text(verdict, at, y - 15 if sheet.narrow else y + 4, f"{kind} {side}")
    return name + bar + _seen(s, x, y) + said


def _seen(s: Score, x: Scale, y: float) -> str:
    if not math.isfinite(s.observed):
        return ""
    at = x(s.observed)
    if s.censoring is Censoring.NONE:
        return dot(at, y, 4, "seen point")
    way = -1 if s.censoring is Censoring.BELOW else 1
    return tag("path", d=f"M{at:.1f} {y - 5:.1f}v10l{8 * way} -5z", class_="seen arrow")


def _judged_table(ordered: Sequence[Judged]) -> Table:
    rows = tuple(
        (
            clock(j.score.about.time_h),
            clock(j.score.about.issued_h),
            j.standing or "not stated",
            f"{j.registered_at:%Y-%m-%d %H:%M}" if j.registered_at else "not stated",
            Ranged(number(j.score.median), span(j.score.low90, j.score.high90)),
            _observed(j.score),
            "inside" if j.score.covered90 else "outside",
            number(j.score.crps),
            number(j.score.crps_prior),
            number(j.score.crps_last),
        )
        for j in ordered
    )
    about = ordered[0].score.about
    return Table(
        caption=f"{name_words(about.quantity)}, {unit_words(about.unit) or 'no unit'}; the error "
        "score (CRPS) is smaller the better",
        columns=JUDGED_COLUMNS,
        rows=rows,
    )


def _observed(s: Score) -> str:
    bound = {Censoring.BELOW: "below ", Censoring.ABOVE: "above "}.get(s.censoring, "")
    return bound + with_unit(number(s.observed), s.about.unit)


def card_figures(page: Page) -> tuple[Figure, ...]:
    """Draw where outcomes fell among the draws, for each card with enough forecasts."""
    return tuple(
        _card(card, f"card{i}") for i, card in enumerate(page.cards) if len(card.scores) >= 20
    )


def _card(card: ScoreCard, key: str) -> Figure:
    pit = np.array([s.pit for s in card.scores if math.isfinite(s.pit)])
    count, _ = np.histogram(pit, np.linspace(0, 1, BINS + 1))
    expected = len(pit) / BINS
    rows = tuple(
        (f"{i * 10} to {i * 10 + 10} %", str(int(n)), number(expected)) for i, n in enumerate(count)
    )
    title = f"{name_words(card.quantity)}: where outcomes fell among the draws"
    told = Told(
        key=key,
        title=title,
        desc=f"A histogram of {len(pit)} outcomes by their rank in the forecast, in ten bins. "
        "Bars of equal height mean honest intervals. The numbers are in the table below.",
        caption="Equal bars mean honest intervals; a valley means they were too narrow, a hill "
        "too wide, a slope too high or too low.",
        tables=(Table(caption=title, columns=("Rank", "Outcomes", "Expected"), rows=rows),),
        legend=(),
    )
    return figure(told, lambda sheet: _draw_card(count, expected, sheet))


def _draw_card(count: np.ndarray, expected: float, sheet: Sheet) -> Drawn:
    left, right, top, bottom = 40.0, sheet.width - 8, 24.0, 134.0
    x = Scale(0.0, 1.0, left, right)
    y = Scale(0.0, rounded_up(0, max(float(count.max()), expected * 1.5, 1.0), 3), bottom, top)
    bars: list[str] = []
    for i, n in enumerate(count):
        a, b = x(i / BINS) + 1.5, x((i + 1) / BINS) - 1.5
        d = f"M{a:.1f} {bottom:.1f}V{y(float(n)):.1f}H{b:.1f}V{bottom:.1f}z"
        bars.append(tag("path", d=d, class_="twin band50"))
    at = [0.0, 0.25, 0.5, 0.75, 1.0]
    words = ["lowest", "25 %", "median", "75 %", "highest"]
    said = [
        text(w, min(max(x(v), left + 18), right - 20), bottom + 17, "mark mid")
        for v, w in zip(at, words, strict=True)
    ]
    grid = [line(left, y(v), right, y(v), "grid") for v in marks(0, y.high, 3)]
    numbers = [text(f"{v:g}", left - 7, y(v) + 4, "mark end") for v in marks(0, y.high, 3)]
    level = line(left, y(expected), right, y(expected), "now")
    marks_ = [text("Outcomes", 0, 12, "unit"), *grid, *numbers, *bars, level, *said]
    return Drawn("".join(marks_), bottom + 24)
