"""What a patient was promised: to take the twin along, to see, to restrict, to be forgotten."""

import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from bodytwin.errors import (
    ConsentError,
    InvalidInputError,
    NotFoundError,
    StoreError,
    UnreadableFileError,
)
from bodytwin.governance.request import Action, Actor, OrganisationKind, Role
from bodytwin.service.access import granted
from bodytwin.service.auditing import head, verify, who_looked
from bodytwin.service.comparing import compare
from bodytwin.service.consenting import choose, consents, let_act, revoke
from bodytwin.service.emergency import declare, review
from bodytwin.service.erasing import erase
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.people import everyone, patient_called, timeline
from bodytwin.service.personalising import Wish, personalise
from bodytwin.service.researching import Question, answer
from bodytwin.service.settings import Settings
from bodytwin.service.taking import take_along, take_in
from bodytwin.service.workspace import workspace
from bodytwin.store import log
from bodytwin.store.people import everyone as pseudonyms
from bodytwin.store.records import originals

PLAN = "3.5 mg every 12 h"
CLINICIAN = Actor(id="Practitioner/7", role=Role.CLINICIAN, name="Dr. Seven")
RESEARCHER = Actor(id="r1", role=Role.RESEARCHER)
MANY = 14


@pytest.fixture
def patient(bring, tables):
    (found,) = bring(tables.first)
    return found


@pytest.fixture
def crowd(work, bring, tables):
    """Many patients, each measured once."""
    rows = "".join(f"{i},0,20,1.4,.,1\n{i},3,.,1.4,{15 + i / 2},0\n" for i in range(1, MANY + 1))
    return bring(tables.first.splitlines()[0] + "\n" + rows)


def as_(work, actor, purpose="TREATDS"):
    return replace(work, actor=actor, purpose=purpose)


def bytes_below(work):
    folder = work.store.archive.folder.parent
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def foretold(work, patient):
    made = personalise(work, patient, Wish(seed=3))
    said = forecast(work, made, when=[When(ahead_h=12.0)], plan=PLAN, seed=3)
    return made.first, said.forecast


def test_a_twin_that_was_taken_along_says_the_same_elsewhere_to_the_bit(
    work, patient, tmp_path, clock
):
    first, said = foretold(work, patient)
    data = take_along(work, patient)
    with workspace(Settings(home=tmp_path / "elsewhere"), clock=clock) as there:
        assert take_in(there, data) == patient
        again, repeated = foretold(there, patient)
        assert again.id == first.id
        assert again.values.tobytes() == first.values.tobytes()
        assert repeated.id == said.id
        assert repeated.observable.tobytes() == said.observable.tobytes()
        assert verify(there).faults == ()
        assert [c.consent.id for c in consents(there, patient)] == [f"local-{patient}"]
        reading = granted(there, patient, Action.READ)
        assert originals(there.store, reading)[0].whole
    assert verify(work).faults == ()


