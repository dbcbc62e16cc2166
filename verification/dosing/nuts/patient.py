"""One patient, as plain numbers and as a case: 6 infusions, 4 levels."""

import numpy as np

from bodytwin.twins.dosing.model import CENTRAL, Dose
from bodytwin.twins.dosing.population import load
from verification.dosing.simulated import case

PLAIN = {
    "t": np.array([2.5, 11.5, 26.0, 71.0]),
    "y": np.array([17.1, 12.4, 27.9, 24.6]),
    "start": 12.0 * np.arange(6),
    "amount": np.array([1500.0, 1000.0, 1000.0, 1000.0, 1000.0, 1000.0]),
    "length": np.array([1.5, 1.0, 1.0, 1.0, 1.0, 1.0]),
    "weight": 82.0,
    "creatinine_clearance": 71.0,
}


def as_case():
    p = PLAIN
    doses = tuple(
        Dose(time_h=t, amount=a, into=CENTRAL, duration_h=d)
        for t, a, d in zip(p["start"], p["amount"], p["length"], strict=True)
    )
    return case(
        load("vancomycin_goti_2018"),
        patient="one",
        doses=doses,
        times_h=tuple(p["t"]),
        values=p["y"],
        covariates=(p["weight"], p["creatinine_clearance"], 0.0),
    )
