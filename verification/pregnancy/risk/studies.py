"""Populations drawn from the tables of the studies, and what the model finds in them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bodytwin.twins.pregnancy.model.cohort import (
    TERM_WK,
    cervix_log_ratio,
    history_log_ratio,
    length_mm,
    ratios,
    scores,
)
from bodytwin.twins.pregnancy.model.duration import baseline
from bodytwin.twins.pregnancy.model.hazard import Births, calibrated
from bodytwin.twins.pregnancy.model.quoted import table

PUBLISHED = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))
LAST_WK = 41


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Women by length (cell,) and history: shares, and spontaneous births (cell, history, week)."""

    first_wk: int
    length_mm: np.ndarray
    share: np.ndarray
    spontaneous: np.ndarray

    def before(self, week):
        """Chance (cell, history) of spontaneous birth before a week."""
        return self.spontaneous[..., : week - self.first_wk].sum(axis=-1)

    def between(self, first, last):
        """The same in weeks first to last."""
        return self.spontaneous[..., first - self.first_wk : last - self.first_wk + 1].sum(axis=-1)

    def before_by_length(self, week):
        """Chance (cell,), averaged over histories."""
        return np.sum(self.share * self.before(week), axis=1) / self.share.sum(axis=1)


def births(first_wk, bands_wk, percent):
    """Spontaneous births in bands of weeks, within each as in the natality file; term for all."""
    shape = baseline(twins=False, spontaneous_share=np.ones(1))
    known = dict(zip(shape.weeks.astype(int), shape.all[0], strict=True))
    weeks = np.arange(first_wk, LAST_WK + 1)
    spontaneous = np.zeros(len(weeks))
    for (low, high), part in zip(bands_wk, percent, strict=True):
        inside = (weeks >= low) & (weeks <= high)
        spread = np.array([known[w] for w in weeks[inside]])
        spontaneous[inside] += part / 100 * spread / spread.sum()
    term = np.where(weeks >= 37, [known[w] for w in weeks], 0.0)
    other = (1 - spontaneous.sum()) * term / term.sum()
    return Births(first_wk=first_wk, spontaneous=spontaneous, other=other)


def population(born, *, visit_wk, history_share=None, effect=None, **held):
    """The women of a study; `held` are ratios that are not as in the project's data."""
    by = ratios(**held)
    z, in_length = scores()
    lengths = length_mm(z, week=visit_wk)
    said = table("duration")["history"]["share"]
    in_history = np.array(history_share or list(said.values()))
    share = np.outer(in_length, in_history)
    length = cervix_log_ratio(lengths, visit_wk=visit_wk, weeks=born.weeks, by=by, effect=effect)
    log_ratio = length[:, :, None] + history_log_ratio(born.weeks, by=by)[:, None]
    flat = log_ratio.reshape(1, share.size, -1)
    found = calibrated(born, log_ratio=flat, share=share.ravel()).spontaneous_births(flat)
    return Population(
        first_wk=born.first_wk, length_mm=lengths, share=share,
        spontaneous=found[0].reshape(*share.shape, -1),
    )  # fmt: skip


def celik(effect=None):
    """London: spontaneous births go with the cervix alone."""
    said = PUBLISHED["celik"]
    born = births(22, said["bands_wk"], said["percent"])
    return population(
        born,
        visit_wk=said["visit_wk"],
        history_share=said["history_share"],
        related_share=1.0,
        effect=effect,
    )


def iams(visit, effect=None, **held):
    """The network of the United States at the first (0) or second (1) visit."""
    said = PUBLISHED["iams"]
    born = births(24, said["bands_wk"], said["percent"])
    ahead = born if visit == 0 else born.undelivered_at(28)
    return population(ahead, visit_wk=said["visit_wk"][visit], effect=effect, **held)


def relative_risks(women, before_wk=35):
    """Of women at or below percentiles of length against those above the 75th."""
    share = women.share.sum(axis=1)
    chance = women.before_by_length(before_wk)
    up_to = np.cumsum(share)

    def mean(low, high):
        part = np.clip(np.minimum(up_to, high) - np.maximum(up_to - share, low), 0, None)
        return np.sum(part * chance) / part.sum()

    above = mean(0.75, 1.0)
    return np.array([mean(0.0, p / 100) / above for p in PUBLISHED["iams"]["percentile"]])


def auc(score, cases, controls):
    """Chance that a case scores higher than a control, half for ties; weights are shares."""
    _, at = np.unique(np.round(score.ravel(), 12), return_inverse=True)
    case = np.bincount(at, cases.ravel() / cases.sum())
    control = np.bincount(at, controls.ravel() / controls.sum())
    return float(np.sum(case * (np.cumsum(control) - 0.5 * control)))


def detected(score, cases, everyone, positive=0.10):
    """Share of cases among the `positive` part of everyone who score highest."""
    order = np.argsort(-score.ravel())
    held = np.cumsum(cases.ravel()[order]) / cases.sum()
    taken = np.cumsum(everyone.ravel()[order]) / everyone.sum()
    return float(np.interp(positive, taken, held))


def found_in_celik(women):
    """Areas for length, areas for length and history, and detection, (band, 3)."""
    preterm, rows = women.before(TERM_WK), []
    short = np.repeat(-women.length_mm[:, None], women.share.shape[1], axis=1)
    for low, high in PUBLISHED["celik"]["bands_wk"]:
        chance = women.between(low, high)
        cases, controls = women.share * chance, women.share * (1 - preterm)
        areas = auc(short, cases, controls), auc(chance, cases, controls)
        rows.append((*areas, detected(chance, cases, women.share)))
    return np.array(rows)
