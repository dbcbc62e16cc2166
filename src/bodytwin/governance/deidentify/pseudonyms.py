"""How does the same person, file or day get the same new name everywhere, and nobody else's?

Every replacement is HMAC-SHA256 under one secret key. With the key the
replacements can be made again, so it stays with the custodian; without it they
cannot be traced back, and a list of possible identifiers cannot be tried.
"""

import hashlib
import hmac

from bodytwin.errors import InvalidInputError

KEY_BYTES = 32


def derive(key: bytes, kind: str, value: str) -> bytes:
    """32 bytes that stand for one value of one kind."""
    if len(key) < KEY_BYTES:
        raise InvalidInputError(
            f"The key has {len(key)} bytes; at least {KEY_BYTES} are needed. "
            "Make one with secrets.token_bytes(32) and keep it apart from what is shared."
        )
    return hmac.new(key, kind.encode() + b"\x00" + value.encode(), hashlib.sha256).digest()


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """16 hexadecimal digits in place of an identifier."""
    return derive(key, kind, value).hex()[:16]


def new_uid(key: bytes, uid: str) -> str:
    """A DICOM UID in place of another: 2.25 and a UUID of version 8 (RFC 9562)."""
    number = int.from_bytes(derive(key, "uid", uid)[:16], "big")
    number = number & ~(0xF << 76) | (8 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"2.25.{number}"
