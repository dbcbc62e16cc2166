"""One line of the audit log: who asked, what for, and what came of it.

What tells something of the patient (which twin, which data, which reasons) is
sealed under the patient's key; the rest stays readable when the patient has
been erased, under a pseudonym that then leads nowhere.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from bodytwin.errors import InvalidInputError


class Kind(StrEnum):
    """What an entry records."""

    DECISION = "decision"
    IMPORT = "import"
    FORECAST = "forecast"
    SCORE = "score"
    CONSENT = "consent"
    EXPORT = "export"
    ERASURE = "erasure"
    EMERGENCY = "emergency"
    REVIEW = "review"
    RELEASE = "release"
    """An aggregate over a cohort left the store."""


class Outcome(StrEnum):
    """What came of it."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`patients` is the digest of all whom it concerns, `patient` the one if it is one.

    `content` is the hash of the row that was registered, `sealed` the details.
    """

    index: int = -1
    time: datetime
    kind: Kind
    subject: str = ""
    patients: str = ""
    patient: str = ""
    actor: str = ""
    role: str = ""
    organisation: str = ""
    purpose: str = ""
    action: str = ""
    outcome: Outcome
    rule: str
    permit: str = ""
    content: str = ""
    sealed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What only the patient's key opens."""

    twin: str = ""
    version: str = ""
    outputs: tuple[str, ...] = ()
    data: str = ""
    reasons: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """As it is sealed."""
        return msgspec.json.encode(self)

    @staticmethod
    def from_bytes(data: bytes) -> "Details":
        """What was sealed."""
        return msgspec.json.decode(data, type=Details)


def patients_digest(patients: Iterable[str]) -> str:
    """One hash for a set of patients; empty for none."""
    names = sorted(set(patients))
    return hashlib.sha256("\n".join(names).encode()).hexdigest() if names else ""


def canonical(entry: Entry) -> bytes:
    """The bytes of which the log is made: equal entries give equal bytes."""
    if entry.time.utcoffset() is None:
        raise InvalidInputError("An entry of the log needs a time with its time zone.")
    return msgspec.json.encode(
        replace(entry, time=entry.time.astimezone(UTC)), order="deterministic"
    )


def parse(data: bytes) -> Entry:
    """The entry that these bytes are, and no others. Raises InvalidInputError."""
    try:
        entry = msgspec.json.decode(data, type=Entry)
        said = canonical(entry)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInputError("This is no entry of a log.") from error
    if said != data:
        raise InvalidInputError("This entry is not written as the log writes it.")
    return entry


DOES: Mapping[str, str] = {
    "list": "see that you are in this store",
    "import": "add data to your record",
    "read": "read your record",
    "personalise": "fit the twin to you",
    "forecast": "forecast what will be measured in you",
    "compare": "compare plans on your twin",
    "score": "score what was forecast of you",
    "report": "write a report on you",
    "watch": "follow your live data",
    "send": "send live data of yours",
    "cohort": "let your record take part in a computation over many",
    "export": "take your twin along",
    "share": "make a de-identified copy",
    "audit": "see who looked",
    "consent": "see or change your consents",
    "erase": "erase you",
    "review": "review an emergency",
}
DID: Mapping[str, str] = {
    "import": "added data to your record",
    "forecast": "registered a forecast of you",
    "score": "entered how a forecast of you fared",
    "consent": "changed what you allow",
    "export": "took your twin along in a file",
    "erasure": "erased you",
    "emergency": "opened your twin in an emergency",
    "review": "reviewed an emergency",
    "release": "released a figure about many, you among them",
}
ROLES: Mapping[str, str] = {
    "local": "the person at this computer",
    "patient": "you",
    "proxy": "somebody who acts for you",
    "clinician": "a clinician",
    "researcher": "a researcher",
    "custodian": "the keeper of this store",
    "device": "a device",
}


def words(entry: Entry, details: Details | None, *, purposes: Mapping[str, str]) -> str:
    """The entry as a sentence for the patient. `purposes` puts their codes in words."""
    who = ROLES.get(entry.role, "somebody")
    if entry.actor and entry.role not in ("local", "patient"):
        who = f"{entry.actor}, {who}"
    if entry.organisation:
        who = f"{who} of {entry.organisation}"
    purpose = purposes.get(entry.purpose, "")
    for_what = f" for {purpose}" if purpose else ""
    if entry.kind != Kind.DECISION:
        return f"{_capital(who)} {DID.get(entry.kind.value, 'did something')}{for_what}."
    what = DOES.get(entry.action, "do something")
    verb = "was allowed to" if entry.outcome == Outcome.ALLOWED else "was refused to"
    return f"{_capital(who)} {verb} {what}{for_what}{_with(entry, details)}."


def _with(entry: Entry, details: Details | None) -> str:
    if details is None:
        return " (the details can no longer be opened)" if entry.sealed else ""
    twin = f", with the {details.twin} twin {details.version}" if details.twin else ""
    return twin + (f", on {details.data}" if details.data else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
