from hypothesis import given, settings

from bodytwin.governance.choices import consent_of
from bodytwin.governance.words import sentences
from tests.governance.cases import CONSENTS, NOW
from tests.governance.strategies import consents


def test_a_permission_says_what_it_is_for_and_what_stays_refused():
    assert sentences(CONSENTS["pcf-basic-treat"]) == (
        "Use for your treatment, payment for care and running the health service is allowed.",
        "Uses for payment, insurance, marketing, employment, credit, law enforcement or "
        "immigration stay refused, even where this consent permits them.",
    )


def test_exceptions_follow_their_rule():
    said = sentences(
        consent_of(
            {"care": "permit", "emergency": "deny"}, patient="p", id="c", given_at=NOW, until=NOW
        )
    )
    assert said == (
        "Chosen by you on this page.",
        "Use for your treatment is allowed until 1 March 2024, 10:00 UTC.",
        "Except that use for an emergency in which the usual rules are set aside is refused.",
    )


def test_data_and_people_are_named():
    (said, *_) = sentences(CONSENTS["pcf-intermediate-timeframe"])
    assert said.endswith("is allowed for data from 1 January 2022 until 31 December 2022.")
    inner = sentences(CONSENTS["pcf-advanced-normal-focused-restricted"])[1]
    assert "Practitioner/ex-practitioner" in inner
    assert "labelled R" in inner


def test_a_consent_without_effect_says_so_first():
    assert sentences(CONSENTS["own-withdrawn"])[0].endswith("It has no effect any more.")


def test_what_is_not_understood_is_said():
    said = " ".join(sentences(CONSENTS["odd-action"]))
    assert "Consent.provision.action" in said
    assert "permits nothing" in said


@given(consents)
@settings(max_examples=100, deadline=None)
def test_every_consent_has_words_that_end(consent):
    assert all(said.strip() for said in sentences(consent))
    assert any(said.endswith(".") for said in sentences(consent))
