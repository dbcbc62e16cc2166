import json

import pytest
from typer.testing import CliRunner

from bodytwin.cli.app import app
from tests.made_up import FIRST, MAPPING, SECOND


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
