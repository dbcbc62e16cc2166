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
        """What was sealed. Raises InvalidInputError."""
        try:
            return msgspec.json.decode(data, type=Details)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise InvalidInputError("These are no details of an entry of a log.") from error


def patients_digest(patients: Iterable[str]) -> str:
    """One hash for a set of patients; empty for none."""
    names = sorted(set(patients))
    return hashlib.sha256("\n".join(names).encode()).hexdigest() if names else ""


def canonical(entry: Entry) -> bytes:
    """The bytes of which the log is made: equal entries give equal bytes."""
    if entry.time.tzinfo is not UTC:
        if entry.time.utcoffset() is None:
            raise InvalidInputError("An entry of the log needs a time with its time zone.")
        entry = replace(entry, time=entry.time.astimezone(UTC))
    return msgspec.json.encode(entry, order="deterministic")


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
    "cohort": "use your record in a computation over many",
    "export": "take your twin along",
    "share": "make a de-identified copy",
    "audit": "see who looked",
    "consent": "see or change your consents",
    "erase": "erase all that is kept of you",
    "review": "review an emergency",
}
DID: Mapping[str, str] = {
    "import": "added data to your record",
    "forecast": "registered a forecast of you",
    "score": "entered how a forecast of you fared",
    "consent": "changed what you allow",
    "export": "took your twin along in a file",
    "erasure": "erased all that was kept of you",
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
CLAIMED: Mapping[str, str] = {
    "patient": "somebody who came as a patient",
    "proxy": "somebody who says they act for you",
}
"""Whoever was refused need not have been who they said."""


def words(entry: Entry, details: Details | None, *, purposes: Mapping[str, str]) -> str:
    """The entry as a sentence for the patient. `purposes` puts their codes in words.

    The reasons, which are sentences already, are in `details` and stand beside this one.
    """
    purpose = purposes.get(entry.purpose, "")
    for_what = f" for {purpose}" if purpose else ""
    who = _who(entry)
    text = f"{who} {_did(entry, plural=who == ROLES['patient'])}{for_what}{_with(entry, details)}"
    return text[:1].upper() + text[1:] + "."


def _who(entry: Entry) -> str:
    """In which capacity, for whom, and by which name the store knows them."""
    refused = entry.outcome == Outcome.REFUSED
    who = CLAIMED.get(entry.role) if refused else None
    who = who or ROLES.get(entry.role, "somebody")
    if entry.organisation:
        who = f"{who} of {entry.organisation}"
    named = entry.actor and who not in (ROLES["local"], ROLES["patient"])
    return f"{who} ({entry.actor})" if named else who


def _did(entry: Entry, *, plural: bool) -> str:
    if entry.kind != Kind.DECISION:
        return DID.get(entry.kind.value, "did something")
    to = "allowed to" if entry.outcome == Outcome.ALLOWED else "not allowed to"
    return f"{'were' if plural else 'was'} {to} {DOES.get(entry.action, 'do something')}"


def _with(entry: Entry, details: Details | None) -> str:
    if details is None:
        return " (the details can no longer be opened)" if entry.sealed else ""
    data = details.data.strip().rstrip(".")
    if not details.twin:
        return f": {data}" if data else ""
    twin = f", with the {details.twin} twin {details.version}".rstrip()
    return twin + (f" on {data}" if data else "")
