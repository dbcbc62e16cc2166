"""Those who want what they may not have. Each of these has to end in a refusal."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.governance.consent import Kind, Period, Provision, Recipient
from bodytwin.governance.decide import Hold, Obligation, Relation, decide
from bodytwin.governance.purpose import ABOVE_NEVER, KNOWN, NEVER, subtree
from bodytwin.governance.request import TWIN_ACTIONS, Action, Actor, OrganisationKind, Request, Role
from tests.governance.cases import (
    ACTORS,
    CONSENTS,
    EMERGENCY,
    HOUR,
    NOW,
    PATIENT,
    RELATION,
    ask,
)
from tests.governance.naive import LINES
from tests.governance.strategies import consents, provisions
from tests.governance.test_purpose import WRONG

WELCOME = [CONSENTS["own-permit-everything"], CONSENTS["own-insurers-welcome"]]
ALL_ACTIONS = frozenset(Action)
FOREVER = Relation(
    person="*", patient=PATIENT, scope=ALL_ACTIONS, since=datetime(2000, 1, 1, tzinfo=UTC)
)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def generous(request, now=NOW):
    """Decide with every consent, representation and emergency that could help."""
    return decide(
        request,
        WELCOME,
        now=now,
        relations=[replace(FOREVER, person=request.actor.id)],
        emergencies=[replace(EMERGENCY, actor=request.actor.id)],
    )


class TestThePurpose:
    @pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
    def test_that_is_missing_null_a_list_or_spelt_otherwise_is_refused(self, value):
        for who in ACTORS:
            for action in Action:
                decision = generous(ask(who, action, value))
                assert (decision.permit, decision.rule) == (False, "unknown-purpose")

    def test_that_lies_below_or_above_a_forbidden_one_is_refused(self):
        for code in NEVER | ABOVE_NEVER:
            for who in ACTORS:
                for action in Action:
                    decision = generous(ask(who, action, code))
                    assert (decision.permit, decision.rule) == (False, "never-set")

    def test_that_lies_above_the_permitted_one_is_refused(self):
        for code, above in LINES.items():
            if code in NEVER:
                continue
            root = Provision(kind=Kind.PERMIT, purposes=(code,))
            consent = replace(WELCOME[0], root=root)
            for wider in above - {code}:
                for who, action in (("doctor", Action.READ), ("researcher", Action.COHORT)):
                    assert not decide(ask(who, action, wider), [consent], now=NOW).permit

    def test_is_not_repeated_in_a_refusal(self):
        decision = generous(ask(purpose="Jane Doe, 12 Main Street"))
        assert "Jane" not in " ".join(decision.reasons)


class TestInsurersAndEmployers:
    KINDS = (OrganisationKind.PAYER, OrganisationKind.EMPLOYER)

    def test_get_nothing_under_any_role_and_purpose(self):
        for kind in self.KINDS:
            for role in Role:
                actor = Actor(id="x", role=role, organisation_kind=kind, person=PATIENT)
                for action in Action:
                    for purpose in ("TREATDS", "CAREMGT", "BTG", "PATRQT", "HRESCH", "MLTRAINING"):
                        request = Request(
                            actor=actor, action=action, purpose=purpose, patient=PATIENT
                        )
                        assert generous(request).rule == "never-set"

    def test_cannot_be_let_in_by_the_patient(self):
        payer = replace(ACTORS["doctor"], organisation_kind=OrganisationKind.PAYER)
        root = Provision(kind=Kind.PERMIT, actors=(Recipient(reference=payer.id),))
        named = replace(WELCOME[0], root=root)
        request = replace(ask(purpose="CAREMGT"), actor=payer)
        assert decide(request, [named], now=NOW).rule == "never-set"
        assert decide(replace(request, actor=ACTORS["doctor"]), [named], now=NOW).permit

    @pytest.mark.parametrize("purpose", sorted(NEVER))
    def test_cannot_have_the_patient_ask_for_them(self, purpose):
        for action in Action:
            assert generous(ask("patient", action, purpose)).rule == "never-set"
            assert generous(ask("local", action, purpose)).rule == "never-set"


class TestResearch:
    def test_never_looks_at_one_person(self):
        for purpose in subtree("HRESCH") | {"MLTRAINING"}:
            for who in ACTORS:
                for action in ALL_ACTIONS - {Action.COHORT}:
                    assert not generous(ask(who, action, purpose)).permit

    def test_over_many_always_carries_the_smallest_cell_and_the_budget(self):
        named = replace(
            WELCOME[0], root=Provision(kind=Kind.PERMIT, purposes=("HRESCH", "MLTRAINING"))
        )
        for purpose in subtree("HRESCH") | {"MLTRAINING"}:
            for who in ("doctor", "researcher", "local"):
                decision = decide(ask(who, Action.COHORT, purpose), [named], now=NOW)
                assert decision.permit
                assert decision.obligations >= {
                    Obligation.AGGREGATE_ONLY,
                    Obligation.MINIMUM_CELL,
                    Obligation.PRIVACY_BUDGET,
                    Obligation.NO_EXPORT,
                }

    def test_computing_over_many_without_calling_it_research_yields_no_single_figure_either(self):
        for purpose in set(KNOWN) - NEVER:
            for who in ("doctor", "researcher"):
                decision = generous(ask(who, Action.COHORT, purpose))
                assert not decision.permit or decision.obligations >= {
                    Obligation.AGGREGATE_ONLY,
                    Obligation.MINIMUM_CELL,
                }

    def test_training_is_not_included_in_any_wider_permission(self):
        for wider in ("HOPERAT", "PurposeOfUse", "HRESCH", "TREAT"):
            root = Provision(kind=Kind.PERMIT, purposes=(wider,))
            for consent in (replace(WELCOME[0], root=root), WELCOME[0]):
                request = ask("researcher", Action.COHORT, "MLTRAINING")
                assert decide(request, [consent], now=NOW).rule == "default-deny"


class TestTime:
    def test_a_consent_withdrawn_meanwhile_permits_nothing_more(self):
        consent = CONSENTS["pcf-basic-treat"]
        watch = ask(action=Action.WATCH)
        assert decide(watch, [consent], now=NOW).permit
        assert not decide(watch, [consent.revoked()], now=NOW).permit

    def test_no_permission_outlasts_what_it_rests_on(self):
        for name, consent in CONSENTS.items():
            for who, action, purpose in (
                ("doctor", Action.FORECAST, "TREATDS"),
                ("researcher", Action.COHORT, "HRESCH"),
            ):
                request = ask(who, action, purpose)
                for day in (datetime(2022, 12, 31, 23, tzinfo=UTC), NOW):
                    decision = decide(request, [consent], now=day)
                    if decision.permit and decision.until:
                        late = decision.until + timedelta(microseconds=1)
                        assert not decide(request, [consent], now=late).permit, name

    def test_a_clock_without_a_zone_decides_nothing(self):
        for now in (NOW.replace(tzinfo=None), None, "2024-03-01", 0):
            assert decide(ask(), WELCOME, now=now).rule == "malformed"

    def test_of_two_consents_in_conflict_the_refusal_counts(self):
        permit, deny = CONSENTS["pcf-basic-treat"], CONSENTS["pcf-basic-reject"]
        assert not decide(ask(), [permit, deny, permit], now=NOW).permit

    def test_a_representative_whose_time_is_over_is_nobody(self):
        over = replace(RELATION, until=NOW)
        request = ask("mother", Action.READ, "FAMRQT")
        assert not decide(request, WELCOME, now=NOW, relations=[over]).permit

    def test_a_child_that_has_come_of_age_is_not_read_by_the_parents(self):
        grown = replace(FOREVER, person="RelatedPerson/ex-mother", ends_at_majority=NOW.date())
        for action in Action:
            for purpose in ("FAMRQT", "PWATRNY", "PATRQT"):
                request = ask("mother", action, purpose)
                assert not decide(request, WELCOME, now=NOW, relations=[grown]).permit


class TestBreakingTheGlass:
    def decided(self, who="doctor", action=Action.READ, purpose="BTG", consents=(), **more):
        emergency = replace(EMERGENCY, actor=ACTORS[who].id, **more)
        return decide(ask(who, action, purpose), consents, now=NOW, emergencies=[emergency])

    def test_takes_nothing_away(self):
        for action in (Action.EXPORT, Action.SHARE, Action.COHORT, Action.ERASE, Action.CONSENT):
            assert not self.decided(action=action, consents=WELCOME).permit

    def test_is_for_clinicians_only(self):
        for who in set(ACTORS) - {"doctor", "other doctor"}:
            assert not self.decided(who).permit

    def test_opens_no_other_purpose(self):
        for purpose in set(KNOWN) - {"BTG"}:
            assert not self.decided(purpose=purpose).permit

    def test_needs_a_reason_and_ends(self):
        assert not self.decided(reason="  ").permit
        assert not self.decided(until=NOW).permit
        assert not self.decided(since=NOW - 2 * HOUR).permit

    def test_stops_before_a_refusal_that_names_it(self):
        for name in ("own-refuse-emergency", "own-refuse-emergency-treatment"):
            assert not self.decided(consents=[*WELCOME, CONSENTS[name]]).permit


class TestPersons:
    def test_a_patient_reads_nobody_else(self):
        for action in Action:
            for purpose in KNOWN:
                assert not generous(ask("other patient", action, purpose)).permit

    def test_a_clinician_cannot_pass_for_the_patient(self):
        doctor = replace(ACTORS["doctor"], person=PATIENT)
        for purpose in subtree("PATRQT"):
            for action in Action:
                request = replace(ask(action=action, purpose=purpose), actor=doctor)
                assert not generous(request).permit

    def test_whoever_runs_the_node_sees_no_prediction_and_takes_nothing_away(self):
        seeing = TWIN_ACTIONS | {Action.READ, Action.EXPORT, Action.SHARE, Action.SEND}
        for action in seeing:
            for purpose in KNOWN:
                assert not generous(ask("custodian", action, purpose)).permit

    def test_a_sensor_reads_nothing(self):
        for action in ALL_ACTIONS - {Action.SEND}:
            for purpose in KNOWN:
                assert not generous(ask("sensor", action, purpose)).permit


NOT_REQUESTS = [
    None,
    {},
    "request",
    ask(patient=""),
    ask(patient=None),
    ask(patient=7),
    replace(ask(), action="forecast"),
    replace(ask(), action=None),
    replace(ask(), actor=None),
    replace(ask(), actor={"id": "x", "role": "patient"}),
    replace(ask(), actor=replace(ACTORS["doctor"], role="clinician")),
    replace(ask(), actor=replace(ACTORS["doctor"], organisation_kind="provider")),
    replace(ask(), actor=replace(ACTORS["doctor"], organisation_kind=None)),
    replace(ask(), actor=replace(ACTORS["doctor"], id="")),
    replace(ask(), actor=replace(ACTORS["patient"], person="")),
    ask(security_labels=["N"]),
    ask(security_labels="N"),
    ask(security_labels=("",)),
    ask(codes=(None,)),
    ask(outputs=(1,)),
    ask(twin=None),
    ask(data_from=datetime(2024, 1, 1)),  # noqa: DTZ001
    ask(data_from=NOW, data_to=NOW - HOUR),
    ask(data_to="2024"),
]


@pytest.mark.parametrize("request_", NOT_REQUESTS, ids=range(len(NOT_REQUESTS)))
def test_what_is_no_request_is_refused_as_malformed(request_):
    decision = decide(request_, WELCOME, now=NOW)
    assert (decision.permit, decision.rule) == (False, "malformed")
    assert decision.reasons


class Bursting:
    """Fails whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(f"secret of {PATIENT}")


