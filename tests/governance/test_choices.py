from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.governance.choices import (
    CHOICES,
    DENY,
    FIXED,
    PERMIT,
    UNSET,
    choices_of,
    consent_of,
    local_consent,
)
from bodytwin.governance.decide import decide
from bodytwin.governance.fhir_consent import read, write
from bodytwin.governance.purpose import KNOWN, NEVER
from bodytwin.governance.request import TWIN_ACTIONS, Action
from bodytwin.governance.words import sentences
from tests.governance.cases import CONSENTS, EMERGENCY, NOW, PATIENT, RAW, ask

KEYS = [c.key for c in CHOICES]


def chosen(choices, **more):
    return consent_of(choices, patient=PATIENT, id="c", given_at=NOW, **more)


def permits(consent, *asked, **more):
    return decide(ask(*asked), [consent], now=NOW, **more).permit


ANSWERS = [
    dict(zip(KEYS[:-1], answers, strict=True))
    for answers in product((PERMIT, DENY, UNSET), repeat=len(KEYS) - 1)
    if set(answers) != {UNSET}
]


def test_what_was_chosen_is_shown_again_whatever_was_chosen():
    assert len(ANSWERS) == 3**5 - 1
    for choices in ANSWERS:
        consent = chosen(choices)
        assert choices_of([consent], NOW) == {**choices, "family": UNSET}, choices
        assert read(write(consent)) == consent


def test_every_choice_does_what_it_says_and_no_more():
    for choices in ANSWERS:
        consent = chosen(choices)
        yes = {key for key, answer in choices.items() if answer == PERMIT}
        assert permits(consent, "doctor", Action.FORECAST, "TREATDS") == ("care" in yes)
        assert permits(consent, "doctor", Action.COHORT, "HQUALIMP") == ("quality" in yes)
        assert permits(consent, "researcher", Action.COHORT, "DSRCH") == ("research" in yes)
        assert permits(consent, "researcher", Action.COHORT, "MLTRAINING") == ("training" in yes)
        emergency = permits(consent, "doctor", Action.READ, "BTG", emergencies=[EMERGENCY])
        assert emergency == (choices["emergency"] != DENY)
        assert not permits(consent, "sister", Action.READ, "FAMRQT")


def test_a_family_member_has_to_be_named():
    with pytest.raises(InvalidInputError, match="Name the family member"):
        chosen({"family": PERMIT})
    consent = chosen({"family": PERMIT}, actor="RelatedPerson/ex-sister", actor_name="Ann")
    assert permits(consent, "sister", Action.READ, "FAMRQT")
    assert not permits(consent, "mother", Action.READ, "FAMRQT")
    assert not permits(consent, "sister", Action.ERASE, "FAMRQT")
    assert choices_of([consent], NOW)["family"] == PERMIT
    assert choices_of([chosen({"family": DENY})], NOW)["family"] == DENY


def test_a_consent_about_one_clinician_is_about_nobody_else():
    name = "Practitioner/ex-practitioner"
    only = chosen({"care": PERMIT}, actor=name)
    assert permits(only, "doctor", Action.FORECAST, "TREATDS")
    assert not permits(only, "other doctor", Action.FORECAST, "TREATDS")
    everybody, not_them = chosen({"care": PERMIT}), chosen({"care": DENY}, actor=name)
    for who, allowed in (("doctor", False), ("other doctor", True)):
        request = ask(who, Action.FORECAST, "TREATDS")
        assert decide(request, [everybody, not_them], now=NOW).permit is allowed
    assert choices_of([everybody, not_them], NOW)["care"] == PERMIT


def test_choices_end_when_they_were_said_to():
    until = NOW + timedelta(days=1)
    consent = chosen({"care": PERMIT, "training": DENY}, until=until)
    assert choices_of([consent], until)["care"] == PERMIT
    after = choices_of([consent], until + timedelta(microseconds=1))
    assert set(after.values()) == {UNSET}


def test_a_withdrawn_consent_and_one_not_understood_choose_nothing():
    consent = chosen({"care": PERMIT})
    assert choices_of([consent.revoked()], NOW)["care"] == UNSET
    odd = read({**RAW["pcf-basic-treat"], "implicitRules": "http://example.org"})
    assert choices_of([odd], NOW)["care"] == DENY
    assert choices_of([CONSENTS["own-refuse-emergency"]], NOW)["emergency"] == DENY
    assert choices_of([CONSENTS["own-refuse-everything"]], NOW)["emergency"] == UNSET


@pytest.mark.parametrize(
    "choices", [{}, {"care": UNSET}, {"care": "yes"}, {"insurers": PERMIT}, {"care": None}]
)
def test_unknown_answers_and_none_at_all_are_refused(choices):
    with pytest.raises(InvalidInputError):
        chosen(choices)


def test_what_is_fixed_says_why_and_cannot_be_chosen_otherwise():
    assert {c.purpose for c in FIXED} - {"PATRQT"} <= NEVER
    assert {"x-INSUW", "x-EMPLOY", "x-CREDIT", "x-LAWENF", "x-IMMIG"} <= {c.purpose for c in FIXED}
    for choice in FIXED:
        other = DENY if choice.answer == PERMIT else PERMIT
        assert choice.fixed
        with pytest.raises(InvalidInputError, match=r"Never|Always"):
            chosen({"care": PERMIT, choice.key: other})
        assert chosen({"care": PERMIT, choice.key: choice.answer}) == chosen({"care": PERMIT})


def test_every_choice_is_about_a_known_purpose_and_asks_a_question():
    for choice in (*CHOICES, *FIXED):
        assert choice.purpose in KNOWN
        assert choice.question.endswith("?")
        assert choice.explains


class TestTheDefaultOnOnesOwnComputer:
    CONSENT = local_consent(PATIENT, id="l", given_at=NOW)

    def test_says_on_what_it_rests(self):
        said = sentences(self.CONSENT)
        assert said[0] == "Imported on this computer; nobody has said otherwise yet."

    def test_permits_the_person_at_the_computer_care_and_their_own_view(self):
        for action in TWIN_ACTIONS - {Action.COHORT} | {Action.READ}:
            for purpose in ("TREATDS", "TREAT", "HQUALIMP", "PATRQT"):
                assert permits(self.CONSENT, "local", action, purpose)
        for action in Action:
            assert permits(self.CONSENT, "local", action, "PATRQT")

    def test_permits_research_over_many_and_no_training(self):
        assert permits(self.CONSENT, "local", Action.COHORT, "HRESCH")
        assert not permits(self.CONSENT, "local", Action.FORECAST, "HRESCH")
        assert not permits(self.CONSENT, "local", Action.COHORT, "MLTRAINING")

    def test_permits_nobody_else_even_under_the_same_id(self):
        from dataclasses import replace

        from bodytwin.governance.request import Role

        for who in ("doctor", "researcher", "sister", "insurer's doctor"):
            for action in Action:
                assert not permits(self.CONSENT, who, action, "TREATDS")
        request = ask("local", Action.READ, "TREATDS")
        doctor = replace(request.actor, role=Role.CLINICIAN)
        assert not decide(replace(request, actor=doctor), [self.CONSENT], now=NOW).permit

    def test_is_read_as_it_was_written(self):
        assert read(write(self.CONSENT)) == self.CONSENT


def test_a_date_may_be_the_day_on_which_it_was_given():
    given = consent_of(
        {"care": PERMIT}, patient=PATIENT, id="c", given_at=datetime(2024, 1, 1, tzinfo=UTC).date()
    )
    assert write(given)["dateTime"] == "2024-01-01"
