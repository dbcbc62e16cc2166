"""A FHIR R4 file becomes records: whole, or not at all.

A file that is not FHIR, or in which a resource that bodytwin reads has a field
of the wrong type, is refused. A single value that cannot be used (no unit, no
zone, no code) is held back with its path and the reason, and the rest is kept.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Any, TypeVar

import msgspec

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.fhir import resource as fhir
from bodytwin.importers.fhir.part import part
from bodytwin.importers.fhir.value import code_of, instant_of, quantity_of, route_of
from bodytwin.importers.kind import require_amount, require_kind
from bodytwin.importers.report import HeldBack, Imported, ImportReport, pseudonym
from bodytwin.importers.source import text_bytes
from bodytwin.record import (
    Code,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Sex,
    Treatment,
)

READER = "fhir/1"
SLOWEST = 1e-12
LARGEST_BYTES = 512 * 1024 * 1024
USABLE = {"final", "amended", "corrected", "preliminary"}
BIRTH = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
AMENDED = {"amended", "corrected"}
LONGEST_INFUSION_H = 366 * 24
ORDERS = {"MedicationRequest", "MedicationStatement", "MedicationDispense"}

Read = TypeVar("Read")
Json = bytes | msgspec.Raw
_KIND_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,60})"')
_kind = msgspec.json.Decoder(fhir.Kind)
_bundle = msgspec.json.Decoder(fhir.Bundle)
_contained = msgspec.json.Decoder(fhir.Contained)
_plain = msgspec.json.Decoder(dict[str, Any])
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    "Patient": msgspec.json.Decoder(fhir.Patient),
    "Observation": msgspec.json.Decoder(fhir.Observation),
    "MedicationAdministration": msgspec.json.Decoder(fhir.MedicationAdministration),
    "Medication": msgspec.json.Decoder(fhir.Medication),
    "Consent": msgspec.json.Decoder(fhir.Consent),
}


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    url: str
    kind: str
    body: Any
    raw: Json = b""


@dataclass(kw_only=True)
class _Reading:
    """What has been collected while going through one file."""

    sha256: str
    zone: tzinfo | None
    patients: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    consents: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    demographics: dict[str, Demographics] = field(default_factory=dict)
    medications: dict[str, fhir.Concept] = field(default_factory=dict)
    observations: dict[str, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    treatments: dict[str, list[Treatment]] = field(default_factory=lambda: defaultdict(list))
    held_back: list[HeldBack] = field(default_factory=list)
    not_read: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def try_to(self, path: str, kind: str, what: Callable[[], Read]) -> Read | None:
        """The value, or None and a line in the list of what was held back."""
        try:
            return what()
        except InvalidInputError as error:
            self.held_back.append(HeldBack(path=path, kind=kind, reason=str(error)))
            return None


def read(data: bytes, *, assumed_zone: tzinfo | None = None) -> Imported:
    """Read a Bundle, one resource, or newline-delimited resources (R4, JSON, UTF-8).

    `assumed_zone` is the zone of times that name none; without it such values
    are held back. Raises UnreadableFileError where the file as a whole cannot
    be trusted.
    """
    reading = _Reading(sha256=hashlib.sha256(data).hexdigest(), zone=assumed_zone)
    found = _once(list(_resources(data, reading)), reading)
    for f in found:
        if f.kind == "Patient":
            _patient(f, reading)
        elif f.kind == "Medication":
            for name in _names(f):
                reading.medications[name] = f.body.code
    for f in found:
        if f.kind == "Observation":
            _observation(f, reading)
        elif f.kind == "MedicationAdministration":
            _administration(f, reading)
        elif f.kind == "Consent":
            _consent(f, reading)
    return _with_parts(_imported(reading), data, reading)


def _resources(data: bytes, reading: _Reading) -> Iterator[_Found]:
    if len(data) > LARGEST_BYTES:
        raise UnreadableFileError(f"The file has {len(data)} bytes; {LARGEST_BYTES} are allowed.")
    data, marked = text_bytes(data, what="FHIR R4 JSON")
    if marked:
        reading.remarks.append("The file starts with a byte-order mark, which was skipped.")
    for where, url, raw in _raw(bytes(data)):
        kind = _kind_of(raw, where)
        if kind not in _decoders:
            reading.not_read[kind if kind.isalpha() and len(kind) < 60 else "unknown"] += 1
            continue
        yield _Found(where, url, kind, _decoded(_decoders[kind], raw, where), raw)


def _raw(data: bytes) -> Iterator[tuple[str, str, Json]]:
    first, _, _ = data.lstrip().partition(b"\n")
    if first.startswith(b"{") and first.rstrip().endswith(b"}"):
        lines = [(n, line) for n, line in enumerate(data.split(b"\n"), 1) if line.strip()]
        if len(lines) > 1:
            for number, line in lines:
                yield from _unpacked(line, f"line {number}")
            return
    yield from _unpacked(data, "")


def _unpacked(data: bytes, where: str) -> Iterator[tuple[str, str, Json]]:
    if _kind_of(data, where) != "Bundle":
        _decoded(_kind, data, where)
        yield where or "/", "", data
        return
    for k, entry in enumerate(_decoded(_bundle, data, where).entry):
        absent = (b"", b"null")
        if memoryview(entry.resource).nbytes > 4 or bytes(entry.resource) not in absent:
            yield f"{where}/entry/{k}/resource", entry.fullUrl, entry.resource


def _kind_of(raw: Json, where: str) -> str:
    """What a resource is; most state it first, and then the rest is not looked at."""
    first = _KIND_FIRST.match(raw)
    return first[1].decode() if first else _decoded(_kind, raw, where).resourceType


def _decoded(decoder: msgspec.json.Decoder[Read], raw: Json, where: str) -> Read:
    try:
        return decoder.decode(raw)
    except RecursionError as error:
        raise UnreadableFileError("The file is nested too deeply to be FHIR.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError) as error:
        what = str(error) if isinstance(error, msgspec.MsgspecError) else "it cannot be decoded"
        raise UnreadableFileError(
            f"Not FHIR R4 JSON{' at ' + where if where else ''}: {what}. "
            "Nothing of the file was kept."
        ) from error


def _names(f: _Found) -> list[str]:
    return [n for n in (f.url, f"{f.kind}/{f.body.id}" if f.body.id else "") if n]


def _once(found: list[_Found], reading: _Reading) -> list[_Found]:
    """Each resource once; two of one name must say the same."""
    seen: dict[str, Any] = {}
    kept: list[_Found] = []
    for f in found:
        known = [name for name in _names(f) if name in seen]
        for name in known:
            if not _same(seen[name], f.body):
                raise UnreadableFileError(
                    f"Two different {f.kind} resources have one name; the second is at {f.path}. "
                    "Nothing of the file was kept."
                )
        seen.update(dict.fromkeys(_names(f), f.body))
        if known:
            reading.remarks.append(f"The resource at {f.path} is a repetition, read once.")
        else:
            kept.append(f)
    return kept


def _same(a: Any, b: Any) -> bool:
    return msgspec.json.encode(a) == msgspec.json.encode(b)


def _consent(f: _Found, reading: _Reading) -> None:
    """A consent that belongs to nobody here would be lost in silence, so it is refused."""
    who = reading.patients.get(f.body.patient.reference.partition("/_history/")[0])
    if who is None:
        raise UnreadableFileError(
            f"The Consent at {f.path} is of a patient who is not in the file. "
            "Nothing of the file was kept."
        )
    reading.consents[who].append(_decoded(_plain, bytes(f.raw), f.path))


def _with_parts(imported: Imported, data: bytes, reading: _Reading) -> Imported:
    consents = {who: tuple(found) for who, found in reading.consents.items()}
    if len(imported.records) == 1:
        return replace(imported, consents=consents)
    text, _ = text_bytes(data, what="FHIR R4 JSON")
    parts = {
        r.patient: part(text, r.patient, patients=reading.patients, places=reading.places)
        for r in imported.records
    }
    return replace(imported, parts=parts, consents=consents)


def _called(p: fhir.Patient) -> str:
    """The name by which people know them, the official one first."""
    best = sorted(p.name, key=lambda n: n.use != "official")[:1]
    return " ".join((n.text or " ".join((*n.given, n.family))) for n in best).strip()


def _patient(f: _Found, reading: _Reading) -> None:
    p: fhir.Patient = f.body
    who = _pseudonym(f, reading)
    reading.places[f.path] = who
    for name in _names(f):
        reading.patients[name] = who
    for i in p.identifier:
        if i.system and i.value:
            reading.patients[f"Patient?identifier={i.system}|{i.value}"] = who
    if p.gender not in set(Sex):
        reading.remarks.append(f"The gender at {f.path} is no FHIR code and counts as unknown.")
    sex = Sex(p.gender) if p.gender in set(Sex) else Sex.UNKNOWN
    born = (
        reading.try_to(f.path, "birth date", lambda: _birth(p.birthDate)) if p.birthDate else None
    )
    if born is not None and len(p.birthDate) < len("2000-01-01"):
        reading.remarks.append(f"The birth date at {f.path} is partial; its middle is taken.")
    described = Demographics(name=_called(p), sex=sex, birth_date=born)
    if reading.demographics.setdefault(who, described) != described:
        raise UnreadableFileError(
            f"The resource at {f.path} describes a patient of this file a second time and "
            "differently. Ask the source which holds. Nothing of the file was kept."
        )


def _pseudonym(f: _Found, reading: _Reading) -> str:
    """By an identifier with its system; a bare number or id is the same in many places."""
    known = sorted((i.system, i.value) for i in f.body.identifier if i.system and i.value)
    if known:
        return pseudonym(*known[0])
    if f.url.startswith(("urn:uuid:", "http://", "https://")):
        return pseudonym("id", f.url)
    reading.remarks.append(
        f"The patient at {f.path} has no identifier with a system, so the pseudonym holds for "
        "this file only."
    )
    return pseudonym(reading.sha256, f.body.id or f.path)


def _birth(text: str) -> date:
    try:
        if not BIRTH.fullmatch(text):
            raise ValueError
        return date.fromisoformat({4: text + "-07-01", 7: text + "-15"}.get(len(text), text))
    except ValueError as error:
        raise InvalidInputError("The birth date is not a date.") from error


def _who(f: _Found, reference: str, reading: _Reading) -> str | None:
    def look() -> str:
        who = reading.patients.get(reference.partition("/_history/")[0])
        if who is None:
            raise InvalidInputError("Its patient is not in the file.")
        return who

    return reading.try_to(f.path, f.kind, look)


def _observation(f: _Found, reading: _Reading) -> None:
    o: fhir.Observation = f.body
    if o.status not in USABLE:
        reason = "Its status is not final, amended, corrected or preliminary."
        reading.held_back.append(HeldBack(path=f.path, kind=f.kind, reason=reason))
        return
    who = _who(f, o.subject.reference, reading)
    period = o.effectivePeriod.start if o.effectivePeriod else ""
    when = o.effectiveDateTime or o.effectiveInstant or period
    instant = reading.try_to(f.path, f.kind, lambda: instant_of(when, reading.zone))
    if who is None or instant is None:
        return
    parts = [(f.path, o.code, o.amount)] if o.amount else []
    parts += [
        (f"{f.path.rstrip('/')}/component/{k}", c.code, c.amount)
        for k, c in enumerate(o.component)
        if c.amount
    ]
    if not parts:
        reading.not_read["Observation without a number"] += 1
    for path, concept, amount in parts:
        made = reading.try_to(path, f.kind, lambda c=concept, a=amount: _measured(c, a))
        if made is not None:
            reading.observations[who].append(
                Observation(
                    code=made[0],
                    quantity=made[1],
                    instant=instant,
                    provenance=Provenance(reading.sha256, path, READER),
                    amended=o.status in AMENDED,
                )
            )


def _measured(concept: fhir.Concept, amount: fhir.Amount) -> tuple[Code, Quantity]:
    code, quantity = code_of(concept), quantity_of(amount)
    require_kind(code, quantity.unit)
    return code, quantity


def _administration(f: _Found, reading: _Reading) -> None:
    m: fhir.MedicationAdministration = f.body
    if m.status != "completed":
        reason = "Its status is not 'completed', so how much was given is not certain."
        reading.held_back.append(HeldBack(path=f.path, kind=f.kind, reason=reason))
        return
    who = _who(f, m.subject.reference, reading)
    made = reading.try_to(f.path, f.kind, lambda: _dose(m, reading))
    if who is None or made is None:
        return
    concept, amount, instant, duration_h, route = made
    if route is Route.OTHER:
        reading.remarks.append(f"The route at {f.path} is not a known code; it counts as other.")
    reading.treatments[who].append(
        Treatment(
            code=code_of(concept),
            amount=amount,
            route=route,
            instant=instant,
            duration_h=duration_h,
            provenance=Provenance(reading.sha256, f.path, READER),
        )
    )


def _dose(
    m: fhir.MedicationAdministration, reading: _Reading
) -> tuple[fhir.Concept, Quantity, Instant, float, Route]:
    concept = m.medicationCodeableConcept
    if concept is None and m.medicationReference is not None:
        concept = _product(m, m.medicationReference.reference, reading)
    code_of(concept)
    if m.dosage is None:
        raise InvalidInputError("There is no dosage.")
    amount = quantity_of(m.dosage.dose)
    require_amount(amount.unit)
    if amount.value <= 0 or amount.comparator is not None:
        raise InvalidInputError("A dose given must be an exact amount above zero.")
    start = m.effectiveDateTime or (m.effectivePeriod.start if m.effectivePeriod else "")
    instant = instant_of(start, reading.zone)
    assert concept is not None
    route = route_of(m.dosage.route)
    swallowed = route is Route.ORAL
    duration_h = 0.0 if swallowed else _duration_h(m, amount, instant, reading)
    return concept, amount, instant, duration_h, route


def _product(
    m: fhir.MedicationAdministration, reference: str, reading: _Reading
) -> fhir.Concept | None:
    if not reference.startswith("#"):
        return reading.medications.get(reference.partition("/_history/")[0])
    for raw in m.contained:
        inner = _decoded(_contained, bytes(raw), "a contained resource")
        if inner.resourceType == "Medication" and inner.id == reference[1:]:
            return _decoded(_decoders["Medication"], bytes(raw), "a contained resource").code
    return None


def _duration_h(
    m: fhir.MedicationAdministration, amount: Quantity, instant: Instant, reading: _Reading
) -> float:
    assert m.dosage is not None
    if m.effectivePeriod is not None and m.effectivePeriod.end:
        end = instant_of(m.effectivePeriod.end, reading.zone)
        hours = end.hours_since(instant.moment)
        if hours < 0:
            raise InvalidInputError("The administration ends before it starts.")
        return _plausible(hours)
    rate = m.dosage.rateQuantity
    if rate is not None:
        given = _exact(rate)
        per_h = units.convert(given.value, source=given.unit, target=f"{amount.unit}/h")
        return _plausible(amount.value / per_h)
    if m.dosage.rateRatio is not None:
        top, bottom = _exact(m.dosage.rateRatio.numerator), _exact(m.dosage.rateRatio.denominator)
        hours = units.convert(bottom.value, source=bottom.unit, target="h")
        per = units.convert(top.value, source=top.unit, target=amount.unit)
        return _plausible(amount.value / per * hours)
    return 0.0


def _exact(rate: fhir.Amount | None) -> Quantity:
    given = quantity_of(rate)
    if given.value < SLOWEST or given.comparator is not None:
        raise InvalidInputError("A rate must be an exact amount above zero.")
    return given


def _plausible(hours: float) -> float:
    if not hours <= LONGEST_INFUSION_H:
        raise InvalidInputError("The infusion would last longer than a year. Check its rate.")
    return hours


def _imported(reading: _Reading) -> Imported:
    if not reading.demographics:
        raise UnreadableFileError("The file holds no Patient, so its facts belong to nobody.")
    orders = {k: n for k, n in reading.not_read.items() if k in ORDERS}
    if orders:
        reading.remarks.append(
            f"{sum(orders.values())} orders or statements were not read as doses: only a "
            "MedicationAdministration says that a dose was given."
        )
    records = tuple(
        Record(
            patient=who,
            demographics=demographics,
            observations=tuple(sorted(reading.observations[who], key=lambda o: o.instant.moment)),
            treatments=tuple(sorted(reading.treatments[who], key=lambda t: t.instant.moment)),
        )
        for who, demographics in reading.demographics.items()
    )
    return Imported(
        records=records,
        report=ImportReport(
            source_sha256=reading.sha256,
            reader=READER,
            counts={
                "patients": len(records),
                "observations": sum(len(r.observations) for r in records),
                "treatments": sum(len(r.treatments) for r in records),
                "covariates": 0,
            },
            not_read=dict(sorted(reading.not_read.items())),
            held_back=tuple(reading.held_back),
            remarks=tuple(reading.remarks),
        ),
    )