def broken():
    yield CONSENTS["pcf-basic-treat"]
    raise RuntimeError(f"secret of {PATIENT}")


@pytest.mark.parametrize(
    "on_file",
    [
        {"consents": [CONSENTS["pcf-basic-treat"], Bursting()]},
        {"consents": [CONSENTS["pcf-basic-treat"], None]},
        {"consents": [{"resourceType": "Consent"}]},
        {"consents": broken()},
        {"consents": None},
        {"consents": WELCOME, "hold": [Bursting()]},
        {"consents": WELCOME, "hold": None},
        {"consents": WELCOME, "emergencies": 7},
        {
            "consents": [
                replace(WELCOME[0], root=replace(WELCOME[0].root, actors=(Bursting(),))),
            ]
        },
    ],
    ids=range(9),
)
def test_whatever_fails_within_is_a_refusal_that_tells_nothing(on_file):
    decision = decide(ask(), now=NOW, **on_file)
    assert (decision.permit, decision.rule) == (False, "fault")
    assert "secret" not in " ".join(decision.reasons)
    assert PATIENT not in " ".join(decision.reasons)


def deeply(levels):
    rule = Provision(kind=Kind.PERMIT)
    for _ in range(levels):
        rule = Provision(kind=Kind.PERMIT, provisions=(rule,))
    return replace(WELCOME[0], root=rule)


