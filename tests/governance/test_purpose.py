import pytest

from bodytwin.errors import ConsentError
from bodytwin.governance.purpose import (
    ABOVE_NEVER,
    EMERGENCY,
    KNOWN,
    NEVER,
    RESEARCH,
    TRAINING,
    purpose,
    subtree,
    within,
)
from bodytwin.governance.words import PURPOSE_WORDS
from tests.governance.naive import LINES

HL7 = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


class Odd(str):
    """Says it is everything."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash("TREAT")


def test_the_tree_is_the_published_one_with_five_codes_of_our_own():
    assert {code: set(subtree_above(code)) for code in KNOWN} == LINES
    assert sum(p.system == HL7 for p in KNOWN.values()) == 63
    ours = {p.code for p in KNOWN.values() if p.system == "https://bodytwin.org/purpose"}
    assert ours == {"x-INSUW", "x-EMPLOY", "x-CREDIT", "x-LAWENF", "x-IMMIG"}


def subtree_above(code):
    while code:
        yield code
        code = KNOWN[code].parent


def test_every_purpose_has_words_for_the_patient():
    assert set(PURPOSE_WORDS) == set(KNOWN)
    assert all(words.strip() for words in PURPOSE_WORDS.values())


@pytest.mark.parametrize("code", [*KNOWN])
def test_the_exact_code_is_accepted(code):
    assert purpose(code).code == code


LOOKALIKES = ["ＴＲＥＡＴ", "TREАT", "TREAT\u200b", "ΤREAT", "TREA\u0054\u0301", "TREAT\x00"]
WRONG = [
    None, True, False, 0, 1.5, b"TREAT", "", " ", "treat", "Treat", "treatds", " TREAT", "TREAT ",
    "TREAT\n", "TREAT\t", "TREAT|", "TREAT,HRESCH", f"{HL7}|TREAT", "*", "INSURE_UW", "insure_uw",
    "X-INSUW", "x-insuw", ["TREAT"], ("TREAT",), {"TREAT"}, {"code": "TREAT"}, object(), Odd("x"),
    Odd("TREAT"), type, purpose, *LOOKALIKES,
]  # fmt: skip


@pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
def test_anything_else_is_refused(value):
    with pytest.raises(ConsentError) as caught:
        purpose(value)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()


def test_a_message_repeats_only_a_little_of_what_was_given():
    with pytest.raises(ConsentError) as caught:
        purpose("Jane Doe born 1970-01-01, of 12 Main Street, Springfield")
    assert "1970-01-01, of 12" not in str(caught.value)
    with pytest.raises(ConsentError) as caught:
        purpose("\U0001f600" * 1000)
    assert len(str(caught.value)) < 260


def test_a_purpose_lies_within_itself_and_all_above_it():
    assert within("BTG", "BTG")
    assert within("BTG", "ETREAT")
    assert within("BTG", "PurposeOfUse")
    assert not within("ETREAT", "BTG")
    assert not within("x-INSUW", "PurposeOfUse")
    assert not within("nothing", "nothing")


def test_never_holds_payment_with_all_below_it_marketing_and_our_own():
    assert {
        "HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG",
        "REMITADV", "PMTDS", "HMARKT", "x-INSUW", "x-EMPLOY", "x-CREDIT", "x-LAWENF", "x-IMMIG",
    } == NEVER  # fmt: skip
    assert {"PurposeOfUse"} == ABOVE_NEVER


def test_the_sets_of_purposes_are_branches_of_the_tree():
    assert subtree("HRESCH") == RESEARCH
    assert len(RESEARCH) == 9
    assert {"MLTRAINING"} == TRAINING
    assert {"ETREAT", "BTG", "ERTREAT"} == EMERGENCY
