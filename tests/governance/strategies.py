"""Consents made up by hypothesis."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from bodytwin.governance.consent import (
    Coding,
    Consent,
    DataReference,
    Kind,
    Meaning,
    Period,
    Provision,
    Recipient,
    Status,
)
from bodytwin.governance.purpose import KNOWN
from tests.governance.cases import PATIENT, WHO

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(
    str.strip
)
days = st.one_of(
    st.dates(date(2000, 1, 1), date(2049, 1, 1)),
    st.datetimes(datetime(2000, 1, 1), datetime(2049, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@st.composite
def periods(draw):
    start, end = draw(st.none() | days), draw(st.none() | days)
    if start is None and end is None:
        start = draw(days)
    if start is not None and end is not None and _year(start) >= _year(end):
        end = None
    return Period(start, end)


def _year(day):
    return day.isoformat()[:10]


references = st.sampled_from(
    [w["id"] for w in WHO.values()]
    + ["Organization/ex-organization", "Group/ex-g", "https://h.example/Practitioner/ex-other"]
)
recipients = st.builds(
    Recipient,
    reference=references,
    role=st.sampled_from(["IRCP", "PRCP", "local", "clinician"]),
    display=st.just("") | words,
)
labels = st.builds(
    Coding, st.just("http://terminology.hl7.org/CodeSystem/v3-ActCode"), st.sampled_from("NRV")
)
codings = st.builds(Coding, words, words, st.just("") | words)
data = st.builds(DataReference, st.sampled_from(Meaning), words.filter(lambda w: w[0] != "#"))


def some(of):
    return st.lists(of, max_size=2).map(tuple)


def provisions(deeper):
    return st.builds(
        Provision,
        kind=st.sampled_from(Kind),
        period=st.none() | periods(),
        actors=some(recipients),
        purposes=some(st.sampled_from([*KNOWN])),
        classes=some(codings),
        codes=some(codings),
        security_labels=some(labels),
        data_period=st.none() | periods(),
        data=some(data),
        provisions=deeper,
    )


rules = st.recursive(provisions(st.just(())), lambda inner: provisions(some(inner)), max_leaves=4)
consents = st.builds(
    Consent,
    id=st.uuids().map(str),
    patient=st.just(PATIENT),
    root=rules,
    status=st.just(Status.ACTIVE) | st.sampled_from(Status),
    scope=st.sampled_from(["patient-privacy", "research"]),
    categories=some(codings),
    basis=st.just("") | words,
    version=st.just("") | words,
    policies=some(words),
    source=st.just("") | words.filter(lambda w: w[0] != "#"),
    given_at=st.none() | days,
    performers=some(words.filter(lambda w: w[0] != "#")),
    organisations=some(words.filter(lambda w: w[0] != "#")),
    not_understood=st.just(()) | some(words).map(lambda n: tuple(dict.fromkeys(n))),
)
