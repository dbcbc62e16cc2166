import json
import subprocess
import sys

import pytest
from pydicom.data import get_testdata_file

from bodytwin.cli.app import app

VARIANT = "phenobarbital_grasela_1985"
PLAN = "3.5 mg every 12 h"


def test_from_a_file_to_a_scored_forecast(terminal, second):
    patient = terminal.patient()
    said = terminal.json("forecast", patient, "--at", "2024-03-03T20:00Z", "--plan", PLAN)
    assert said["standing"] == "unseen"
    assert terminal.json("score")["waiting"] == 1
    terminal.json("import", terminal.table(second))
    (scored,) = terminal.json("score")["scored"]
    assert scored["forecast"] == said["id"]
    assert scored["observed"] == 18.9
    assert terminal.json("evidence", "dosing", "--variant", VARIANT)["log"]["sound"]


CT = get_testdata_file("CT_small.dcm")
CUBE = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property float height
element face 2
property list uchar int vertex_indices
end_header
0 0 0 0
1 0 0 1
1 1 0 2
0 1 0 3
3 0 1 2
3 0 2 3
"""


def test_every_command_answers_in_json(terminal, second):
    patient = terminal.patient(second)
    asked = {
        "import": [terminal.table(second)],
        "patients": [],
        "timeline": [patient],
        "twins": [],
        "personalise": [patient],
        "forecast": [patient, "--at", "+6h"],
        "compare": [patient, "--plan", PLAN, "--plan", "hold"],
        "score": [],
        "evidence": ["dosing", "--variant", VARIANT],
        "report": [patient, "--plan", PLAN, "--to", terminal.folder / "page.html"],
        "validate": [VARIANT, "--published", "--draws", "200"],
        "field": [
            patient,
            terminal.file("cube.ply", CUBE),
            *("--title", "Height", "--quantity", "height", "--unit", "mm"),
            *("--values", "height", "--length-unit", "mm"),
        ],
        "consent show": [patient],
        "consent choose": [patient, "--allow", "care", "--refuse", "research"],
        "audit show": [patient],
        "audit head": [],
        "audit verify": [],
        "research": ["3948-7", "--unit", "mg/L", "--low", "0", "--high", "60"],
        "share": [patient, "--to", terminal.folder / "shared.csv"],
        "deidentify": [CT, "--to", terminal.folder / "clean.dcm", "--patient", patient],
        "take-along": [patient, "--to", terminal.folder / "twin.zip"],
        "erase": [patient, "--yes"],
        "take-in": [terminal.folder / "twin.zip"],
    }
    alone = {c.name for c in app.registered_commands}
    hearts = {"image", "map", "stimulate", "ablate", "pace", "rhythm"}
    courses = {"course", "fractions", "dose", "plan", "adapt"}
    assert alone == {
        "demo",
        "serve",
        "stream",
        *hearts,
        *courses,
        "pregnancy",
        "uterus",
        *(name for name in asked if " " not in name),
    }
    for name, words in asked.items():
        assert isinstance(terminal.json(*name.split(), *words), dict), name


def test_every_command_also_answers_in_words(terminal, second):
    patient = terminal.patient(second)
    expected = {
        ("patients",): patient,
        ("timeline", patient): "17.3 mg/L",
        ("twins",): VARIANT,
        ("personalise", patient[:6]): "L/h",
        ("forecast", patient, "--at", "+6h"): "[",
        ("compare", patient, "--plan", PLAN, "--plan", "hold"): "trough [mg/L]",
        ("score",): "still wait",
        ("evidence", "dosing", "--variant", VARIANT): "Log:",
        ("consent", "show", patient): "in force",
        ("audit", "show", patient): "was allowed to",
        ("audit", "verify"): "as they were written",
        ("research", "3948-7", "--unit", "mg/L", "--low", "0", "--high", "9"): "too small",
        ("validate", VARIANT, "--published", "--draws", "200"): "one patient",
        ("report", patient, "--to", terminal.folder / "page.html"): "page.html",
    }
    for words, part in expected.items():
        result = terminal.run(*words)
        assert result.exit_code == 0, result.output
        assert part in result.stdout, words


def test_importing_twice_adds_nothing(terminal):
    terminal.patient()
    (again,) = terminal.json("import", terminal.folder / "levels.csv")["files"]
    assert again["new"] == 0
    assert again["known"] > 0


def test_the_past_is_shown_as_it_was_known(terminal):
    patient = terminal.patient()
    assert terminal.run("timeline", patient, "--known-at", "2020-01-01T00:00Z").exit_code == 5
    early = terminal.json("timeline", patient, "--as-of", "2024-03-01T08:00Z")["facts"]
    assert {f["kind"] for f in early} == {"treatment", "covariate"}


def test_a_kept_posterior_can_be_named(terminal):
    patient = terminal.patient()
    kept = terminal.json("personalise", patient)["posteriors"][0]["id"]
    said = terminal.json("forecast", patient, "--posterior", kept[:8], "--at", "+12h")
    assert said["posteriors"] == [kept]


def test_the_demo_goes_from_a_file_to_a_page(terminal):
    steps = terminal.json("demo")["steps"]
    kinds = [s["kind"] for s in steps]
    assert kinds.index("registered") < kinds.index("scoring")
    answers = {s["kind"]: s["answer"] for s in steps}
    assert answers["reproduced"]["same_bits"]
    assert answers["validation"]["patients"] == 50
    assert answers["evidence"]["log"]["sound"]
    page = (terminal.home / "report.html").read_text()
    assert "phenobarbital" in page.lower()
    assert "<script" not in page


def test_demo_needs_an_empty_folder(terminal):
    terminal.patient()
    result = terminal.run("demo")
    assert result.exit_code == 3
    assert "empty folder" in result.stderr


def test_help_is_quick_and_names_every_command():
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import bodytwin.cli.app"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"numpy", "scipy", "numba", "sqlalchemy", "xarray", "matplotlib", "alembic"}
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in result.stderr.splitlines()}
    assert not heavy & loaded


def test_stopping_leaves_the_store_as_it_was(terminal, monkeypatch):
    patient = terminal.patient()

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("bodytwin.store.archive.Staged.keep", stop)
    result = terminal.run("personalise", patient)
    assert result.exit_code == 130
    monkeypatch.undo()
    left = [p.name for p in terminal.home.rglob("*") if p.name.startswith(".part")]
    assert left == []
    assert terminal.run("personalise", patient).exit_code == 0


@pytest.mark.parametrize("text", ["patients", "twins"])
def test_json_is_all_there_is_on_stdout(terminal, text):
    result = terminal.run(text, "--json")
    json.loads(result.stdout)
    assert result.stderr == ""


def test_a_table_is_validated_without_a_store(terminal):
    rows = [f"{i},{40 * k},{(20 + i) * 1.1**k:.3f}" for i in range(44) for k in range(4)]
    table = terminal.file("sizes.csv", "patient,day,diameter_mm\n" + "\n".join(rows) + "\n")
    asked = ("validate", "tumour", "--data", table, "--folds", "2", "--draws", "100")
    assert {"horizons", "verdict", "held_out"} <= set(terminal.json(*asked))
    said = terminal.run(*asked)
    assert said.exit_code == 0, said.output
    assert "90 % held" in said.stdout
