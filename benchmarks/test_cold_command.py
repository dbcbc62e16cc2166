# ruff: noqa: D103
"""`bodytwin personalise` from a shell: a fresh process, all of it compiled before."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "examples" / "data" / "theophylline_subject_1.fhir.json"
MOST, ROUNDS = 3.0, 5
LIBRARIES = "import numpy, scipy.optimize, numba, sqlalchemy, typer"


def keeping(bytecode):
    """This environment, with Python's bytecode kept in the folder `bytecode`."""
    rest = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**rest, "PYTHONPYCACHEPREFIX": str(bytecode)}


def command(*words, bytecode):
    """Output of the command; Python keeps its bytecode in a folder, as an installation does."""
    beside = shutil.which("bodytwin", path=str(Path(sys.executable).parent))
    if beside is None:
        pytest.skip("the command is not installed beside this Python")
    done = subprocess.run(
        [beside, *words], capture_output=True, text=True, check=False, env=keeping(bytecode)
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def used_s():
    """CPU seconds of all finished children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(bytecode):
    """A Python that imports the libraries under the command and ends."""
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True, env=keeping(bytecode))


def least(rounds, work):
    """CPU seconds and seconds by the clock of the quickest of several rounds."""
    found = []
    for seed in rounds:
        wall, cpu = time.perf_counter(), used_s()
        work(seed)
        found.append((used_s() - cpu, time.perf_counter() - wall))
    return min(found)


def test_one_patient_is_personalised_for_three_times_importing_the_libraries(tmp_path):
    home = ("--home", str(tmp_path / "home"))
    bytecode = tmp_path / "bytecode"
    command("import", str(RECORD), *home, bytecode=bytecode)
    patient = json.loads(command("patients", "--json", *home, bytecode=bytecode))["patients"][0][
        "patient"
    ]

    def personalise(seed):
        answer = command("personalise", patient, "--seed", str(seed), *home, bytecode=bytecode)
        assert "theophylline_pinheiro_2000" in answer

    personalise(1)  # the kernels are compiled and kept, if they were not
    bare(bytecode)
    whole_s, clock_s = least(range(2, 2 + ROUNDS), personalise)
    bare_s, _ = least(range(ROUNDS), lambda _: bare(bytecode))
    print(
        f"\npersonalise in a fresh process: {whole_s:.2f} CPU s, {clock_s:.2f} s by the clock; "
        f"importing numpy, scipy, numba, sqlalchemy and typer alone: {bare_s:.2f} CPU s; "
        f"{whole_s / bare_s:.2f} times (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )
    assert whole_s <= MOST * bare_s
