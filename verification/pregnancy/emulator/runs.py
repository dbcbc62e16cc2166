"""Runs of the mechanics from which its emulator learns, and by which it is judged.

    python -m verification.pregnancy.emulator.runs learn 450 1 FILE.npz
    python -m verification.pregnancy.emulator.runs learn 450 3 FILE.npz
    python -m verification.pregnancy.emulator.runs judge 420 21 FILE.npz
    python -m verification.pregnancy.emulator.runs judge 200 7 held_out.npz

Women of 18 to 38 weeks. Those to learn from are drawn half as wide again as the published spread,
and their pressures from 0.05 to 2 kPa; the others as published, with the pressure of their week:
420 to say how wide intervals are, 200 to judge by. One and a half seconds each.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from bodytwin.errors import InvalidParameterError, NumericalError
from bodytwin.twins.pregnancy.model.emulated import AMONG, MESH, inputs
from bodytwin.twins.pregnancy.model.measures import errors, measures
from bodytwin.twins.pregnancy.model.mechanics import Load, readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from bodytwin.twins.pregnancy.model.pressure import amniotic_pressure
from bodytwin.twins.pregnancy.model.tissue import tissues
from bodytwin.twins.pregnancy.model.women import at_scores

WEEKS = (18.0, 38.0)
WIDER = 1.5
ACROSS_KPA = (0.05, 2.0)


def women(count, seed, *, wider):
    """Measures and load of `count` women; those whose measures conflict are drawn again."""
    rng = np.random.default_rng(seed)
    made = 0
    while made < count:
        week = rng.uniform(*WEEKS)
        spread = WIDER if wider else 1.0
        scores = np.clip(spread * rng.standard_normal((1, 11)), -3.5, 3.5)
        tissue = tissues(np.clip(spread * rng.standard_normal((1, 9)), -3.5, 3.5))[0]
        if wider:
            tissue = replace(tissue, borne_share=1.0)
            kpa = float(np.exp(rng.uniform(*np.log(ACROSS_KPA))))
        else:
            known = amniotic_pressure(week=max(week, 25.0))
            kpa = max(known.mean_kpa + known.sd_kpa * rng.standard_normal(), 0.1)
        try:
            true = measures(at_scores(week, scores)[0])
            said = measures(true.array + errors(true) * rng.standard_normal(11))
        except InvalidParameterError:
            continue
        made += 1
        yield said, Load(tissue=tissue, week=week, pressure_kpa=kpa)


def _kept(path, points, values, seed):
    small = {"points": np.float32(points), "values": np.float32(values)}
    np.savez_compressed(path, **small, seed=seed)


def main():
    """Compute and write."""
    kind, count, seed, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    points, values, failed = [], [], []
    for k, (said, load) in enumerate(women(count, seed, wider=kind == "learn")):
        try:
            seen = readings(seen_under(half_uterus(said, MESH), load))
        except (InvalidParameterError, NumericalError) as error:
            failed.append(str(error)[:120])
            continue
        points.append(inputs(said, load))
        values.append([getattr(seen, name) for name in AMONG])
        if k % 20 == 19:
            _kept(path, points, values, seed)
            print(k + 1, len(points), failed[-1:], flush=True)
    _kept(path, points, values, seed)
    print(f"{count} women, {len(failed)} failed")
    for why in failed:
        print(" ", why)


if __name__ == "__main__":
    main()
