# ruff: noqa: D103
"""What asking for leave costs each prediction: decide, log, commit, let the key out, open 100 kB.

Beside it the least that any audited, spent permit costs: two synchronised commits of
SQLite on the same disk, and the same 100 kB read unsealed.
"""

import secrets
import sqlite3
import time

import numpy as np

from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.importing import import_table
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from tests.made_up import FIRST, MAPPING

RUNS, STATE_BYTES, MOST = 300, 100_000, 20.0


def test_the_gate_costs_milliseconds(tmp_path):
    with workspace(Settings(home=tmp_path / "home")) as work:
        (patient,) = import_table(work, FIRST.encode(), mapping=MAPPING.encode()).added.patients
        state = secrets.token_bytes(STATE_BYTES)
        with work.store.writing() as (_, files):
            key = work.store.vault.sealing(patient)
            sealed = files.put(key.seal(state, place="state"))
            plain = files.put(state)

        def guarded():
            access = granted(work, patient, Action.FORECAST, twin="dosing", version="1")
            assert access.key.open(work.store.archive.get(sealed), place="state") == state

        bare = sqlite3.connect(tmp_path / "bare.sqlite", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL").close()
        bare.execute("PRAGMA synchronous=FULL").close()
        bare.execute("CREATE TABLE line (said TEXT)")

        def unguarded():
            for _ in range(2):
                bare.execute("BEGIN IMMEDIATE")
                bare.execute("INSERT INTO line VALUES (?)", ("x" * 400,))
                bare.execute("COMMIT")
            assert work.store.archive.get(plain) == state

        asked, read = timed(guarded), timed(unguarded)
        bare.close()
    p50, p95 = np.quantile(asked, (0.5, 0.95)) * 1000
    ratio = float(np.median(asked) / np.median(read))
    print(f"\ngate and 100 kB: p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    print(f"{ratio:.1f} times two bare commits and a plain read")
    assert ratio <= MOST


def timed(act):
    for _ in range(20):
        act()
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return np.array(found)
