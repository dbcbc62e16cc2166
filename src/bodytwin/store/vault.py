"""The keys: one for each patient, wrapped, and let out for a permit only.

Beneath the folder of keys lie a master key and, for each patient, a data key
wrapped with it (AES key wrap, RFC 3394). Everything of a patient is sealed with
that data key (AES-256-GCM), so that destroying forty bytes makes it unreadable
wherever a copy may lie. What protects the master key is the file system, or the
place that BODYTWIN_KEYS names: whoever has both folders has everything.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bodytwin.errors import StoreError

MASTER = "master.key"
KEY_BYTES, NONCE_BYTES = 32, 12


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SealingKey:
    """What can seal and name, and open nothing: enough to take in new data."""

    _secret: bytes

    def seal(self, data: bytes, *, place: str) -> bytes:
        """Ciphertext of `data`, bound to the place where it will lie."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._secret).encrypt(nonce, data, place.encode())

    def name(self, said: str) -> str:
        """A name for what is said, the same each time, that tells nothing without the key."""
        key = hashlib.sha256(b"name" + self._secret).digest()
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class OpeningKey(SealingKey):
    """What can open as well."""

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """The data that were sealed for this place.

        Raises StoreError where they were changed, moved, or sealed with another key.
        """
        try:
            nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return AESGCM(self._secret).decrypt(nonce, body, place.encode())
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                "What is stored here was changed, moved or sealed with another key. "
                "Restore it from a backup."
            ) from error


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Vault:
    """The folder of keys. Only `store.access` lets a key out of it."""

    folder: Path
    _master: bytes = field(repr=False)
    _keys: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def enrol(self, patient: str) -> SealingKey:
        """Make the data key of a new patient."""
        secret = secrets.token_bytes(KEY_BYTES)
        _write_whole(self._place(patient), aes_key_wrap(self._derived("wrap"), secret))
        return SealingKey(secret)

    def sealing(self, patient: str) -> SealingKey:
        """The key of a patient, to seal with only."""
        return SealingKey(self._secret(patient))

    def opening(self, patient: str) -> OpeningKey:
        """The key of a patient, for `store.access` alone: it has seen the permit."""
        return OpeningKey(self._secret(patient))

    def holds(self, patient: str) -> bool:
        """Whether there is a key: without one nothing of the patient can be read by anybody."""
        return self._place(patient).exists()

    def destroy(self, patient: str) -> None:
        """Overwrite and remove the key. What it sealed is noise from now on."""
        place = self._place(patient)
        if place.exists():
            with place.open("r+b") as file:
                file.write(secrets.token_bytes(place.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            place.unlink()
            _sync_folder(self.folder)

    @property
    def policy(self) -> OpeningKey:
        """Seals what must be read before there is a permit: consents, relations."""
        return OpeningKey(self._derived("policy"))

    @property
    def permit_key(self) -> bytes:
        """Signs permits."""
        return self._derived("permit")

    @property
    def share_key(self) -> bytes:
        """Gives names and moves dates in de-identified copies, the same in each."""
        return self._derived("share")

    @property
    def head_key(self) -> bytes:
        """The private Ed25519 key that signs heads of the log."""
        return self._derived("head")

    @property
    def head_public(self) -> bytes:
        """The public key that belongs to it."""
        private = Ed25519PrivateKey.from_private_bytes(self.head_key)
        return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def alias(self, identity: str) -> str:
        """By what the store knows an identity from a source, without holding it."""
        return SealingKey(self._derived("alias")).name(identity)

    def _secret(self, patient: str) -> bytes:
        try:
            wrapped = self._place(patient).read_bytes()
            return aes_key_unwrap(self._derived("wrap"), wrapped)
        except FileNotFoundError as error:
            raise StoreError(
                "The key of this patient is not in the folder of keys. Either it was destroyed, "
                "or BODYTWIN_KEYS names another folder than before."
            ) from error
        except (InvalidUnwrap, ValueError) as error:
            raise StoreError(
                "The key of this patient does not open with the master key of this folder. "
                "Restore the folder of keys from a backup."
            ) from error

    def _place(self, patient: str) -> Path:
        return self.folder / f"{patient}.key"

    def _derived(self, purpose: str) -> bytes:
        found = self._keys.get(purpose)
        if found is None:
            kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
            found = self._keys[purpose] = kdf.derive(self._master)
        return found


def open_vault(folder: Path) -> Vault:
    """Open the folder of keys, making it and its master key where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = folder / MASTER
        if not place.exists():
            _write_whole(place, secrets.token_bytes(KEY_BYTES), replace=False)
        master = place.read_bytes()
    except OSError as error:
        raise StoreError(f"The folder of keys cannot be used: {error.strerror}.") from error
    if len(master) != KEY_BYTES:
        raise StoreError("The master key is damaged. Restore the folder of keys from a backup.")
    return Vault(folder, master)


def _write_whole(place: Path, data: bytes, *, replace: bool = True) -> None:
    """The file with all of `data`, or no file; with `replace` False the first to come stays."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(place)
        else:
            _link(part, place)
        _sync_folder(place.parent)
    finally:
        part.unlink(missing_ok=True)


def _link(part: Path, place: Path) -> None:
    try:
        place.hardlink_to(part)
    except FileExistsError:
        return


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