def test_bottomless_exceptions_are_a_refusal():
    assert decide(ask(), [deeply(5)], now=NOW).permit
    assert decide(ask(), [deeply(20_000)], now=NOW).rule == "fault"


def test_a_broken_emergency_opens_nothing():
    naive = replace(EMERGENCY, since=datetime(2024, 3, 1, 9, 30))  # noqa: DTZ001
    assert not decide(ask(purpose="BTG"), [], now=NOW, emergencies=[naive]).permit
    naive = replace(RELATION, since=datetime(2020, 1, 1))  # noqa: DTZ001
    request = ask("mother", Action.READ, "FAMRQT")
    assert not decide(request, [], now=NOW, relations=[naive]).permit


def test_no_reason_names_the_patient():
    found = set()
    for consent in CONSENTS.values():
        for who in ACTORS:
            for action in (Action.READ, Action.COHORT, Action.ERASE, Action.IMPORT):
                for purpose in ("TREAT", "BTG", "HRESCH", "PATRQT", "x-INSUW"):
                    decision = decide(ask(who, action, purpose), [consent], now=NOW)
                    found.update(decision.reasons)
                    assert decision.reasons
    assert len(found) > 15
    assert not any(PATIENT in reason or "ex-" in reason for reason in found)


def test_a_million_random_requests_for_what_is_never_allowed_are_all_refused():
    """Forbidden purposes by anybody, and any purpose by insurers and employers."""
    rng = random.Random(20240301)
    codes, forbidden = [*KNOWN], sorted(NEVER | ABOVE_NEVER)
    actors = [replace(a, person=p) for a in ACTORS.values() for p in (None, PATIENT, "other")]
    insurers = [
        replace(a, organisation_kind=k)
        for a in actors
        for k in (OrganisationKind.PAYER, OrganisationKind.EMPLOYER)
    ]
    cases = [(a, c) for a in actors for c in forbidden]
    cases += [(a, c) for a in insurers for c in codes]
    requests = [
        Request(actor=actor, action=action, purpose=purpose, patient=PATIENT)
        for actor, purpose in cases
        for action in Action
    ]
    pools = [rng.choices([*CONSENTS.values(), *WELCOME], k=rng.randrange(4)) for _ in range(500)]
    relations = [replace(FOREVER, person=a.id) for a in ACTORS.values()]
    emergencies = [replace(EMERGENCY, actor=a.id) for a in ACTORS.values()]
    moments = [NOW, NOW + timedelta(days=400), LONG_AGO]
    permitted = 0
    for request in rng.choices(requests, k=1_000_000):
        decision = decide(
            request,
            pools[int(rng.random() * 500)],
            now=moments[int(rng.random() * 3)],
            relations=relations,
            emergencies=emergencies,
        )
        permitted += decision.permit
    assert permitted == 0


