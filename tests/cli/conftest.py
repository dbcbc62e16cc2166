import json

import pytest
from typer.testing import CliRunner

from bodytwin.cli.app import app

MAPPING = """
dataset = "made up"
drug = "phenobarbital"
rxnorm = "8134"
amount_unit = "mg"
route = "intravenous"
origin = 2024-03-01T08:00:00Z
[[measured]]
quantity = "concentration"
loinc = "3948-7"
unit = "mg/L"
[covariates.weight_kg]
column = "WT"
unit = "kg"
"""
HEADER = "ID,TIME,AMT,WT,DV,EVID\n"
FIRST = HEADER + "1,0,25,1.4,.,1\n1,2,.,1.4,17.3,0\n1,12.5,3.5,1.4,.,1\n1,24.5,3.5,1.4,.,1\n"
SECOND = FIRST + "1,36.5,3.5,1.4,.,1\n1,60,.,1.4,18.9,0\n"


class Terminal:
    """Run commands in one home, and read what they print."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"

    def run(self, *words, home=True):
        place = ["--home", str(self.home)] if home else []
        return CliRunner().invoke(app, [*map(str, words), *place])

    def json(self, *words):
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def table(self, text=FIRST):
        self.file("levels.toml", MAPPING)
        return self.file("levels.csv", text)

    def patient(self, text=FIRST):
        (patient,) = self.json("import", self.table(text))["files"][0]["patients"]
        return patient


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


@pytest.fixture
def second():
    return SECOND
