"""A twin that was taken along goes on elsewhere to the bit; a damaged one leaves no trace."""

import hashlib
import io
import json
import os
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.auditing import verify, who_looked
from bodytwin.service.comparing import compare
from bodytwin.service.consenting import choose, consents
from bodytwin.service.erasing import erase
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.importing import import_fhir, import_table
from bodytwin.service.people import everyone, timeline
from bodytwin.service.personalising import Wish, personalise
from bodytwin.service.reproducing import reproduce
from bodytwin.service.scoring import score
from bodytwin.service.settings import Settings
from bodytwin.service.taking import take_along, take_in
from bodytwin.service.workspace import workspace
from bodytwin.store import schema
from bodytwin.store.forecasts import forecasts
from bodytwin.store.posteriors import posteriors_of
from bodytwin.store.records import originals
from bodytwin.store.scores import scores
from tests.service.conftest import ORIGIN, Clock

DATA = Path(__file__).parents[2] / "examples" / "data"
BUNDLE = (DATA / "theophylline_subject_1.fhir.json").read_bytes()
NEWBORNS = (DATA / "phenobarbital_neonates.csv").read_bytes()
MAPPING = (DATA / "phenobarbital_neonates.toml").read_bytes()
PLAN = "hold"


def opened(folder):
    return workspace(Settings(home=folder), clock=Clock(ORIGIN + timedelta(hours=30)))


def foretold(work, patient):
    """What the twin says now, of a record that has long ended."""
    p = personalise(work, patient, Wish(draws=400, seed=5))
    return p, forecast(work, p, when=[When(ahead_h=6.0)], plan=PLAN, seed=5).forecast


