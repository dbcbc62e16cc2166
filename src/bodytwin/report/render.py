"""One page as one HTML document."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bodytwin.contract.next_measurement import Worth
from bodytwin.report.answer import STANDINGS, answer, band_of
from bodytwin.report.attainment import attainment_figures
from bodytwin.report.calibration import card_figures, judged_figures
from bodytwin.report.densities import density_figures
from bodytwin.report.figure import Ranged, Row, Table
from bodytwin.report.levels import level_figures
from bodytwin.report.options import Options, option_tables
from bodytwin.report.page import Foretold, Page
from bodytwin.report.what_ifs import what_if_figures
from bodytwin.report.words import (
    NOISE,
    THIN,
    clock,
    name_words,
    number,
    percent,
    span,
    unit_words,
    with_error,
    with_unit,
)
from bodytwin.validity.bootstrap import Estimate
from bodytwin.validity.scorecard import ScoreCard


def render(page: Page) -> str:
    """Write the whole report: no outside resource, no script; same page, same bytes."""
    return _environment().get_template("page.html").render(_context(page))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bodytwin.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_close_percent,
    )
    environment.filters.update(drawing=Markup, name=name_words, soft=_soft)
    return environment


def _close_percent(value: Any) -> Any:
    """Set every percent sign close to its number; markup is left alone."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return re.sub(r"(?<=\d) %", f"{THIN}%", value)
    return value


def _soft(words: str) -> Markup:
    """Let a long name break after its underscores."""
    return Markup(str(escape(words)).replace("_", "_<wbr>"))


def _context(page: Page) -> Mapping[str, Any]:
    case = page.case
    return {
        "page": page,
        "case": case,
        "origin": f"{case.origin:%Y-%m-%d %H:%M %Z}".strip(),
        "as_of": f"{case.as_of:%Y-%m-%d %H:%M %Z}".strip(),
        "made_at": f"{page.made_at:%Y-%m-%d %H:%M %Z}".strip(),
        "now": clock(case.now_h),
        "sentences": answer(page),
        "levels": level_figures(page),
        "plans": what_if_figures(page),
        "options": _options(page),
        "attainment": attainment_figures(page),
        "next": _next_table(page.next_measurements),
        "foretold": _foretold_table(page.foretold),
        "learned": density_figures(page),
        "judged": judged_figures(page),
        "card_figures": card_figures(page),
        "cards": [(card, _card_table(card)) for card in page.cards],
        "standings": STANDINGS,
        "weights": [(name, percent(w)) for name, w in page.weights.items()],
        "diagnostics": [(k, number(v)) for k, v in page.posterior.method.diagnostics.items()],
        "telling": any(w.expected_gain > NOISE for w in page.next_measurements),
        "settings": _settings(page),
    }


def _options(page: Page) -> Options | None:
    c = page.comparison
    if c is None or not c.options:
        return None
    earned = all(e.may_rank for e in page.evidence) if page.evidence else c.best is not None
    return option_tables(c, may_rank=earned)


def _settings(page: Page) -> list[tuple[str, str]]:
    q = page.posterior
    own = {
        "Twin": f"{page.case.twin} {page.case.version}, {page.case.variant}",
        **page.versions,
        "Draws": str(len(q.values)),
        "Seed of the posterior": str(q.seed),
        **{f"Seed, {k}": str(v) for k, v in page.seeds.items()},
        "Case": page.case.digest,
        "Posterior": q.id,
        **({"Updates": q.parent} if q.parent else {}),
        **({"Levels": page.levels.id} if page.levels else {}),
    }
    further = [(k, v) for k, v in page.hashes.items() if v not in own.values()]
    return [*own.items(), *further]


def _next_table(found: tuple[Worth, ...]) -> Table | None:
    rows = tuple(
        (
            f"{name_words(w.target.quantity)} at {clock(w.target.time_h)}",
            Ranged(*with_error(w.expected_gain, w.expected_gain_se)),
            f"from {number(w.sd_before)} to {with_unit(number(w.sd_after), w.target.unit)}",
        )
        for w in found
    )
    columns = ("Measure", "Expected gain in utility (± Monte-Carlo error)", "Spread there (sd)")
    return Table(caption="Next measurement", columns=columns, rows=rows) if rows else None


def _foretold_table(found: tuple[Foretold, ...]) -> Table | None:
    rows: list[Row] = []
    for one in found:
        f = one.forecast
        for j, t in enumerate(f.targets):
            own, people = band_of(f, j)
            last = float(f.last_value[j])
            rows.append(
                (
                    Ranged(f"{name_words(t.quantity)} at {clock(t.time_h)}", f.id[:12]),
                    Ranged(number(own.median), span(own.low50, own.high50, t.unit)),
                    span(own.low90, own.high90, t.unit),
                    Ranged(number(people.median), span(people.low90, people.high90, t.unit)),
                    with_unit(number(last), t.unit),
                    Ranged(one.standing or "standing not stated", _when(one.registered_at)),
                )
            )
    columns = ("What, and its id", "Median (50 %)", "90 %", "Population (90 %)", "Last value",
               "Registered")  # fmt: skip
    return Table(caption="Awaited", columns=columns, rows=tuple(rows)) if rows else None


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "time not stated"


def _card_table(c: ScoreCard) -> Table:
    unit = unit_words(c.unit)
    figures: list[tuple[str, Estimate, float]] = [
        ("Inside the 50 % interval, %", c.coverage50, 100),
        ("Inside the 90 % interval, %", c.coverage90, 100),
        ("Within 20 % of the measured value, %", c.share_within_20_percent, 100),
        ("Relative bias, %", c.relative_bias, 100),
        ("Relative root-mean-square error, %", c.relative_rmse, 100),
        (f"Mean error score (CRPS){', ' + unit if unit else ''}", c.mean_crps, 1),
        ("Error saved over the population, %", c.skill_over_population, 100),
        ("Error saved over the last value, %", c.skill_over_last_value, 100),
    ]
    rows = tuple((name, number(e.value * k), span(e.low * k, e.high * k)) for name, e, k in figures)
    return Table(
        caption=f"{name_words(c.quantity)}: {c.forecasts} forecasts in {c.patients} patients "
        f"({c.censored} beyond a limit, {c.failed} failed)",
        columns=("Figure", "Found", "95 % interval over patients"),
        rows=rows,
    )
