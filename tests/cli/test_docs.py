"""The reference page and the commands say the same."""

import re
from pathlib import Path

import pytest
import typer.main

from bodytwin.cli.app import app
from bodytwin.cli.exits import MEANING
from bodytwin.cli.options import WISHES
from bodytwin.service.settings import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
SECTIONS = {
    title.strip(): body
    for title, _, body in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}


def flat(group, before=""):
    """Every command by the words that call it."""
    found = {}
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= flat(command, f"{before}{name} ") if inner else {f"{before}{name}": command}
    return found


COMMANDS = flat(typer.main.get_command(app))
SHARED = {"--home", "--json", "--help", "--traceback"}
SHARED_WISHES = {f"--{name.replace('_', '-')}" for name in WISHES}


def options(name):
    every = (o for p in COMMANDS[name].params for o in (*p.opts, *p.secondary_opts))
    return {o for o in every if o.startswith("--")} - SHARED


def described(section):
    return set(re.findall(r"^\| `(--[\w-]+)`", SECTIONS[section], re.M))


def test_every_command_has_its_section_and_no_other():
    assert {s for s in SECTIONS if s.islower()} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described_where_it_belongs(name):
    takes_wishes = options(name) >= SHARED_WISHES
    assert described(name) == options(name) - (SHARED_WISHES if takes_wishes else set())


def test_the_shared_options_are_described_once():
    assert described("What to personalise") == SHARED_WISHES


def test_every_exit_code_is_described_as_the_help_does():
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", SECTIONS["Exit codes"], re.M))
    assert rows == {str(int(code)): words for code, words in MEANING.items()}


def test_every_setting_is_described():
    assert set(re.findall(r"^\| `(\w+)`", SECTIONS["Settings"], re.M)) == set(NAMES)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name):
    assert f"bodytwin {name}" in COMMANDS[name].epilog


def keys(section):
    answer = SECTIONS[section].partition("Answers")[2].split(". ")[0].split(".\n")[0]
    return set(re.findall(r"`(\w+)`", answer))


def test_every_answer_has_the_keys_that_are_documented(terminal, second):
    patient = terminal.patient(second)
    asked = {
        "timeline": [patient],
        "personalise": [patient],
        "forecast": [patient, "--at", "+6h"],
        "compare": [patient, "--plan", "hold"],
        "score": [],
        "report": [patient, "--to", terminal.folder / "page.html"],
        "validate": ["phenobarbital_grasela_1985", "--published", "--draws", "200"],
    }
    for name, words in asked.items():
        assert set(terminal.json(name, *words)) == keys(name), name