def test_a_twin_is_taken_in_whole_or_not_at_all(work, patient, tmp_path, clock):
    data = take_along(work, patient)
    with zipfile.ZipFile(BytesIO(data)) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    spoiled = {
        "cut": data[: len(data) // 2],
        "altered": zipped(parts | {"twin.json": one_character_changed(parts["twin.json"])}),
        "a part missing": zipped({k: v for k, v in parts.items() if k != "bundle.json"}),
        "a part too many": zipped(parts | {"../../evil": b"x"}),
        "no zip": b"PK\x03\x04nothing",
    }
    with workspace(Settings(home=tmp_path / "elsewhere"), clock=clock) as there:
        for what, body in spoiled.items():
            with pytest.raises(UnreadableFileError):
                take_in(there, body)
            assert pseudonyms(there.store) == (), what
            assert not list(there.store.vault.folder.glob(f"{patient}*")), what
        take_in(there, data)
        with pytest.raises(InvalidInputError, match="already"):
            take_in(there, data)
        assert granted(there, patient, Action.READ).patient == patient


def one_character_changed(text):
    """The same JSON but for one figure of its first digest: 64 characters that only a hash has."""
    at = re.search(rb"[0-9a-f]{64}", text).start()
    other = b"0" if text[at : at + 1] != b"0" else b"1"
    return text[:at] + other + text[at + 1 :]


def zipped(parts):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, body in parts.items():
            box.writestr(name, body)
    return out.getvalue()


def traces(work, patient, table):
    """Everything that would tell of the patient if it lay open."""
    secret = work.store.vault._secret(patient)
    return [
        secret,
        secret.hex().encode(),
        table.encode()[:200],
        table.splitlines()[1].encode(),
        b"phenobarbital",
        b"3948-7",
        b"17.3",
        b'"value"',
    ]


def test_nothing_of_a_patient_lies_open_and_nothing_is_left_after_erasing(
    work, patient, tables, bring
):
    foretold(work, patient)
    compare(work, personalise(work, patient, Wish()), plans=[PLAN, "hold"])
    choose(work, patient, {"research": "deny"})
    secrets = traces(work, patient, tables.first)
    for place, data in bytes_below(work).items():
        assert not any(s in data for s in secrets[2:]), place
    placed = {place for place in bytes_below(work) if place.name == f"{patient}.key"}
    assert placed
    erase(work, patient)
    for place, data in bytes_below(work).items():
        assert not any(s in data for s in secrets), place
    assert not any(place.name == f"{patient}.key" for place in bytes_below(work))
    assert not [p for p in work.store.archive.folder.rglob("*") if p.is_file()]
    assert verify(work).faults == ()


def test_an_erased_patient_is_like_one_who_never_was(work, patient):
    erase(work, patient)
    for whom in (patient, "0" * 16):
        for ask in (
            lambda who: timeline(work, who),
            lambda who: personalise(work, who, Wish()),
            lambda who: patient_called(work, who),
            lambda who: take_along(work, who),
        ):
            with pytest.raises(NotFoundError, match="No such patient, or none"):
                ask(whom)


def test_erasing_one_leaves_the_others_of_the_same_table_whole(work, crowd):
    gone, kept = crowd[0], crowd[1]
    erase(work, gone)
    facts = timeline(work, kept).facts
    assert len(facts) == 3
    (original,) = originals(work.store, granted(work, kept, Action.READ))
    assert original.data.count(b"\n2,") == 2
    assert b"\n1," not in original.data
    assert len(everyone(work)) == MANY - 1


def test_an_erasing_that_was_broken_off_is_finished_by_the_next(work, patient, monkeypatch):
    monkeypatch.setattr("bodytwin.store.erasure._files", broken)
    with pytest.raises(StoreError):
        erase(work, patient)
    with pytest.raises(StoreError, match="key"):
        timeline(work, patient)
    monkeypatch.undo()
    erase(work, patient)
    assert pseudonyms(work.store) == ()
    assert verify(work).faults == ()


def broken(*_, **__):
    raise StoreError("The disk is full.")


def test_a_copied_store_without_its_keys_is_of_no_use(work, patient):
    keys = work.store.vault.folder
    (keys / f"{patient}.key").rename(keys.parent / "elsewhere.key")
    with pytest.raises(StoreError, match="BODYTWIN_KEYS"):
        timeline(work, patient)


def test_a_decision_stands_in_the_log_before_the_key_is_let_out(work, patient, monkeypatch):
    before = len(who_looked(work, patient))
    monkeypatch.setattr("bodytwin.store.gate.release", broken)
    with pytest.raises(StoreError):
        timeline(work, patient)
    monkeypatch.undo()
    assert len(who_looked(work, patient)) == before + 2


def test_a_refusal_is_told_to_the_patient_with_its_reason(work, patient):
    choose(work, patient, {"care": "deny"})
    with pytest.raises(ConsentError, match="refused this use"):
        timeline(work, patient)
    told = [t for t in who_looked(work, patient) if t.entry.outcome == "refused"]
    assert len(told) == 1
    assert told[0].details.reasons == ("The patient has refused this use.",)
    assert "was not allowed to" in told[0].words


def test_leave_taken_back_during_a_long_computation_keeps_its_result_away(
    work, patient, clock, monkeypatch
):
    from bodytwin.service import personalising

    slow = personalising.condition

    def meanwhile(*words, **more):
        choose(work, patient, {"care": "deny"})
        clock.now += timedelta(minutes=2)
        return slow(*words, **more)

    monkeypatch.setattr(personalising, "condition", meanwhile)
    with pytest.raises(ConsentError):
        personalise(work, patient, Wish())
    monkeypatch.undo()
    revoke(work, patient, consents(work, patient)[0].consent.id)
    assert personalise(work, patient, Wish()).first.parent is None


NEVER = (
    *("HPAYMT", "PMTDS", "COVERAGE", "CLMATTCH", "HMARKT", "MILDCRG", "PurposeOfUse"),
    *("x-INSUW", "x-EMPLOY", "x-CREDIT", "x-LAWENF", "x-IMMIG"),
    *("treatds", "TREATDS ", "", "INSURE"),
)


@pytest.mark.parametrize("purpose", NEVER)
def test_no_use_case_answers_for_a_purpose_that_is_never_allowed(work, patient, purpose):
    choose(work, patient, {"care": "permit", "research": "permit", "quality": "permit"})
    for actor in (work.actor, CLINICIAN):
        asking = replace(work, actor=actor, purpose=purpose)
        for ask in (
            lambda w: timeline(w, patient),
            lambda w: personalise(w, patient, Wish()),
            lambda w: take_along(w, patient),
            lambda w: granted(w, patient, Action.FORECAST, twin="dosing", version="1"),
            lambda w: granted(w, patient, Action.COHORT),
            lambda w: granted(w, patient, Action.WATCH),
        ):
            with pytest.raises(ConsentError):
                ask(asking)
        assert everyone(asking) == ()


@pytest.mark.parametrize("kind", [OrganisationKind.PAYER, OrganisationKind.EMPLOYER])
def test_an_insurer_is_refused_whatever_it_calls_its_purpose(work, patient, kind):
    choose(work, patient, {"care": "permit"})
    manager = Actor(id="m", role=Role.CLINICIAN, organisation="Acme", organisation_kind=kind)
    for purpose in ("TREATDS", "CAREMGT", "TREAT", "HQUALIMP"):
        with pytest.raises(ConsentError, match="never"):
            timeline(as_(work, manager, purpose), patient)


def test_who_may_not_know_of_a_patient_hears_the_same_as_where_there_is_none(work, patient):
    stranger = as_(work, CLINICIAN)
    absent = "f" * 16
    said = set()
    for whom in (patient, absent):
        for ask in (
            lambda who: timeline(stranger, who),
            lambda who: personalise(stranger, who, Wish()),
            lambda who: granted(stranger, who, Action.WATCH),
            lambda who: consents(stranger, who),
            lambda who: patient_called(stranger, who),
            lambda who: patient_called(stranger, who[:6]),
        ):
            with pytest.raises((NotFoundError, ConsentError)) as caught:
                ask(whom)
            said.add((whom == patient, type(caught.value), str(caught.value)))
    assert {s[1:] for s in said if s[0]} == {s[1:] for s in said if not s[0]}
    assert everyone(stranger) == ()


def test_a_clinician_sees_what_the_patient_allowed_until_it_is_taken_back(work, patient):
    asking = as_(work, CLINICIAN)
    made = choose(work, patient, {"care": "permit"})
    assert timeline(asking, patient).facts
    revoke(work, patient, made.consent.id)
    with pytest.raises(NotFoundError):
        timeline(asking, patient)


def test_a_parent_acts_for_a_child_until_the_day_they_are_of_age(work, patient, clock):
    parent = as_(work, Actor(id="parent", role=Role.PROXY), "FAMRQT")
    birthday = (clock.now + timedelta(days=10)).date()
    scope = (Action.READ, Action.LIST, Action.CONSENT)
    let_act(work, patient, "parent", scope=scope, majority=birthday)
    assert timeline(parent, patient).facts
    with pytest.raises(ConsentError, match="acts for a patient"):
        let_act(parent, patient, "uncle", scope=[Action.READ])
    clock.now += timedelta(days=11)
    with pytest.raises(NotFoundError):
        timeline(parent, patient)


def test_an_emergency_opens_a_twin_for_an_hour_for_care_and_is_told_and_reviewed(
    work, patient, clock
):
    asking = as_(work, CLINICIAN, "BTG")
    with pytest.raises((ConsentError, NotFoundError)):
        timeline(asking, patient)
    with pytest.raises(InvalidInputError):
        declare(asking, patient, reason=" ")
    with pytest.raises(ConsentError):
        declare(as_(work, RESEARCHER, "BTG"), patient, reason="I would like to see it now.")
    opened = declare(asking, patient, reason="Found without pulse, drug levels needed.")
    assert timeline(asking, patient).facts
    with pytest.raises(ConsentError):
        take_along(asking, patient)
    themselves = as_(work, replace(CLINICIAN, role=Role.LOCAL), None)
    with pytest.raises(ConsentError, match="Somebody else"):
        review(themselves, patient, opened.id, words="It was right.")
    review(work, patient, opened.id, words="It was needed.")
    clock.now += timedelta(hours=1, minutes=1)
    with pytest.raises((ConsentError, NotFoundError)):
        timeline(asking, patient)
    words = " ".join(t.words for t in who_looked(work, patient))
    assert "emergency" in words


def test_emergencies_are_few(work, crowd):
    asking = as_(work, CLINICIAN, "BTG")
    for patient in crowd[:3]:
        declare(asking, patient, reason="Several people were brought in at once.")
    with pytest.raises(ConsentError, match="within a day"):
        declare(asking, crowd[3], reason="Several people were brought in at once.")


def test_research_gets_figures_about_many_and_never_one_twin(work, crowd):
    asking = as_(work, RESEARCHER, "HRESCH")
    for patient in crowd:
        choose(work, patient, {"research": "permit"})
    said = answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))
    assert abs(said.released.value - MANY) <= 12
    assert said.released.low <= said.released.value <= said.released.high
    for ask in (timeline, lambda w, p: personalise(w, p, Wish()), take_along):
        with pytest.raises(ConsentError):
            ask(asking, crowd[0])


