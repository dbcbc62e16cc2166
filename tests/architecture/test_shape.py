"""The house rules that no other tool checks."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import bodytwin
from bodytwin import contract, errors

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
REFUSED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handlers"}


def test_no_module_is_named_for_nothing_in_particular():
    assert not [p for p in SOURCES if p.stem in REFUSED or p.stem.endswith("_manager")]


def test_there_are_no_notebooks():
    tracked = [p for p in ROOT.rglob("*.ipynb") if ".venv" not in p.parts]
    assert not tracked


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_every_module_opens_with_what_it_is_for(path):
    text = path.read_text()
    body = re.sub(r"^(#.*\n|\n)+", "", text)
    assert body.startswith(('"""', 'r"""')), "A module opens with its question."


def test_every_twin_has_the_same_rooms():
    rooms = {"parameters", "model", "interventions", "observe", "evidence", "data"}
    for twin in (ROOT / "src" / "bodytwin" / "twins").iterdir():
        if (twin / "twin.py").exists():
            assert rooms <= {p.stem for p in twin.iterdir()}, twin.name


def test_no_command_waits_for_statistics_that_it_does_not_use():
    """`scipy.stats`, which `scipy.signal` imports too, takes longer than most answers."""
    asked = (
        "import sys; from bodytwin.contract.catalogue import catalogue; from bodytwin import cli; "
        "assert catalogue().twins; print('scipy.stats' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_version_is_stated_once_for_people_and_once_for_machines():
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert bodytwin.__version__ == stated == version("bodytwin")
    assert f"version: {stated}" in (ROOT / "CITATION.cff").read_text()


def test_everything_the_contract_exports_exists():
    assert sorted(contract.__all__) == contract.__all__ or set(contract.__all__)
    missing = [name for name in contract.__all__ if not hasattr(contract, name)]
    assert not missing


def test_every_error_stands_in_the_tree_and_in_the_documentation():
    tree = errors.__doc__ or ""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text()
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.BodytwinError):
            assert name in tree
            assert f"`{name}`" in page


def test_every_case_of_evidence_exists():
    claims = []
    for path in (ROOT / "src/bodytwin/twins").glob("*/data/evidence.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        claims += table.get("claims", [])
        claims += table.get("all", {}).get("claims", [])
        claims += [c for v in table.get("variants", {}).values() for c in v["claims"]]
    assert len(claims) > 3
    for claim in claims:
        for finding in claim["findings"]:
            assert (ROOT / finding["case"] / "case.toml").exists(), finding["case"]
            assert list((ROOT / finding["case"]).glob("test_*.py")), finding["case"]


def test_every_case_says_what_it_claims_and_from_where():
    cases = [*ROOT.glob("verification/**/case.toml"), *ROOT.glob("validation/**/case.toml")]
    assert cases
    for path in cases:
        stated = tomllib.loads(path.read_text())
        assert {"claim", "source", "licence"} <= set(stated), path


def test_the_demo_imports_the_same_bytes_as_the_examples():
    demo = ROOT / "src/bodytwin/service/demo_data"
    for path in demo.iterdir():
        if path.name != "README.md":
            assert path.read_bytes() == (ROOT / "examples/data" / path.name).read_bytes()


def test_nothing_on_disk_names_a_machine():
    where = re.compile(r"/(work|root|home)/\w+")
    kinds = {".py", ".toml", ".md", ".html", ".css", ".cfg", ".yml", ".json", ".cff"}
    folders = ("src", "docs", "examples", "verification", "validation", "benchmarks")
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in kinds and "site-packages" not in path.parts:
                assert not where.search(path.read_text(errors="ignore")), path
