"""Checks of what the twin says of itself, and of what it sees."""

from dataclasses import fields
from itertools import pairwise

from bodytwin.contract.check.subject import Subject, require, until, with_later_facts
from bodytwin.contract.digest import digest
from bodytwin.errors import MissingDataError, NotFoundError
from bodytwin.record import Record
from bodytwin.validity.claim import Level, Support

NOBODY = "a-patient-of-whom-nothing-is-known"


def it_says_what_it_is_for(s: Subject) -> str:
    """Name, version, question, population and limits are stated."""
    require(s.twin.name and s.twin.version, "The name or the version is empty.")
    context = s.twin.context
    empty = [f.name for f in fields(context) if not str(getattr(context, f.name)).strip()]
    require(not empty, f"The context of use leaves empty: {', '.join(empty)}.")
    return context.question


def every_variant_is_sourced(s: Subject) -> str:
    """Every variant names its source and population, and goes by its own name."""
    variants = s.twin.variants
    require(s.variant in variants, f"There is no variant '{s.variant}'.")
    for name, v in variants.items():
        require(v.name == name, f"'{name}' calls itself '{v.name}'.")
        require(v.source.strip() and v.population.strip(), f"'{name}' lacks source or population.")
    strange = set(s.twin.candidates(s.record)) - set(variants)
    require(not strange, f"Candidates that are no variants: {sorted(strange)}.")
    return f"{len(variants)} variant(s)"


def evidence_is_of_this_variant(s: Subject) -> str:
    """Evidence is of this version and variant, and claims no level that nothing supports."""
    e = s.twin.evidence(s.variant)
    said, meant = (e.twin, e.version, e.variant), (s.twin.name, s.twin.version, s.variant)
    require(said == meant, f"The evidence is of {said}, not of {meant}.")
    require(all(c.words.strip() for c in e.claims), "A claim has no words.")
    validated = [
        f
        for claim in e.claims
        for f in claim.findings
        if f.support is Support.VALIDATION and f.passed and f.patients > 0
    ]
    require(
        e.level < Level.SCORED or validated,
        f"Level {e.level.name} needs a passed validation in real patients.",
    )
    return f"level {e.level.name.lower()}"


def an_unknown_variant_is_not_found(s: Subject) -> str:
    """A variant that does not exist is not found."""
    try:
        s.twin.observe(s.record, variant="no such variant")
    except NotFoundError:
        return ""
    except Exception as error:
        require(False, f"It raised {type(error).__name__} instead of NotFoundError.")
    require(False, "A case was made all the same.")
    return ""


def an_empty_record_is_refused(s: Subject) -> str:
    """An empty record is refused with what is missing, and without naming the patient."""
    try:
        s.twin.observe(Record(patient=NOBODY), variant=s.variant)
    except MissingDataError as error:
        require(error.reasons, "The refusal gives no reasons.")
        require(NOBODY not in str(error), "The refusal names the patient.")
        return " ".join(error.reasons)
    except Exception as error:
        require(False, f"It raised {type(error).__name__} instead of MissingDataError.")
    require(False, "A case was made of nothing.")
    return ""


def a_case_names_its_makers(s: Subject) -> str:
    """A case names twin, version, variant and patient, and measurements have units and order."""
    c = s.case
    said = (c.twin, c.version, c.variant, c.patient)
    meant = (s.twin.name, s.twin.version, s.variant, s.record.patient)
    require(said[:3] == meant[:3] and said[3] == meant[3], "The case is of something else.")
    require(all(m.unit.strip() for m in c.measurements), "A measurement has no unit.")
    times = [m.time_h for m in c.measurements]
    require(all(a <= b for a, b in pairwise(times)), "Measurements are not in order of time.")
    return f"{len(times)} measurement(s)"


def a_case_is_the_same_every_time(s: Subject) -> str:
    """Seeing the same record twice gives the same case, and its inputs have a hash."""
    digest(s.case.inputs)
    again = s.twin.observe(s.record, variant=s.variant)
    require(again.digest == s.case.digest, "Two cases of one record have different digests.")
    return s.case.digest[:12]


def it_sees_nothing_after_the_time_asked_for(s: Subject) -> str:
    """A case as of a time holds nothing measured later."""
    require(s.early.as_of == s.midway, f"It is as of another time: {s.early.as_of}.")
    ahead = [m for m in s.early.measurements if m.time_h > s.early.now_h + 1e-9]
    require(not ahead, f"{len(ahead)} measurement(s) lie after the time asked for.")
    return ""


def later_facts_change_nothing_before(s: Subject) -> str:
    """Facts that come later do not change the case as of a time."""
    for record, words in (
        (until(s.record, s.midway), "taken away"),
        (with_later_facts(s.record), "added"),
    ):
        other = s.twin.observe(record, variant=s.variant, as_of=s.midway)
        require(other.digest == s.early.digest, f"The case changes if later facts are {words}.")
    return ""


CHECKS = (
    it_says_what_it_is_for,
    every_variant_is_sourced,
    evidence_is_of_this_variant,
    an_unknown_variant_is_not_found,
    an_empty_record_is_refused,
    a_case_names_its_makers,
    a_case_is_the_same_every_time,
    it_sees_nothing_after_the_time_asked_for,
    later_facts_change_nothing_before,
)