class Taken:
    """A patient with everything that a store can hold of one, and the file of it."""

    def __init__(self, folder):
        with opened(folder) as work:
            (self.patient,) = import_fhir(work, BUNDLE).added.patients
            sixth = timeline(work, self.patient).facts[6].fact.instant.moment
            then = personalise(work, self.patient, Wish(draws=400, seed=5, as_of=sixth))
            forecast(work, then, when=[When(ahead_h=2.0)], replay=True, seed=5)
            self.scored = len(score(work, patient=self.patient).scored)
            p, self.said = foretold(work, self.patient)
            self.posteriors = {q.id: q.values.tobytes() for q in p.posteriors}
            compare(work, p, plans=[PLAN, "100 mg every 12 h"])
            choose(work, self.patient, {"care": "permit", "research": "deny"})
            self.told = [c.consent for c in consents(work, self.patient)]
            self.held = holdings(work, self.patient)
            self.facts = facts(work, self.patient)
            self.data = take_along(work, self.patient)
            assert verify(work).faults == ()


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    return Taken(tmp_path_factory.mktemp("here") / "home")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with a store that has keys of its own and patients of its own."""
    folder = tmp_path_factory.mktemp("elsewhere") / "home"
    with opened(folder) as work:
        import_table(work, NEWBORNS, mapping=MAPPING)
    return folder


@pytest.fixture
def there(elsewhere, tmp_path):
    """That store, as it was before any test."""
    shutil.copytree(elsewhere, tmp_path / "there")
    with opened(tmp_path / "there") as work:
        yield work


def facts(work, patient):
    return [(k.fact, k.sources, k.conflict) for k in timeline(work, patient).facts]


def holdings(work, patient):
    """All that was kept, as values."""
    access = granted(work, patient, Action.READ)
    return (
        [(q.id, q.made_at, q.seed, q.values.tobytes()) for q in posteriors_of(work.store, access)],
        [
            (r.forecast.id, r.registered_at, r.standing, r.forecast.observable.tobytes())
            for r in forecasts(work.store, access)
        ],
        [(s, standing) for s, standing in scores(work.store, access)],
        [(o.sha256, o.data, o.kind) for o in originals(work.store, access)],
    )


def everything(work):
    """Every row of every table and every file; times and pages of the database aside."""
    with work.store.reading() as connection:
        rows = {
            t.name: sorted(map(repr, connection.execute(t.select())))
            for t in schema.metadata.sorted_tables
        }
    folder = work.store.archive.folder.parent
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return rows, {p: b for p, b in files.items() if not p.name.startswith("bodytwin.sqlite")}


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return {name: box.read(name) for name in box.namelist()}


def zipped(parts, *, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as box:
        for name, body in parts.items():
            box.writestr(name, body)
    return out.getvalue()


def resealed(parts):
    """The parts with a manifest that agrees with them: what a forger would make."""
    others = {n: b for n, b in parts.items() if n != "manifest.json"}
    listed = {n: hashlib.sha256(b).hexdigest() for n, b in others.items()}
    said = json.loads(parts["manifest.json"]) | {"files": listed}
    return zipped({"manifest.json": json.dumps(said).encode(), **others})


def with_rows(parts, change):
    """The same file with other rows, and a manifest that says so."""
    said = json.loads(parts["twin.json"])
    said = change(said) or said
    return resealed(parts | {"twin.json": json.dumps(said).encode()})


def test_everything_comes_along_and_goes_on_to_the_bit(taken, there):
    assert take_in(there, taken.data) == taken.patient
    assert holdings(there, taken.patient) == taken.held
    assert facts(there, taken.patient) == taken.facts
    assert [c.consent for c in consents(there, taken.patient)] == taken.told
    p, said = foretold(there, taken.patient)
    assert {q.id: q.values.tobytes() for q in p.posteriors} == taken.posteriors
    assert said.id == taken.said.id
    for name in ("latent", "observable", "prior_observable", "last_value"):
        assert getattr(said, name).tobytes() == getattr(taken.said, name).tobytes(), name
    assert verify(there).faults == ()


def test_the_draws_are_made_anew_elsewhere_to_the_bit(taken, there):
    take_in(there, taken.data)
    for identity in taken.posteriors:
        again = reproduce(there, taken.patient, identity)
        assert (again.same_bits, again.differences) == (True, ())


def test_a_twin_goes_through_a_second_store_as_through_the_first(taken, there, tmp_path):
    take_in(there, taken.data)
    with opened(tmp_path / "third") as third:
        take_in(third, take_along(there, taken.patient))
        assert holdings(third, taken.patient) == taken.held
        assert facts(third, taken.patient) == taken.facts
        assert verify(third).faults == ()


def test_a_file_that_is_imported_again_elsewhere_brings_nothing_new(taken, there):
    take_in(there, taken.data)
    found = import_fhir(there, BUNDLE).added
    assert (found.new, found.patients) == (0, (taken.patient,))


def test_both_logs_say_that_the_twin_was_taken(taken, there):
    take_in(there, taken.data)
    kinds = [t.entry.kind for t in who_looked(there, taken.patient)]
    assert kinds.count("import") == 1
    assert kinds.count("forecast") == 2
    told = json.loads(parts_of(taken.data)["audit.json"])
    assert [e["entry"]["kind"] for e in told["entries"]][-1] == "export"


def test_a_twin_is_taken_in_once(taken, there):
    take_in(there, taken.data)
    before = everything(there)
    with pytest.raises(InvalidInputError, match="in the store already"):
        take_in(there, taken.data)
    assert everything(there) == before
    assert timeline(there, taken.patient).facts


def test_a_person_who_is_here_under_another_pseudonym_is_not_taken_in(taken, there):
    import_fhir(there, BUNDLE)
    before = everything(there)
    with pytest.raises(InvalidInputError, match="another pseudonym"):
        take_in(there, taken.data)
    assert everything(there) == before


def test_a_store_that_cannot_be_written_costs_nobody_their_key(taken, there, monkeypatch):
    take_in(there, taken.data)

    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("bodytwin.store.database.writing", full)
    with pytest.raises(OSError, match="No space"):
        take_in(there, taken.data)
    monkeypatch.undo()
    assert facts(there, taken.patient) == taken.facts


def flag_as_locked(data):
    """Every entry marked as encrypted, in its own header and in the directory."""
    body = bytearray(data)
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = body.find(sign)
        while start >= 0:
            body[start + at] |= 1
            start = body.find(sign, start + 4)
    return bytes(body)


SPOILED = {
    "nothing": lambda d: b"",
    "no zip": lambda d: b"PK\3\4" + os.urandom(400),
    "another zip": lambda d: zipped({"a": b"b"}),
    "locked": flag_as_locked,
    "bomb": lambda d: resealed(parts_of(d) | {"files/" + "0" * 64: bytes(60_000_000)}),
    "manifest missing": lambda d: zipped({k: v for k, v in parts_of(d).items() if "man" not in k}),
    "manifest of another version": lambda d: changed(d, "manifest.json", b"bodytwin/1", b"body/99"),
    "manifest a list": lambda d: zipped(parts_of(d) | {"manifest.json": b"[]"}),
    "manifest too deep": lambda d: zipped(parts_of(d) | {"manifest.json": b"[" * 100_000}),
    "manifest lies": lambda d: changed(d, "manifest.json", b"files/", b"filez/"),
    "rows altered": lambda d: changed(d, "twin.json", b'"value": ', b'"value": 1'),
    "bundle altered": lambda d: changed(d, "bundle.json", b"deny", b"permit"),
    "original missing": lambda d: without(d, "originals/"),
    "draws missing": lambda d: without(d, "files/"),
    "a part too many": lambda d: zipped(parts_of(d) | {"more": b"x"}),
    "a name that climbs": lambda d: zipped(parts_of(d) | {"../../../evil": b"x"}),
}
FORGED = {
    "a name that climbs": lambda p: resealed(p | {"files/../../../evil": b"x"}),
    "a name from the root": lambda p: resealed(p | {"/etc/evil": b"x"}),
    "no rows": lambda p: resealed({k: v for k, v in p.items() if k != "twin.json"}),
    "no bundle": lambda p: resealed({k: v for k, v in p.items() if k != "bundle.json"}),
    "bundle no json": lambda p: resealed(p | {"bundle.json": b"{"}),
    "bundle without entries": lambda p: resealed(p | {"bundle.json": b"{}"}),
    "bundle of numbers": lambda p: resealed(p | {"bundle.json": b'{"entry": [1, 2]}'}),
    "rows no json": lambda p: resealed(p | {"twin.json": b"{"}),
    "rows too deep": lambda p: resealed(p | {"twin.json": b"[" * 100_000}),
    "files of rows missing": lambda p: resealed(
        {k: v for k, v in p.items() if not k.startswith("files/")}
    ),
    "the master key as a patient": lambda p: with_rows(p, lambda r: r | {"patient": "master"}),
    "a patient who climbs": lambda p: with_rows(p, lambda r: r | {"patient": "../../evil"}),
    "a patient of other letters": lambda p: with_rows(p, lambda r: r | {"patient": "é" * 16}),
    "rows a list": lambda p: with_rows(p, lambda r: r | {"rows": []}),
    "a row of nothing": lambda p: with_rows(p, lambda r: r["rows"]["fact"].append({})),
    "a row that is a number": lambda p: with_rows(p, lambda r: r["rows"]["fact"].append(1)),
    "a row without a time": lambda p: with_rows(p, lambda r: first(r, "fact", recorded_at="soon")),
    "a row of no kind": lambda p: with_rows(p, lambda r: first(r, "fact", said={})),
    "an id that is a list": lambda p: with_rows(p, lambda r: first(r, "forecast", id=["a"])),
    "a forecast twice": lambda p: with_rows(
        p, lambda r: r["rows"]["forecast"].append(r["rows"]["forecast"][0])
    ),
    "a link to nothing": lambda p: with_rows(p, lambda r: first(r, "link", fact="f" * 64)),
    "a score of nothing": lambda p: with_rows(p, lambda r: first(r, "score", forecast="f" * 64)),
    "facts missing": lambda p: with_rows(p, lambda r: r["rows"].update(fact=[])),
}


def changed(data, name, old, new):
    parts = parts_of(data)
    assert old in parts[name]
    return zipped(parts | {name: parts[name].replace(old, new, 1)})


def without(data, start):
    parts = parts_of(data)
    gone = next(name for name in parts if name.startswith(start))
    return zipped({k: v for k, v in parts.items() if k != gone})


def first(rows, table, **change):
    rows["rows"][table][0].update(change)


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_file_leaves_the_store_byte_for_byte(taken, there, what):
    before = everything(there)
    with pytest.raises(UnreadableFileError):
        take_in(there, SPOILED[what](taken.data))
    assert everything(there) == before


@pytest.mark.parametrize("what", FORGED)
def test_a_file_whose_manifest_agrees_with_its_forgery_is_refused(taken, there, what):
    before = everything(there)
    with pytest.raises(UnreadableFileError):
        take_in(there, FORGED[what](parts_of(taken.data)))
    assert everything(there) == before
    assert len(everyone(there)) == 59


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_altered_byte_and_no_cut_passes(taken, there, how):
    whole = zipped(parts_of(taken.data), how=how)
    before = everything(there)
    places = range(0, len(whole), len(whole) // 150)
    altered = [whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1 :] for i in places]
    for i, body in zip((*places, *places), (*altered, *(whole[:i] for i in places)), strict=True):
        try:
            take_in(there, body)
        except UnreadableFileError:
            continue
        assert parts_of(body) == parts_of(whole), i
        erase(there, taken.patient)
    assert {p: b for p, b in everything(there)[1].items()} == before[1]


def test_nobody_is_taken_along_by_a_file_that_was_changed_on_disk(taken, there):
    take_in(there, taken.data)
    with there.store.reading() as connection:
        name = connection.execute(select(schema.posterior.c.file)).scalars().first()
    place = there.store.archive.place(name)
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    with pytest.raises(Exception, match="changed on disk"):
        take_along(there, taken.patient)


@pytest.fixture(scope="module")
def model():
    """The FHIR model of somebody else."""
    found = pytest.importorskip("fhir.resources.R4B", reason="the oracle is in group 'oracles'")
    return lambda r: found.get_fhir_model_class(r["resourceType"]).model_validate(r)


def bundle_of(taken):
    return json.loads(parts_of(taken.data)["bundle.json"])


def test_another_system_reads_every_resource_of_the_bundle(taken, model):
    found = [e["resource"] for e in bundle_of(taken)["entry"]]
    kinds = {"Patient", "Observation", "MedicationAdministration", "Provenance", "Consent"}
    assert {r["resourceType"] for r in found} == kinds | {"AuditEvent"}
    for resource in found:
        assert model(resource).get_resource_type() == resource["resourceType"]
    assert len(model(bundle_of(taken)).entry) == len(found)
    ids = [(r["resourceType"], r["id"]) for r in found]
    assert len(set(ids)) == len(ids)


def test_every_fact_of_the_bundle_says_where_it_came_from(taken):
    found = [e["resource"] for e in bundle_of(taken)["entry"]]
    facts = {
        f"{r['resourceType']}/{r['id']}"
        for r in found
        if r["resourceType"] in ("Observation", "MedicationAdministration")
    }
    sources = [r for r in found if r["resourceType"] == "Provenance"]
    assert {r["target"][0]["reference"] for r in sources} == facts
    original = hashlib.sha256(BUNDLE).hexdigest()
    assert {s["entity"][0]["what"]["identifier"]["value"] for s in sources} == {original}
