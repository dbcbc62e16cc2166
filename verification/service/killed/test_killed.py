import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bodytwin.service.consenting import consents
from bodytwin.service.people import everyone, timeline
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from bodytwin.store.log import verify

KILLS = 50
ROOT = Path(__file__).parents[3]


def until_killed(home, first, seconds):
    """What the child acknowledged before it was killed `seconds` after its first word."""
    words = [sys.executable, "-m", "verification.service.killed.child", str(home), str(first)]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    said = [child.stdout.readline()]
    time.sleep(seconds)
    child.kill()
    said += child.communicate()[0].splitlines(keepends=True)
    return [line.split() for line in said if line.endswith("\n")]


def test_fifty_kills_lose_nothing_that_was_acknowledged(tmp_path):
    home, rng = tmp_path / "home", np.random.default_rng(20261123)
    facts, chosen, first = {}, {}, 0
    for kill in range(KILLS):
        for what, patient, found in until_killed(home, first, rng.uniform(0.0, 0.4)):
            if what == "facts":
                facts[patient] = int(found)
            else:
                chosen[patient] = found
        first = 1000 * (kill + 1)
        with workspace(Settings(home=home)) as work:
            assert verify(work.store).faults == (), kill
    with workspace(Settings(home=home)) as work:
        held = {s.patient for s in everyone(work)}
        assert set(facts) <= held
        for patient, count in facts.items():
            assert len(timeline(work, patient).facts) >= count
        for patient, consent in chosen.items():
            assert consent in {c.consent.id for c in consents(work, patient)}
        for patient in held:
            assert len(timeline(work, patient).facts) in (3, 4, 5)
    print(f"{KILLS} kills, {len(facts)} patients, {len(chosen)} consents acknowledged: none lost")
