"""The decision table, against a second evaluator and against answers written by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bodytwin.governance.consent import Kind, Period, Provision, Recipient, Status
from bodytwin.governance.decide import Emergency, Hold, Obligation, Relation, Rule, decide
from bodytwin.governance.purpose import ABOVE_NEVER, NEVER
from bodytwin.governance.request import Action
from tests.governance.cases import (
    ACTORS,
    CONSENTS,
    DECLARED,
    EMERGENCY,
    HOUR,
    MOTHER,
    NOW,
    PATIENT,
    RAW,
    RELATION,
    WHO,
    ask,
)
from tests.governance.naive import CODES, LINES, evaluate

DATA = {
    "normal": {"labels": ("N",)},
    "normal and restricted": {"labels": ("N", "R")},
    "psychiatric": {"labels": ("PSY",)},
    "opioids": {"labels": ("OPIOIDUD",)},
    "very restricted": {"labels": ("V",)},
    "of 2022": {"from": datetime(2022, 2, 1, tzinfo=UTC), "to": datetime(2022, 12, 31, tzinfo=UTC)},
    "of 2023": {"from": datetime(2023, 2, 1, tzinfo=UTC), "to": datetime(2023, 3, 1, tzinfo=UTC)},
    "up to 2021": {"to": datetime(2021, 12, 31, tzinfo=UTC)},
    "vancomycin": {"codes": ("20578-1",), "classes": ("Observation",)},
    "vancomycin and weight": {"codes": ("20578-1", "29463-7")},
    "conditions": {"classes": ("Condition",)},
}  # fmt: skip


def described(data):
    return {
        "security_labels": data.get("labels", ()),
        "classes": data.get("classes", ()),
        "codes": data.get("codes", ()),
        "data_from": data.get("from"),
        "data_to": data.get("to"),
    }


def both(who, action, purpose, names, data, now=NOW):
    request = ask(who, action, purpose, **described(data))
    ours = decide(
        request,
        [CONSENTS[n] for n in names],
        now=now,
        relations=[RELATION],
        emergencies=[EMERGENCY],
    )
    theirs = evaluate(
        WHO[who], action.value, purpose, PATIENT, [RAW[n] for n in names], now, data,
        [MOTHER], [DECLARED],
    )  # fmt: skip
    return (ours.permit, ours.rule), theirs


def disagreements(cases):
    found, asked = [], 0
    for case in cases:
        asked += 1
        ours, theirs = both(*case)
        if ours != theirs:
            found.append((case, ours, theirs))
    return asked, found[:10]


def test_there_are_the_published_cases_and_our_own():
    assert sum(name.startswith("pcf-") for name in CONSENTS) == 23
    assert len(CONSENTS) >= 50
    assert len(CODES) == 68


@pytest.mark.parametrize("who", [w for w in WHO if w != "works doctor"])
def test_every_purpose_action_and_consent_is_decided_as_the_rules_say(who):
    names = [*CONSENTS]
    if WHO[who].get("kind") == "payer":
        names = names[::9]
    asked, wrong = disagreements(
        (who, action, purpose, (name,), {})
        for purpose in CODES
        for action in Action
        for name in names
    )
    assert wrong == []
    assert asked == len(names) * 68 * len(Action)


@pytest.mark.parametrize("data", DATA)
def test_described_data_are_decided_as_the_rules_say(data):
    asked, wrong = disagreements(
        (who, action, purpose, (name,), DATA[data])
        for who in ("doctor", "other doctor", "researcher", "local", "sister")
        for purpose in ("TREAT", "TREATDS", "COC", "BTG", "HRESCH", "HQUALIMP", "FAMRQT")
        for action in (Action.READ, Action.FORECAST, Action.COHORT)
        for name in CONSENTS
    )
    assert wrong == []
    assert asked > 1000


def test_two_consents_together_are_decided_as_the_rules_say():
    asked, wrong = disagreements(
        (who, action, purpose, (one, other), DATA["normal and restricted"])
        for who, action, purpose in (
            ("doctor", Action.FORECAST, "TREATDS"),
            ("doctor", Action.READ, "BTG"),
            ("researcher", Action.COHORT, "POARCH"),
        )
        for one in CONSENTS
        for other in CONSENTS
    )
    assert wrong == []
    assert asked == 3 * len(CONSENTS) ** 2


BY_HAND = """
doctor      forecast TREATDS   pcf-basic-treat                    yes consent-permit
doctor      forecast TREAT     pcf-basic-treat                    yes consent-permit
doctor      read     COC       pcf-basic-treat                    yes consent-permit
doctor      forecast HQUALIMP  pcf-basic-treat                    yes consent-permit
doctor      forecast HPAYMT    pcf-basic-treat                    no  never-set
doctor      read     CLMATTCH  pcf-basic-treat                    no  never-set
doctor      forecast PMTDS     pcf-basic-treat                    no  never-set
doctor      cohort   HRESCH    pcf-basic-treat                    no  default-deny
doctor      cohort   MLTRAINING pcf-basic-treat                   no  default-deny
doctor      forecast PATRQT    pcf-basic-treat                    no  role
doctor      forecast PUBHLTH   pcf-basic-treat                    no  default-deny
doctor      share    TREAT     pcf-basic-treat                    no  role
doctor      erase    HOPERAT   pcf-basic-treat                    no  role
doctor      audit    HCOMPL    pcf-basic-treat                    no  role
doctor      export   COC       pcf-basic-treat                    yes consent-permit
doctor      forecast TREATDS   pcf-basic-treat-infant             yes consent-permit
doctor      forecast TREATDS   pcf-expired-treat                  no  default-deny
doctor      forecast TREATDS   pcf-basic-reject                   no  consent-deny
doctor      cohort   HRESCH    pcf-basic-research                 yes consent-permit
researcher  cohort   CLINTRCHPC pcf-basic-research                yes consent-permit
researcher  cohort   POARCH    own-research-but-ancestry          no  consent-deny
researcher  forecast HRESCH    pcf-basic-research                 no  role
doctor      forecast HRESCH    pcf-basic-research                 no  research
doctor      read     BIORCH    pcf-basic-research                 no  research
doctor      forecast TREATDS   pcf-basic-research                 no  default-deny
researcher  cohort   MLTRAINING pcf-basic-research                no  default-deny
researcher  cohort   MLTRAINING own-operations                    no  default-deny
researcher  cohort   MLTRAINING own-permit-everything             no  default-deny
researcher  cohort   MLTRAINING own-training-named                yes consent-permit
doctor      forecast MLTRAINING own-training-named                no  research
doctor      forecast TREATDS   pcf-intermediate-timeframe         no  default-deny
doctor      forecast TREATDS   pcf-intermediate-not-timeframe     no  consent-deny
doctor      forecast TREATDS   pcf-intermediate-not-data          no  consent-deny
doctor      forecast TREATDS   pcf-intermediate-data              no  default-deny
researcher  cohort   HRESCH    pcf-intermediate-purpose           no  consent-deny
doctor      read     BTG       pcf-dissent-break-glass            yes break-glass
doctor      read     TREAT     pcf-dissent-break-glass            no  consent-deny
other_doctor read    BTG       pcf-dissent-break-glass            no  break-glass
doctor      export   BTG       pcf-dissent-break-glass            no  break-glass
doctor      cohort   BTG       pcf-dissent-break-glass            no  break-glass
doctor      read     BTG       own-refuse-everything              yes break-glass
doctor      read     BTG       own-refuse-emergency               no  consent-deny
doctor      read     BTG       own-refuse-emergency-treatment     no  consent-deny
doctor      forecast TREATDS   own-refuse-emergency               yes consent-permit
doctor      forecast TREATDS   pcf-advanced-normal                no  default-deny
doctor      forecast TREATDS   own-withdrawn                      no  default-deny
doctor      forecast TREATDS   own-not-yet                        no  default-deny
doctor      forecast TREATDS   own-until-noon                     yes consent-permit
doctor      forecast TREATDS   own-refuse-practitioner            no  consent-deny
other_doctor forecast TREATDS  own-refuse-practitioner            yes consent-permit
doctor      forecast TREATDS   own-refuse-practitioner-elsewhere  no  consent-deny
other_doctor forecast TREATDS  own-refuse-group                   no  consent-deny
doctor      forecast TREATDS   own-only-organisation              yes consent-permit
other_doctor forecast TREATDS  own-only-organisation              no  default-deny
doctor      forecast TREAT     own-decisions-only                 no  default-deny
doctor      forecast TREATDS   own-decisions-only                 yes consent-permit
doctor      forecast TREATDS   own-opt-in-treat                   yes consent-permit
doctor      forecast TREATDS   own-opt-out                        no  consent-deny
doctor      forecast TREATDS   own-another-patient                no  default-deny
doctor      forecast TREATDS   own-research-scope                 no  default-deny
researcher  cohort   DSRCH     own-research-scope                 yes consent-permit
doctor      forecast TREATDS   odd-modifier-extension             no  consent-deny
doctor      forecast TREATDS   odd-action                         no  consent-deny
doctor      forecast TREATDS   odd-unverified                     no  consent-deny
doctor      forecast TREATDS   odd-lower-case                     no  consent-deny
doctor      forecast x-INSUW   own-insurers-welcome               no  never-set
doctor      read     HMARKT    own-insurers-welcome               no  never-set
doctor      list     ELIGVER   own-insurers-welcome               no  never-set
doctor      forecast PurposeOfUse own-permit-everything           no  never-set
patient     forecast PATRQT    own-refuse-everything              yes own-rights
patient     erase    PATRQT    own-refuse-everything              yes own-rights
patient     share    PATRQT    own-permit-everything              yes own-rights
patient     forecast TREATDS   own-permit-everything              no  role
patient     forecast x-INSUW   own-insurers-welcome               no  never-set
patient     cohort   PATRQT    own-permit-everything              no  role
other_patient read   PATRQT    own-permit-everything              no  role
mother      read     FAMRQT    own-refuse-everything              yes proxy
mother      erase    FAMRQT    own-permit-everything              no  default-deny
mother      read     TREAT     own-permit-everything              no  role
sister      read     FAMRQT    own-family-named                   yes consent-permit
sister      erase    FAMRQT    own-family-named                   no  default-deny
sister      consent  FAMRQT    own-family-named                   no  default-deny
sister      export   FAMRQT    own-family-named                   no  default-deny
sister      read     FAMRQT    own-family-anybody                 no  default-deny
mother      share    FAMRQT    own-family-named                   no  default-deny
custodian   erase    PATRQT    own-refuse-everything              yes duty
custodian   consent  RECORDMGT own-refuse-everything              yes duty
custodian   review   HCOMPL    own-refuse-everything              yes duty
custodian   import   TREAT     own-refuse-everything              no  consent-deny
custodian   import   TREAT     pcf-basic-research                 yes duty
custodian   read     HOPERAT   own-permit-everything              no  role
custodian   export   PATRQT    own-permit-everything              no  role
local       forecast TREATDS   own-local                          yes consent-permit
local       export   PATRQT    own-local                          yes consent-permit
local       cohort   HRESCH    own-local                          yes consent-permit
local       forecast HRESCH    own-local                          no  research
local       cohort   MLTRAINING own-local                         no  default-deny
local       forecast TREATDS   own-refuse-everything              no  consent-deny
local       consent  PATRQT    own-refuse-everything              yes duty
local       read     BTG       own-permit-everything              no  role
doctor      forecast TREATDS   own-local                          no  default-deny
sensor      send     TREAT     pcf-basic-research                 yes duty
sensor      send     TREAT     pcf-basic-reject                   no  consent-deny
sensor      watch    TREAT     own-permit-everything              no  role
other_sensor send    TREAT     pcf-basic-research                 no  default-deny
other_sensor send    TREAT     pcf-basic-treat                    yes consent-permit
insurer's_doctor read TREAT    own-permit-everything              no  never-set
works_doctor list    TREAT     own-permit-everything              no  never-set
"""
ROWS = [line.split() for line in BY_HAND.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(r[:4]) for r in ROWS])
def test_answers_written_by_hand(row):
    who, action, purpose, name, answer, rule = row
    (permit, by), theirs = both(who.replace("_", " "), Action(action), purpose, (name,), {})
    assert (permit, by) == (answer == "yes", rule)
    assert theirs == (permit, by)


def test_refusal_and_permission_of_described_data():
    def answers(name, who="doctor", **data):
        return decide(ask(who, **data), [CONSENTS[name]], now=NOW).permit

    of_2022 = {
        "data_from": datetime(2022, 1, 1, tzinfo=UTC),
        "data_to": datetime(2022, 12, 31, 23, 59, tzinfo=UTC),
    }
    of_2023 = {"data_from": datetime(2023, 1, 1, tzinfo=UTC), "data_to": NOW}
    assert answers("pcf-intermediate-timeframe", **of_2022)
    assert not answers("pcf-intermediate-timeframe", **of_2023)
    assert not answers("pcf-intermediate-not-timeframe", **of_2022)
    assert answers("pcf-intermediate-not-timeframe", **of_2023)
    assert answers("pcf-advanced-normal", security_labels=("N",))
    assert not answers("pcf-advanced-normal", security_labels=("N", "R"))
    assert answers("pcf-advanced-normal-restricted", security_labels=("N", "R"))
    assert not answers("pcf-advanced-normal-not-restricted", security_labels=("R",))
    assert answers("pcf-advanced-normal-focused-restricted", security_labels=("N", "R"))
    restricted = "pcf-advanced-normal-focused-restricted"
    assert not answers(restricted, who="other doctor", security_labels=("R",))
    assert answers("pcf-advanced-normal-focused-psy-or-sdv", security_labels=("SDV",))
    assert not answers("own-refuse-substance-abuse", security_labels=("OPIOIDUD",))
    assert answers("own-refuse-substance-abuse", security_labels=("N",))
    assert not answers("own-refuse-substance-abuse")
    assert answers("own-only-lab-codes", codes=("http://loinc.org|2160-0",))
    assert not answers("own-only-lab-codes", codes=("urn:else|2160-0",))
    assert not answers(
        "own-refuse-class", classes=("http://hl7.org/fhir/resource-types|Observation",)
    )
    assert not answers("own-three-deep", security_labels=("R",))


def test_an_exception_to_an_exception_counts_before_it():
    def answer(purpose, who="doctor"):
        request = ask(who, purpose=purpose, security_labels=("R",))
        return decide(request, [CONSENTS["own-three-deep"]], now=NOW).permit

    assert answer("COC")
    assert not answer("TREATDS")
    assert not answer("COC", "other doctor")


def test_a_permission_within_a_refusal_reaches_no_further_than_its_rule():
    inner = Provision(kind=Kind.PERMIT, purposes=("HRESCH",))
    root = Provision(kind=Kind.DENY, purposes=("TREAT",), provisions=(inner,))
    consent = replace(CONSENTS["pcf-basic-treat"], root=root)
    request = ask("researcher", Action.COHORT, "HRESCH")
    assert decide(request, [consent], now=NOW).rule == "default-deny"


def test_what_no_consent_permits_is_refused():
    assert decide(ask(), [], now=NOW).rule == "default-deny"


def test_the_ids_that_mattered_are_named():
    permit, refusal = CONSENTS["pcf-basic-treat"], CONSENTS["pcf-basic-reject"]
    assert decide(ask(), [permit], now=NOW).consents == ("pcf-basic-treat",)
    assert decide(ask(), [permit, refusal], now=NOW).consents == ("pcf-basic-reject",)


def test_the_newer_consent_does_not_override_a_refusal():
    newer = replace(CONSENTS["pcf-basic-treat"], given_at=date(2024, 2, 29))
    for both_ways in ([CONSENTS["pcf-basic-reject"], newer], [newer, CONSENTS["pcf-basic-reject"]]):
        assert decide(ask(), both_ways, now=NOW).rule == "consent-deny"


def test_a_consent_withdrawn_in_one_version_does_not_permit_in_another():
    old = CONSENTS["pcf-basic-treat"]
    assert decide(ask(), [old, old.revoked()], now=NOW).rule == "default-deny"


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.ACTIVE])
def test_only_an_active_consent_permits_or_refuses(status):
    permit, refusal = CONSENTS["pcf-basic-treat"], CONSENTS["pcf-basic-reject"]
    assert decide(ask(), [replace(permit, status=status)], now=NOW).rule == "default-deny"
    on_file = [permit, replace(refusal, status=status)]
    assert decide(ask(), on_file, now=NOW).rule == "consent-permit"


def test_data_under_two_labels_may_be_permitted_by_two_consents():
    one = CONSENTS["pcf-advanced-normal"]
    (label,) = CONSENTS["pcf-advanced-normal-not-restricted"].root.provisions[0].security_labels
    other = replace(one, id="r", root=replace(one.root, security_labels=(label,)))
    request = ask(security_labels=("N", "R"))
    assert decide(request, [one, other], now=NOW).consents == ("pcf-advanced-normal", "r")
    assert not decide(request, [one], now=NOW).permit


def test_a_consent_on_file_that_names_another_patient_still_refuses():
    elsewhere = replace(CONSENTS["pcf-basic-reject"], patient="ex-twin-brother")
    assert decide(ask(), [CONSENTS["pcf-basic-treat"], elsewhere], now=NOW).rule == "consent-deny"


class TestHowLongItHolds:
    def test_until_the_period_of_the_consent_ends(self):
        decision = decide(ask(), [CONSENTS["own-until-noon"]], now=NOW)
        assert decision.until == datetime(2024, 3, 1, 12, tzinfo=UTC)
        assert decide(ask(), [CONSENTS["own-until-noon"]], now=decision.until).permit
        after = decision.until + timedelta(microseconds=1)
        assert not decide(ask(), [CONSENTS["own-until-noon"]], now=after).permit

    def test_a_date_holds_for_the_whole_day_in_utc(self):
        last = datetime(2022, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        decision = decide(ask(), [CONSENTS["pcf-expired-treat"]], now=last)
        assert decision.permit
        assert decision.until == datetime(2023, 1, 1, tzinfo=UTC)
        assert not decide(ask(), [CONSENTS["pcf-expired-treat"]], now=decision.until).permit

    def test_the_zone_of_the_asker_changes_nothing(self):
        from datetime import timezone

        new_year_in_tokyo = datetime(2023, 1, 1, 5, tzinfo=timezone(timedelta(hours=9)))
        assert decide(ask(), [CONSENTS["pcf-expired-treat"]], now=new_year_in_tokyo).permit

    def test_no_longer_than_until_a_refusal_begins(self):
        begins = datetime(2024, 3, 1, 10, 5, tzinfo=UTC)
        refusal = Provision(kind=Kind.DENY, period=Period(start=begins), purposes=("TREAT",))
        later = replace(CONSENTS["pcf-basic-reject"], root=refusal)
        decision = decide(ask(), [CONSENTS["pcf-basic-treat"], later], now=NOW)
        assert (decision.permit, decision.until) == (True, begins)
        assert not decide(ask(), [CONSENTS["pcf-basic-treat"], later], now=begins).permit

    def test_an_end_at_the_end_of_time_is_no_end(self):
        root = replace(CONSENTS["pcf-basic-treat"].root, period=Period(end=date.max))
        forever = replace(CONSENTS["pcf-basic-treat"], root=root)
        decision = decide(ask(), [forever], now=NOW)
        assert (decision.permit, decision.until) == (True, None)

    def test_until_the_emergency_ends(self):
        decision = decide(ask(purpose="BTG"), [], now=NOW, emergencies=[EMERGENCY])
        assert decision.until == EMERGENCY.until

    def test_until_the_representation_ends_or_the_patient_is_of_age(self):
        request = ask("mother", Action.READ, "FAMRQT")
        assert decide(request, [], now=NOW, relations=[RELATION]).until == RELATION.until
        grown = replace(RELATION, ends_at_majority=date(2024, 3, 2))
        birthday = datetime(2024, 3, 2, tzinfo=UTC)
        assert decide(request, [], now=NOW, relations=[grown]).until == birthday


class TestObligations:
    def test_computing_over_many_yields_nothing_about_one(self):
        request = ask("researcher", Action.COHORT, "HRESCH")
        decision = decide(request, [CONSENTS["pcf-basic-research"]], now=NOW)
        assert decision.obligations == {
            Obligation.AGGREGATE_ONLY,
            Obligation.MINIMUM_CELL,
            Obligation.PRIVACY_BUDGET,
            Obligation.NO_EXPORT,
        }

    def test_one_alone_with_their_store_is_not_shielded_from_themselves_but_for_research(self):
        consents = [CONSENTS["own-local"]]
        quality = decide(ask("local", Action.COHORT, "HQUALIMP"), consents, now=NOW)
        assert quality.obligations == {Obligation.AGGREGATE_ONLY, Obligation.NO_EXPORT}
        research = decide(ask("local", Action.COHORT, "HRESCH"), consents, now=NOW)
        assert Obligation.MINIMUM_CELL in research.obligations

    def test_an_emergency_is_told_to_the_patient_reviewed_and_leaves_nothing(self):
        decision = decide(ask(purpose="BTG"), [], now=NOW, emergencies=[EMERGENCY])
        assert decision.obligations == {
            Obligation.NOTIFY_PATIENT,
            Obligation.REVIEW,
            Obligation.NO_EXPORT,
            Obligation.WATERMARK,
        }

    @pytest.mark.parametrize("action", [Action.EXPORT, Action.REPORT, Action.SHARE])
    def test_what_leaves_is_marked(self, action):
        decision = decide(ask("patient", action, "PATRQT"), [], now=NOW)
        assert decision.obligations == {Obligation.WATERMARK}

    def test_a_refusal_has_none(self):
        decision = decide(ask("patient", Action.COHORT, "PATRQT"), [], now=NOW)
        assert (decision.obligations, decision.until) == (frozenset(), None)


class TestLegalHold:
    HOLD = Hold(patient=PATIENT, reason="court order", since=NOW - HOUR, until=NOW + HOUR)

    def test_nothing_is_erased_under_it_even_by_the_patient(self):
        for who in ("patient", "custodian", "local"):
            request = ask(who, Action.ERASE, "PATRQT")
            assert decide(request, [], now=NOW, hold=[self.HOLD]).rule == "legal-hold"
            assert decide(request, [], now=NOW + HOUR, hold=[self.HOLD]).permit
            other = replace(self.HOLD, patient="ex-twin-brother")
            assert decide(request, [], now=NOW, hold=[other]).permit

    def test_everything_else_stays_as_it_was(self):
        request = ask("patient", Action.EXPORT, "PATRQT")
        assert decide(request, [], now=NOW, hold=[self.HOLD]).permit


class TestRepresentation:
    REQUEST = ask("mother", Action.READ, "FAMRQT")

    def decided(self, relation: Relation, now: datetime = NOW):
        return decide(self.REQUEST, [], now=now, relations=[relation])

    def test_it_holds_within_its_time_scope_and_persons(self):
        assert self.decided(RELATION).rule == "proxy"
        assert not self.decided(replace(RELATION, patient="ex-twin-brother")).permit
        assert not self.decided(replace(RELATION, person="RelatedPerson/ex-sister")).permit
        assert not self.decided(replace(RELATION, scope=frozenset({Action.LIST}))).permit

    def test_it_is_over_at_its_end_and_not_before_its_beginning(self):
        assert not self.decided(RELATION, RELATION.until).permit
        assert self.decided(RELATION, RELATION.until - timedelta(microseconds=1)).permit
        assert not self.decided(RELATION, RELATION.since - timedelta(microseconds=1)).permit
        assert self.decided(RELATION, RELATION.since).permit

    def test_it_ends_with_the_day_on_which_the_patient_is_of_age(self):
        minor = replace(RELATION, ends_at_majority=date(2024, 3, 2))
        assert self.decided(minor, datetime(2024, 3, 1, 23, 59, 59, tzinfo=UTC)).permit
        assert not self.decided(minor, datetime(2024, 3, 2, tzinfo=UTC)).permit

    def test_a_role_of_representative_alone_is_nothing(self):
        assert decide(self.REQUEST, [], now=NOW).rule == "default-deny"


class TestEmergency:
    def decided(self, emergency: Emergency, action: Action = Action.READ, now: datetime = NOW):
        return decide(ask("doctor", action, "BTG"), [], now=now, emergencies=[emergency])

    def test_it_opens_what_nobody_permitted(self):
        assert self.decided(EMERGENCY).rule == "break-glass"
        assert self.decided(EMERGENCY).permit

    @pytest.mark.parametrize(
        "emergency",
        [
            replace(EMERGENCY, reason=" \n"),
            replace(EMERGENCY, until=EMERGENCY.since + HOUR + timedelta(seconds=1)),
            replace(EMERGENCY, since=NOW + HOUR / 4),
            replace(EMERGENCY, until=NOW),
            replace(EMERGENCY, actor="Practitioner/ex-other"),
            replace(EMERGENCY, patient="ex-twin-brother"),
        ],
        ids=["no reason", "too long", "not begun", "ended", "another's", "of another patient"],
    )
    def test_it_has_a_reason_an_hour_one_clinician_and_one_patient(self, emergency):
        decision = self.decided(emergency)
        assert (decision.permit, decision.rule) == (False, "break-glass")
        assert decision.reasons

    def test_without_a_declaration_the_purpose_alone_opens_nothing(self):
        permitted = CONSENTS["own-permit-everything"]
        assert decide(ask(purpose="BTG"), [permitted], now=NOW).rule == "break-glass"

    def test_a_named_clinician_of_the_consent_needs_a_declaration_too(self):
        group = CONSENTS["pcf-dissent-break-glass"].root
        inner = replace(group.provisions[0], actors=(Recipient(reference=ACTORS["doctor"].id),))
        consent = replace(
            CONSENTS["pcf-dissent-break-glass"], root=replace(group, provisions=(inner,))
        )
        assert decide(ask(purpose="BTG"), [consent], now=NOW).rule == "break-glass"


def test_every_rule_and_every_forbidden_root_stands_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "concepts-consent.md").read_text(encoding="utf-8")
    for rule in Rule:
        assert f"`{rule.value}`" in page
    for code in NEVER | ABOVE_NEVER:
        assert f"`{code}`" in page or "HPAYMT" in LINES[code]
