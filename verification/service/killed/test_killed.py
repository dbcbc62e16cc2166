import multiprocessing
import time
from contextlib import suppress

import numpy as np

from bodytwin.service.consenting import consents
from bodytwin.service.people import everyone, timeline
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from bodytwin.store.log import verify
from verification.service.killed import child

KILLS = 50
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["verification.service.killed.child"])


def until_killed(home, first, seconds):
    """What the child acknowledged before it was killed `seconds` after its first word."""
    heard, tells = PROCESSES.Pipe(duplex=False)
    one = PROCESSES.Process(target=child.main, args=(home, first, tells.send))
    one.start()
    tells.close()
    said = [heard.recv()]
    time.sleep(seconds)
    one.kill()
    one.join()
    with suppress(EOFError, OSError):
        while True:
            said.append(heard.recv())
    heard.close()
    return said


def test_fifty_kills_lose_nothing_that_was_acknowledged(tmp_path):
    home, rng = tmp_path / "home", np.random.default_rng(20261123)
    facts, chosen, first = {}, {}, 0
    for kill in range(KILLS):
        for what, patient, found in until_killed(home, first, rng.uniform(0.0, 0.4)):
            if what == "facts":
                facts[patient] = found
            else:
                chosen[patient] = found
        first = 1000 * (kill + 1)
        with workspace(Settings(home=home)) as work:
            if kill % 10 == 9:
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
