"""Half-blocking concentrations from doses and responses."""

import csv
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

FILE = Path(__file__).with_name("crumb_2016.csv")
LEAST_BLOCK = 10.0
"""A current counts as blocked where the highest dose blocks this much of it, in per cent."""
LEAST_FOR_STEEPNESS = 50.0
"""Below this the steepness cannot be told, and is set to one."""


def responses():
    """Doses in uM and blocks in per cent by (drug, current)."""
    found = {}
    with FILE.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            pair = float(row["dose_um"]), float(row["block_percent"])
            found.setdefault((row["drug"], row["current"]), []).append(pair)
    return {key: np.array(rows).T for key, rows in found.items()}


def fitted(dose, block):
    """Half-blocking concentration and steepness by least squares; None where hardly blocked."""
    highest = block[dose == dose.max()].mean()
    if highest < LEAST_BLOCK:
        return None
    steep = highest >= LEAST_FOR_STEEPNESS

    def apart(p):
        return 100.0 / (1.0 + (np.exp(p[0]) / dose) ** (np.exp(p[1]) if steep else 1.0)) - block

    guesses = [[np.log(start), 0.0] for start in (dose.max() / 10, dose.max(), dose.max() * 10)]
    best = min((least_squares(apart, guess) for guess in guesses), key=lambda f: f.cost)
    return float(np.exp(best.x[0])), float(np.exp(best.x[1])) if steep else 1.0
