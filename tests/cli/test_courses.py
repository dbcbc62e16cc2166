"""From the folder of a course to its effects, a new plan, and what a changed anatomy asks for."""

from pathlib import Path

PATIENT = Path(__file__).parents[2] / "examples" / "data" / "openkbp" / "pt_202"
SAID = ("--taken", "2026-03-05T10:15Z", "--fractions", "35", "--tumour", "larynx_t2")
FEW = ("--beams", "3", "--beamlet", "15")


def outcome(option, name):
    return next(o for o in option["outcomes"] if o["name"] == name)


def test_a_course_is_brought_judged_compared_planned_and_adapted(terminal):
    brought = terminal.json("course", "Head A", PATIENT, "--new", *SAID)
    (patient,) = brought["added"]["patients"]
    page = terminal.folder / "dose.html"
    (planned,) = terminal.json("dose", patient, "--to", page)["options"]
    control = outcome(planned, "tumour_control")
    assert 0.5 < control["low"] < control["mean"] < control["high"] < 1.0
    assert "SpinalCord" in page.read_text()
    assert "http" not in page.read_text().replace("http-equiv", "")
    terminal.json("fractions", patient, "10", "--first", "2026-03-16T09:00Z")
    words = ("--plan", "continue", "--plan", "23 x 2.25 Gy", "--weigh", "tumour_control=1")
    compared = terminal.json("compare", patient, *words)
    assert [o["plan"] for o in compared["options"]] == ["continue", "23 x 2.25 Gy"]
    assert compared["best"] is None
    plan = terminal.json("plan", patient, *FEW, "--wishes", "PTV70 gets 70 Gy; body below 60 Gy")
    assert len(plan["beams"]) == 3
    target = plan["options"][1]["regions"][0]
    assert (target["name"], round(target["d95_gy"], 0)) == ("PTV70", 70.0)
    adapted = terminal.run(
        "adapt", patient, *FEW, "--change", "thinner 4", "--to", terminal.folder / "adapt.html"
    )
    assert adapted.exit_code == 0, adapted.output
    assert "plan kept" in adapted.stdout
    assert "difference" in (terminal.folder / "adapt.html").read_text()


def test_what_is_lacking_is_asked_for_in_words(terminal):
    untaken = terminal.run("course", "Head A", PATIENT, "--new")
    assert untaken.exit_code == 3
    assert "--taken" in untaken.stderr
    brought = terminal.json("course", "Head A", PATIENT, "--new", *SAID[:2])
    (patient,) = brought["added"]["patients"]
    uncounted = terminal.run("dose", patient)
    assert uncounted.exit_code != 0
    assert "--fractions" in uncounted.stderr
    strange = terminal.run("compare", patient, "--weigh", "happiness")
    assert strange.exit_code == 3
    assert "tumour_control=1" in strange.stderr
