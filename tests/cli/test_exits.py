import json

import pytest
from sqlalchemy import create_engine, text

from bodytwin.cli.exits import MEANING, Exit, failure
from bodytwin.errors import BodytwinError, NumericalError


def test_a_command_that_does_not_exist_is_a_usage_error(terminal):
    assert terminal.run("guess", home=False).exit_code == Exit.USAGE


@pytest.mark.parametrize("name", ["notes.docx", "missing.json", "empty.json", "levels.csv"])
def test_a_file_that_cannot_be_read_is_bad_input(terminal, name):
    path = terminal.folder / name
    if name != "missing.json":
        path.write_text("")
    result = terminal.run("import", path)
    assert result.exit_code == Exit.INPUT
    assert result.stderr.strip()
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["forecast", "{}", "--at", "tomorrow"],
        ["forecast", "{}", "--at", "2024-03-03T20:00"],
        ["forecast", "{}", "--at", "+6h", "--quantity", "concentration"],
        ["forecast", "{}", "--at", "+6h", "--plan", "5000 mg every 12 h"],
        ["personalise", "{}", "--draws", "1"],
    ],
)
def test_a_time_a_quantity_or_a_plan_that_is_none_is_bad_input(terminal, words):
    patient = terminal.patient()
    assert terminal.run(*(w.format(patient) for w in words)).exit_code == Exit.INPUT


def test_a_refusal_prints_its_reasons(terminal):
    patient = terminal.patient(FULL_GROWN)
    result = terminal.run("personalise", patient, "--json")
    assert result.exit_code == Exit.REFUSED
    error = json.loads(result.stdout)["error"]
    assert error["exit_code"] == Exit.REFUSED
    assert any("weight_kg is 70" in reason for reason in error["reasons"])
    assert "weight_kg is 70" in result.stderr


FULL_GROWN = "ID,TIME,AMT,WT,DV,EVID\n1,0,25,70,.,1\n1,2,.,70,17.3,0\n"


def test_who_or_what_is_not_there_is_not_found(terminal):
    terminal.patient()
    assert terminal.run("timeline", "zzzz").exit_code == Exit.NOT_FOUND
    assert terminal.run("twins", "nothing").exit_code == Exit.NOT_FOUND
    assert terminal.run("validate", "nobody_1999").exit_code == Exit.NOT_FOUND


def test_a_store_from_the_future_is_a_store_error(terminal):
    terminal.patient()
    engine = create_engine(f"sqlite:///{terminal.home / 'bodytwin.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    result = terminal.run("patients")
    assert result.exit_code == Exit.STORE
    assert "Update bodytwin" in result.stderr


def test_numbers_that_fail_have_their_own_code():
    assert failure(NumericalError("x")).exit is Exit.NUMERICAL


def test_every_error_of_the_tree_has_a_code():
    def below(kind):
        return {kind, *(c for k in kind.__subclasses__() for c in below(k))}

    for kind in below(BodytwinError) - {BodytwinError}:
        assert failure(kind("x")).exit not in (Exit.OK, Exit.FAULT, Exit.USAGE), kind


def test_a_fault_of_ours_says_so_without_its_words():
    said = failure(RuntimeError("Maria Muster, born 1980"))
    assert said.exit is Exit.FAULT
    assert "Muster" not in said.words


def test_no_message_holds_what_was_typed_for_a_patient(terminal):
    terminal.patient()
    for command in ("timeline", "personalise", "compare", "report"):
        result = terminal.run(command, "Maria-Muster-1980")
        assert result.exit_code == Exit.NOT_FOUND
        assert "Muster" not in result.output + result.stderr


def test_every_code_has_a_meaning():
    assert set(MEANING) == set(Exit)
