"""The head of the log, signed: to be held by somebody else than the one who keeps the log."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bodytwin.errors import InvalidInputError
from bodytwin.governance.merkle import Frontier, tree_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Size and root of a log at a time. `key` and `signature` are base64."""

    size: int
    root: str
    time: datetime
    key: str
    signature: str = ""

    def __post_init__(self) -> None:
        if self.size < 0 or self.time.utcoffset() is None:
            raise InvalidInputError("A head has a size of 0 or more, and a time with its zone.")

    def to_json(self) -> bytes:
        """As it lies in a file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)


def read_head(data: bytes) -> Head:
    """The head in a file. Raises InvalidInputError."""
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError("The file holds no head of a log.") from error


def sign_head(private: bytes, frontier: Frontier, time: datetime) -> Head:
    """The head of a log as it is now."""
    signer = Ed25519PrivateKey.from_private_bytes(private)
    public = signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    head = Head(
        size=frontier.size,
        root=frontier.root.hex(),
        time=time,
        key=base64.b64encode(public).decode(),
    )
    signature = base64.b64encode(signer.sign(_said(head))).decode()
    return replace(head, time=time.astimezone(UTC), signature=signature)


def signature_holds(head: Head, public: bytes) -> bool:
    """Whether the head was signed with the key that belongs to `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            base64.b64decode(head.signature, validate=True), _said(head)
        )
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return head.key == base64.b64encode(public).decode()


def compare(held: Head, leaves: Sequence[bytes], *, public: bytes) -> list[str]:
    """What is wrong with a log of these leaf hashes, against a head that was held elsewhere."""
    if not signature_holds(held, public):
        return ["The head that was held elsewhere was not signed by this store, or was altered."]
    if held.size > len(leaves):
        return [
            f"The log was cut short: it had {held.size} entries on {held.time:%Y-%m-%d}, "
            f"and has {len(leaves)}."
        ]
    if tree_root(leaves[: held.size]).hex() != held.root:
        return [
            f"The log was rewritten: its first {held.size} entries are not those of "
            f"{held.time:%Y-%m-%d}."
        ]
    return []


def _said(head: Head) -> bytes:
    time = head.time.astimezone(UTC).isoformat(timespec="microseconds")
    return f"bodytwin log head\n{head.size}\n{head.root}\n{time}\n".encode()
