from pathlib import Path

from bodytwin.service import settings as module
from bodytwin.service.settings import NAMES, settings

HOME = "BODYTWIN_HOME"


def test_what_is_asked_for_comes_before_the_environment():
    found = settings(home=Path("/asked"), environment={HOME: "/environment"})
    assert found.home == Path("/asked")


def test_the_environment_comes_before_the_usual_folder():
    assert settings(environment={HOME: "/environment"}).home == Path("/environment")


def test_without_either_the_usual_folder_of_the_platform_is_taken():
    assert settings(environment={}).home.name == "bodytwin"


def test_a_database_is_named_by_its_address():
    address = "postgresql://localhost/bodytwin"
    found = settings(environment={"BODYTWIN_DATABASE": address})
    assert found.database == address
    assert settings(environment={}).database is None


def test_every_setting_is_described_where_it_is_read():
    assert all(name in module.__doc__ for name in NAMES)