def test_a_group_that_is_too_small_or_differs_by_a_few_is_not_described(work, crowd):
    asking = as_(work, RESEARCHER, "HRESCH")
    for patient in crowd:
        choose(work, patient, {"research": "permit"})
    few = answer(asking, Question(code="3948-7", unit="mg/L", low=15, high=17))
    assert few.released.value is None
    answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))
    choose(work, crowd[0], {"research": "deny"})
    with pytest.raises(ConsentError, match="differs"):
        answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))


def test_the_budget_of_research_ends(work, crowd):
    asking = as_(work, RESEARCHER, "HRESCH")
    for patient in crowd:
        choose(work, patient, {"research": "permit"})
    for _ in range(4):
        answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))
    with pytest.raises(ConsentError, match="left"):
        answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))


def test_what_rested_on_an_erased_patient_is_marked_stale(work, crowd):
    from bodytwin.store.cohorts import results

    asking = as_(work, RESEARCHER, "HRESCH")
    for patient in crowd:
        choose(work, patient, {"research": "permit"})
    answer(asking, Question(code="3948-7", unit="mg/L", low=0, high=60))
    assert erase(work, crowd[0]) == 1
    (found,) = results(work.store, kind="release")
    assert found.stale_at is not None
    assert crowd[0] not in found.members


def test_a_log_that_was_cut_is_found_against_the_head_that_a_patient_holds(work, patient):
    held = head(work)
    leaves, _ = log.proved(work.store, at=work.clock())
    assert held.size == len(leaves)
    timeline(work, patient)
    assert log.verify(work.store, held=held).faults == ()
