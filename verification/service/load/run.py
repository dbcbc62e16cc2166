"""Sixteen readers and four writers for as many seconds as are given."""

import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bodytwin.service.importing import import_table
from bodytwin.service.people import everyone, timeline
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from bodytwin.store.log import Audit, verify
from tests.made_up import MAPPING
from verification.service.killed.child import table

READERS, WRITERS = 16, 4


@dataclass
class Run:
    """What happened."""

    errors: list[str] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)
    written_s: list[float] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    audit: Audit | None = None


def run(home: Path, seconds: float) -> Run:
    found, over = Run(), threading.Event()
    with workspace(Settings(home=home)) as work:
        (start,) = import_table(work, table(0, 1), mapping=MAPPING.encode()).added.patients
        names = [start]

        def timed(kept, act):
            began = time.perf_counter()
            try:
                act()
            except Exception as error:
                found.errors.append(repr(error))
                over.set()
            kept.append(time.perf_counter() - began)

        def read(number):
            while not over.is_set():
                timed(found.read_s, lambda: timeline(work, names[number % len(names)]))
                time.sleep(0.02)

        def write(number):
            patient = 1000 * (number + 1)
            while not over.is_set():
                patient += 1

                def act(patient=patient):
                    took = import_table(work, table(patient, 2), mapping=MAPPING.encode())
                    found.acknowledged[took.added.patients[0]] = took.added.new
                    names.append(took.added.patients[0])

                timed(found.written_s, act)
                time.sleep(0.05)

        threads = [threading.Thread(target=read, args=(n,)) for n in range(READERS)]
        threads += [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        over.wait(seconds)
        over.set()
        for thread in threads:
            thread.join()
        found.audit = verify(work.store)
        found.held = {
            s.patient: s.observations + s.treatments + s.covariates for s in everyone(work)
        }
    return found


def words(found: Run) -> str:
    """The figures."""
    lines = [f"{len(found.errors)} errors; the log has {found.audit.entries} entries"]
    for what, waits in (("reads", found.read_s), ("writes", found.written_s)):
        p50, p95 = np.quantile(waits, (0.5, 0.95)) * 1000
        lines.append(f"{len(waits)} {what}: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    return "\n".join(lines)


if __name__ == "__main__":
    print(words(run(Path(tempfile.mkdtemp()) / "home", float(sys.argv[1]))))
