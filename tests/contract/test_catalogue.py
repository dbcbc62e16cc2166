import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bodytwin.contract.catalogue import MEMBERS, catalogue
from bodytwin.errors import NotFoundError


def offer(folder: Path, distribution: str, points: str, code: str = "") -> None:
    """A distribution with entry points and perhaps one module."""
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[bodytwin.twins]\n{points}\n")
    if code:
        (folder / f"{distribution}_module.py").write_text(code)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_an_installed_plugin_is_found(example: Any):
    assert "carbon_monoxide" in catalogue().names
    assert catalogue().twin("carbon_monoxide") is example.TWIN
    assert catalogue().twins["carbon_monoxide"] is example.TWIN


def test_listing_names_imports_no_twin(site: Path):
    offer(site, "loud", "loud = loud_module:TWIN", "raise RuntimeError('imported')")
    assert "loud" in catalogue().names
    assert "loud_module" not in sys.modules


def test_a_broken_plugin_is_listed_with_its_error_and_harms_no_other(site: Path, example: Any):
    offer(site, "sick", "sick = sick_module:TWIN", "import a_library_that_is_not_installed")
    found = catalogue()
    assert "ModuleNotFoundError" in found.broken["sick"]
    assert "sick" not in found.twins
    assert "carbon_monoxide" in found.twins
    with pytest.raises(NotFoundError, match="a_library_that_is_not_installed"):
        found.twin("sick")


def test_what_is_not_a_twin_is_listed_with_what_it_lacks(site: Path):
    offer(site, "half", "half = half_module:TWIN", "TWIN = object()")
    assert "It lacks candidates, check_plan, context" in catalogue().broken["half"]


def test_a_twin_must_go_by_the_name_of_its_entry_point(site: Path, example: Any):
    offer(site, "alias", "alias = bodytwin_plugin_example:TWIN")
    assert "calls itself 'carbon_monoxide'" in catalogue().broken["alias"]


def test_a_plugin_cannot_take_the_name_of_a_twin_of_bodytwin(site: Path):
    offer(site, "impostor", "dosing = impostor_module:TWIN", "raise RuntimeError('imported')")
    found = catalogue()
    assert found.entries["dosing"].value == "bodytwin.twins.dosing:TWIN"
    assert "taken by bodytwin" in found.refused["dosing (impostor)"]


def test_a_name_that_two_plugins_claim_is_given_to_neither(site: Path):
    offer(site, "one", "lung = one_module:TWIN")
    offer(site, "two", "lung = two_module:TWIN")
    found = catalogue()
    assert found.refused["lung"].startswith("Two distributions claim the name: one, two.")
    with pytest.raises(NotFoundError, match="claim the name"):
        found.twin("lung")


def test_an_unknown_name_is_answered_with_what_exists(example: Any):
    with pytest.raises(NotFoundError, match=r"no twin 'spleen'.*carbon_monoxide"):
        catalogue().twin("spleen")


def test_every_member_of_the_protocol_is_asked_for():
    assert {"name", "version", "observe", "simulate", "evidence"} <= set(MEMBERS)


def test_the_catalogue_imports_neither_a_sampler_nor_a_plotter():
    code = (
        "import sys; from bodytwin.contract.catalogue import catalogue; catalogue().names; "
        "print([m for m in ('matplotlib', 'scoringrules', 'bodytwin.twins') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
