"""From visits to a sheet, and from a birth to the scores of what the sheet said."""

import json
import re
from pathlib import Path

import pytest

from bodytwin.twins.pregnancy.model.template import Counts

DATA = Path(__file__).parents[2] / "examples" / "data" / "pregnancy"


@pytest.fixture
def mother(terminal):
    (patient,) = terminal.json("import", DATA / "short_cervix.fhir.json")["files"][0]["patients"]
    return patient


def test_from_visits_to_a_sheet_to_the_scores_of_a_birth(terminal, mother):
    page = terminal.folder / "sheet.html"
    said = terminal.json("pregnancy", mother, "--to", page)
    (before_34,) = (c for c in said["chances"] if c["before_wk"] == 34)
    assert before_34["low90"] < before_34["mean"] < before_34["high90"]
    assert before_34["population"] < 0.03 < 0.3 < before_34["mean"]
    lengths = [v["found"]["cervical_length_mm"] for v in said["visits"]]
    assert lengths == [31, 26, 19]
    assert said["visits"][-1]["chances"] == said["chances"]
    assert terminal.json("score")["waiting"] == 1
    told = terminal.run("pregnancy", mother).stdout
    assert "all women with one child" in told
    assert "relative risk 1.00, 0.83 to 1.20" in told
    assert "has not been validated on outcomes" in told
    refused = terminal.run("compare", mother, "--plan", "pessary")
    assert refused.exit_code != 0
    assert "stopped early" in refused.stderr
    words = page.read_text(encoding="utf-8")
    assert "of 100" in words
    assert "All women with one child" in words
    assert "Research software, not a medical device" in words
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", words)

    terminal.json("import", DATA / "short_cervix_born.fhir.json")
    after = terminal.json("pregnancy", mother, "--to", page)
    (row,) = after["forecasts"]
    assert row["forecast"] == said["registered"]
    assert row["crps"] < row["crps_population"]
    for b in row["brier"]:
        happened = float(after["born_wk"] < b["before_wk"])
        assert b["score"] == pytest.approx((b["chance"] - happened) ** 2)
    assert "The child is born" in page.read_text(encoding="utf-8")
    assert terminal.json("score")["scored"] == []


def test_a_birth_is_scored_once_however_far_from_the_time_that_was_asked_for(terminal, mother):
    few = ("--draws", "200")
    terminal.json("forecast", mother, "--at", "+7d", *few)
    compared = terminal.json("compare", mother, "--plan", "nothing", "--plan", "cerclage", *few)
    assert compared["best"] is None
    terminal.json("import", DATA / "short_cervix_born.fhir.json")
    (scored,) = terminal.json("score")["scored"]
    assert scored["observed"] == 34.3
    assert terminal.json("score")["scored"] == []
    refused = terminal.run("forecast", mother, "--at", "+7d")
    assert refused.exit_code != 0
    assert "born" in refused.stderr


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr("bodytwin.twins.pregnancy.direct.MESH", Counts())
    monkeypatch.setattr("bodytwin.twins.pregnancy.load.AHEAD_WK", 4.0)


def test_from_ultrasound_measures_to_stretches_with_intervals(terminal, mother, coarse):
    page, few = terminal.folder / "uterus.html", ("--draws", "5")
    terminal.json("import", DATA / "short_cervix_ultrasound.fhir.json")
    said = terminal.json("uterus", mother, *few, "--to", page)
    assert said["computed"] > 900
    assert said["direct"]["computed"] == 5
    assert said["direct"]["held"] > 0.6 * said["direct"]["of"]
    assert said["measures"]["cervix_length_mm"] == 19
    assert said["measures"]["fundus_mm"] == 8.5
    found = {r["name"]: r for r in said["readings"]}
    for name in ("internal_os", "cervix", "uterus"):
        assert 0 < found[name]["low90"] < found[name]["median"] < found[name]["high90"] < 20
    assert found["internal_os"]["unit"] == "%"
    now, last = said["weeks"][0], said["weeks"][-1]
    assert last["week"] == now["week"] + 4
    assert now["softens"]["median"] < last["slower"]["median"] < last["softens"]["median"]
    changes = {c["name"]: c for c in said["changes"]}
    assert changes["upright"]["low90"] > 0 > changes["head_down"]["high90"]
    assert changes["polyhydramnios"]["low90"] > 0
    assert "1.00, 0.83 to 1.20" in " ".join(changes["pessary"]["trials"])
    assert "has not been validated on outcomes" in said["statement"]
    words = page.read_text(encoding="utf-8")
    assert words.count("<polygon") > 30
    view = json.loads(re.search(r'id="uterus">(.*?)</script>', words)[1])
    assert [one["name"] for one in view["series"]][:3] == ["own", "slower", "cerclage"]
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", words)
    assert "Research software, not a medical device" in words


def test_measures_that_lack_a_unit_or_conflict_are_refused(terminal, mother, coarse):
    good = (DATA / "ultrasound.toml").read_text(encoding="utf-8")
    for change, word in (
        (('"31 mm"', '"31"'), "unit"),
        (('canal = "6 mm"', ""), "Missing: canal"),
        (('"6 mm"', '"30 mm"'), "conflicts with canal_mm"),
    ):
        file = terminal.folder / "measures.toml"
        file.write_text(good.replace(*change), encoding="utf-8")
        refused = terminal.run("uterus", mother, "--measures", file, "--draws", "5")
        assert refused.exit_code == 3
        assert word in refused.stderr
