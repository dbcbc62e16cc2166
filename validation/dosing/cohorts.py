"""Real patients of a study, and the card of their forecasts."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bodytwin.contract import Replayed
from bodytwin.contract.forecast_score import score_forecast
from bodytwin.importers.table import TableMapping, read
from bodytwin.record import Record
from bodytwin.validity.scorecard import ScoreCard, scorecard

DATA = Path(__file__).parents[2] / "examples" / "data"


def records(study: str) -> tuple[Record, ...]:
    """Every patient of a study that comes with the project."""
    mapping = TableMapping.load((DATA / f"{study}.toml").read_bytes())
    return read((DATA / f"{study}.csv").read_bytes(), mapping).records


def card(replayed: Iterable[Replayed], quantity: str, seed: int = 0) -> ScoreCard:
    """How the forecasts of one quantity did."""
    rng = np.random.default_rng(seed)
    scores = [s for r in replayed for s in score_forecast(r.forecast, r.outcome, rng=rng)]
    return scorecard([s for s in scores if s.about.quantity == quantity], rng=rng)


def shown(card: ScoreCard) -> str:
    """The card in a few lines, for people."""
    return (
        f"{card.variant}, {card.quantity}: {card.forecasts} forecasts in {card.patients} patients\n"
        f"  relative RMSE {card.relative_rmse}, relative bias {card.relative_bias}\n"
        f"  90 % interval held {card.coverage90}, 50 % interval {card.coverage50}\n"
        f"  CRPS skill over the population {card.skill_over_population}, "
        f"over the last value {card.skill_over_last_value}, PIT p = {card.pit_p:.2f}"
    )
