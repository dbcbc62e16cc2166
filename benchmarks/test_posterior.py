# ruff: noqa: D103
"""The posterior of one two-compartment patient, against NumPyro: CPU time, cold and warm.

Cold NUTS is a fresh process, as every single patient costs from a shell; ours
stands in a process that has its kernels loaded. The table also has both cold.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AGAINST_COLD, AGAINST_WARM = 100.0, 20.0


def measured(*words, bytecode):
    """CPU seconds in a fresh process, whose bytecode is kept in a folder."""
    rest = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.posterior", *words],
        env={**rest, "PYTHONPYCACHEPREFIX": str(bytecode)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_posterior_costs_a_hundredth_of_a_cold_nuts_and_a_twentieth_of_a_warm_one(tmp_path):
    pytest.importorskip("numpyro", reason="the peer is in the group 'oracles'")
    for side in ("ours", "nuts"):  # bytecode of both, and our kernels, are compiled and kept
        measured(side, "once", bytecode=tmp_path)
    ours, nuts = measured("ours", bytecode=tmp_path), measured("nuts", bytecode=tmp_path)
    rows = {
        "warm call, cold NUTS process": (ours["warm"], nuts["process"]),
        "warm call, warm NUTS as it is called": (ours["warm"], nuts["warm"]),
        "warm call, NUTS compiled once for the shape": (ours["warm"], nuts["compiled"]),
        "first call, first NUTS run, imports left out": (ours["first"], nuts["first"]),
        "cold process, cold NUTS process": (ours["process"], nuts["process"]),
    }
    print(f"\n{'CPU seconds':46s} {'bodytwin':>9s} {'NumPyro':>9s} {'ratio':>7s}")
    for name, (mine, theirs) in rows.items():
        print(f"{name:46s} {mine:9.3f} {theirs:9.3f} {theirs / mine:7.1f}")
    assert nuts["process"] / ours["warm"] >= AGAINST_COLD
    assert nuts["warm"] / ours["warm"] >= AGAINST_WARM