requests = st.builds(
    Request,
    actor=st.sampled_from([*ACTORS.values()]),
    action=st.sampled_from(Action),
    purpose=st.sampled_from([*KNOWN]),
    patient=st.just(PATIENT),
    security_labels=st.lists(st.sampled_from("NRV"), max_size=2).map(tuple),
    data_from=st.none() | st.just(LONG_AGO),
    data_to=st.none() | st.just(NOW),
)
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()), st.binary(), requests
)


@st.composite
def refusals(draw):
    consent = draw(consents)
    return replace(consent, root=replace(draw(provisions(st.just(()))), kind=Kind.DENY))


@given(requests, st.lists(consents, max_size=3), refusals(), st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_one_more_refusal_never_turns_a_refusal_into_a_permission(request, given, refusal, place):
    def permit(on_file):
        return decide(
            request, on_file, now=NOW, relations=[RELATION], emergencies=[EMERGENCY]
        ).permit

    assert permit(given) or not permit([*given[:place], refusal, *given[place:]])


@given(requests, st.lists(consents, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_consents_does_not_matter(request, given, rng):
    shuffled = rng.sample(given, len(given))
    assert decide(request, given, now=NOW) == decide(request, shuffled, now=NOW)


@given(
    st.builds(
        Request,
        actor=anything | st.sampled_from([*ACTORS.values()]),
        action=anything | st.sampled_from(Action),
        purpose=anything | st.sampled_from([*KNOWN]),
        patient=anything | st.just(PATIENT),
        twin=anything,
        outputs=anything,
        codes=anything | st.just(()),
        data_from=anything,
    )
    | anything,
    st.lists(consents | anything, max_size=2) | anything,
    st.just(NOW) | anything,
    st.lists(anything, max_size=2),
)
@settings(max_examples=400, deadline=None)
def test_it_never_raises_and_says_why(request, on_file, now, others):
    decision = decide(request, on_file, now=now, relations=others, hold=others, emergencies=others)
    assert decision.reasons
    assert all(type(reason) is str and reason for reason in decision.reasons)


def test_a_period_far_in_the_past_or_future_does_not_fail():
    for period in (Period(start=date.max), Period(end=date.min)):
        consent = replace(WELCOME[0], root=Provision(kind=Kind.PERMIT, period=period))
        for now in (NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
            assert decide(ask(), [consent], now=now).rule in ("default-deny", "consent-permit")


def test_a_hold_on_everything_stops_everything():
    hold = Hold(patient=PATIENT, reason="court", since=LONG_AGO, actions=ALL_ACTIONS)
    for who in ACTORS:
        for action in Action:
            for purpose in ("PATRQT", "TREAT", "FAMRQT"):
                request = ask(who, action, purpose)
                assert not decide(request, WELCOME, now=NOW, hold=[hold]).permit
