"""A permit: leave for one thing, signed, for a minute at most.

It is bound to who asked, for which patient or patients, which action, which
purpose, which twin in which version, and which outputs. The key of a patient is
let out for a permit, so code that forgets to ask for one can read nothing.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from bodytwin.errors import ConsentError, InvalidInputError

LONGEST = timedelta(seconds=60)
SKEW = timedelta(seconds=1)
SIGNATURE_BYTES = 32
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What has been allowed. An empty `twin` means none, not any."""

    id: str
    actor: str
    role: str
    patients: tuple[str, ...]
    action: str
    purpose: str
    twin: str
    version: str
    outputs: tuple[str, ...]
    consents: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        if not self.patients or tuple(sorted(set(self.patients))) != self.patients:
            raise InvalidInputError("A permit names its patients once each, in order.")
        if not timedelta(0) < _utc(self.expires_at) - _utc(self.issued_at) <= LONGEST:
            raise InvalidInputError(
                f"A permit holds for more than 0 and at most {LONGEST.seconds} seconds."
            )

    def covers(
        self, *, patient: str, action: str, twin: str, version: str, outputs: Sequence[str] = ()
    ) -> None:
        """Raise ConsentError unless all of this was allowed."""
        asked = (action, twin, version)
        if (
            patient not in self.patients
            or asked != (self.action, self.twin, self.version)
            or not set(outputs) <= set(self.outputs)
        ):
            raise ConsentError("The permit is for something else than what is to be done.")


def issue(permit: Permit, key: bytes) -> bytes:
    """The permit as signed bytes."""
    body = msgspec.json.encode(permit)
    return _signature(body, key) + body


def verify(data: bytes, key: bytes, *, now: datetime) -> Permit:
    """The permit that was signed. Raises ConsentError where it is altered, too old or too young."""
    signature, body = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(body, key)):
        raise ConsentError("The permit is not one of this store, or was altered.")
    try:
        permit = msgspec.json.decode(body, type=Permit)
        holds = permit.issued_at - SKEW <= _utc(now) < permit.expires_at
    except (msgspec.MsgspecError, InvalidInputError) as error:
        raise ConsentError("The permit says nothing that can be allowed.") from error
    if not holds:
        raise ConsentError("The permit has run out. Ask for a new one.")
    return permit


def _utc(time: datetime) -> datetime:
    """Differences are taken in UTC: on the night the clocks change, a minute is not an hour."""
    if time.utcoffset() is None:
        raise InvalidInputError("A permit needs times with their time zone.")
    return time.astimezone(UTC)


def _signature(body: bytes, key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise InvalidInputError(f"A permit is signed with a key of at least {KEY_BYTES} bytes.")
    return hmac.new(key, b"permit" + body, hashlib.sha256).digest()
