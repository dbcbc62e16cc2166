"""The options as a table: what each does, what it is worth, and how sure that is."""

from dataclasses import dataclass

import numpy as np

from bodytwin.contract.comparison import Comparison, Option, Verdict
from bodytwin.report.bands import Array, Bands
from bodytwin.report.chance import Chance
from bodytwin.report.figure import Ranged, Row, Table
from bodytwin.report.words import (
    name_words,
    number,
    percent,
    percent_span,
    span,
    unit_words,
    with_error,
)

MOST = 8
RANKS = ["Expected utility", "Best", "Expected regret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`first` is shown, `rest` one click away; `best` is the row of the plan named best."""

    first: Table
    best: str
    rest: Table | None
    ranking: str
    withheld: bool
    may_rank: bool
    utility: str
    perfect: str
    remarks: tuple[str, ...]


def option_tables(c: Comparison, *, may_rank: bool) -> Options:
    """Write the options, of many those most often in target; no ranks where none were earned."""
    pairs = list(zip(c.options, c.verdicts, strict=True))
    places = sorted(range(len(pairs)), key=lambda i: -_on_target(pairs[i][0]))[:MOST]
    kept = [p for i, p in enumerate(pairs) if i in places]
    left = [p for i, p in enumerate(pairs) if i not in places]
    return Options(
        first=_table("Options", kept, may_rank),
        best=c.best or "",
        rest=_table("Further options", left, may_rank) if left else None,
        ranking=c.ranking,
        withheld=c.best is None,
        may_rank=may_rank,
        utility=c.utility_words,
        perfect=with_error(c.expected_value_of_perfect_information, 0.0)[0],
        remarks=c.remarks,
    )


def _on_target(o: Option) -> float:
    return sum(o.probability_in_target.values()) - sum(o.probability_of_harm.values())


def _table(caption: str, pairs: list[tuple[Option, Verdict]], may_rank: bool) -> Table:
    first = pairs[0][0].outcomes
    shown = [n for n, o in first.items() if o.has_aim or o.has_limit or o.is_event]
    shown = shown or list(first)[:2]
    columns = ["Plan"]
    for name in shown:
        o, unit = first[name], unit_words(first[name].unit)
        columns.append(name_words(name, o.unit) + (f", {unit}" if unit else ""))
        columns += ["In target"] if o.has_aim else []
        columns += ["Harm"] if o.has_limit else []
    columns += RANKS if may_rank else []
    rows = tuple(
        (*_row(o, shown), *(_ranks(v, len(o.utility)) if may_rank else ())) for o, v in pairs
    )
    return Table(caption=caption, columns=tuple(columns), rows=rows)


def _row(o: Option, shown: list[str]) -> Row:
    cells: list[str | Ranged] = [o.plan]
    for name in shown:
        outcome = o.outcomes[name]
        n = len(outcome.draws)
        happens = outcome.is_event
        cells.append(_share(int(outcome.draws.sum()), n) if happens else _spread(outcome.draws))
        if outcome.has_aim:
            cells.append(_share(int(outcome.in_target().sum()), n))
        if outcome.has_limit:
            cells.append(_share(int(outcome.harmful().sum()), n))
    return tuple(cells)


def _ranks(v: Verdict, draws: int) -> Row:
    return (
        Ranged(*with_error(v.expected_utility, v.expected_utility_se)),
        _points(v.probability_best, v.probability_best_se, draws),
        Ranged(*with_error(v.expected_regret, v.expected_regret_se)),
    )


def _spread(draws: Array) -> Ranged:
    low90, _, median, _, high90 = Bands.of(np.zeros(1), draws[:, None]).at(0)
    return Ranged(number(median), span(low90, high90))


def _share(hits: int, draws: int) -> Ranged:
    c = Chance.of(hits, draws)
    return Ranged(percent(c.value), percent_span(c.low, c.high))


def _points(p: float, se: float, draws: int) -> Ranged:
    if p in (0, 1):
        return _share(int(p) * draws, draws)
    value, error = with_error(100 * p, 100 * se)
    return Ranged(f"{value} %", f"{error} %")
