"""Take the twin along: one file with everything, which another store takes in whole.

    bundle.json     FHIR R4: the record with Provenance, Consent and AuditEvent
    originals/      the files that were read
    twin.json       every row: facts, posteriors with seeds, forecasts, scores
    files/          draws and originals, by the SHA-256 of their bytes
    audit.json      entries of the log with their proofs, and its signed head
    manifest.json   the SHA-256 of each of these
    READ ME.txt     what this is, in plain words

The manifest says whether the file is whole. It is not signed: whoever holds the
file owns it, and what an insurer might want, a signed score, is not in it.
"""

import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import msgspec
from sqlalchemy.exc import IntegrityError, StatementError

from bodytwin.errors import BodytwinError, ConsentError, UnreadableFileError
from bodytwin.governance import fhir_consent
from bodytwin.governance.audit_event import audit_event
from bodytwin.governance.consent import Consent
from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.merkle import inclusion_proofs
from bodytwin.governance.request import Action
from bodytwin.service.access import asker, granted
from bodytwin.service.fhir_record import bundle
from bodytwin.service.workspace import Workspace
from bodytwin.store import gate, log, take
from bodytwin.store.access import Access
from bodytwin.store.archive import sha256
from bodytwin.store.consents import basis, put_consent
from bodytwin.store.records import originals, read_demographics, read_facts

FORMAT = "bodytwin/1"
MANIFEST, BUNDLE, ROWS, AUDIT, READ_ME = (
    "manifest.json",
    "bundle.json",
    "twin.json",
    "audit.json",
    "READ ME.txt",
)
WHOLE = {BUNDLE, ROWS, AUDIT, READ_ME}
PART = re.compile(r"(files|originals)/[0-9a-f]{16,64}(\.[a-z]+)?")
LARGEST_BYTES = 4 * 1024**3
LARGEST_RATIO = 200
DAMAGED = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError,
    EOFError, OSError, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What reading a ZIP archive that was altered may raise."""
EPOCH = (1980, 1, 1, 0, 0, 0)
WORDS = """This is your twin: everything that bodytwin kept of you.

bundle.json   your record as FHIR R4, with where each fact came from, what you
              allowed, and who looked
originals/    the files that were read, as they were
twin.json     every fact, model, forecast and score, with the seeds
files/        the draws behind them
audit.json    the log about you, with proofs that it is complete

`bodytwin take-in THIS_FILE` puts it into another bodytwin, where the same
questions get the same answers, to the last bit.

It is yours. It is research software's work, not a medical device's, and holds
no score that was made for an insurer, an employer or a lender: nobody can get
one from bodytwin. Keep it as you would keep a key.
"""


def take_along(workspace: Workspace, patient: str) -> bytes:
    """Everything of one patient, as the bytes of one file."""
    access = granted(workspace, patient, Action.EXPORT, data="everything")
    at = workspace.clock()
    with workspace.store.writing() as (connection, _):
        entry = Entry(
            time=at,
            kind=Kind.EXPORT,
            patient=patient,
            actor=access.permit.actor,
            role=access.permit.role,
            purpose=access.permit.purpose,
            action=Action.EXPORT.value,
            outcome=Outcome.DONE,
            rule="export",
            sealed=log.sealed_details(access.key, Details(data="everything")),
        )
        log.append(connection, entry, about=(patient,))
    return _packed(_contents(workspace, access), permit=access.permit.id)


def take_in(workspace: Workspace, data: bytes) -> str:
    """Take in what `take_along` wrote; returns the pseudonym, which stays what it was."""
    with _damaged():
        brought, consents = _brought(_unpacked(data))
    patient, store = brought.patient, workspace.store
    known = store.vault.holds(patient)
    try:
        _settle(workspace, brought, consents, subject=sha256(data))
    except BaseException:
        if not known:
            store.vault.destroy(patient)
        raise
    return patient


def _brought(held: Mapping[str, bytes]) -> tuple[take.Belongings, list[Consent]]:
    strange = [name for name in held if name not in WHOLE and not PART.fullmatch(name)]
    if strange:
        raise UnreadableFileError("The file holds parts that no twin has. Nothing of it was kept.")
    files = {
        PurePosixPath(name).name: body for name, body in held.items() if name.startswith("files/")
    }
    consents = [
        fhir_consent.read(entry["resource"])
        for entry in json.loads(held[BUNDLE])["entry"]
        if entry["resource"]["resourceType"] == "Consent"
    ]
    return take.from_json(held[ROWS], files), consents


def _settle(
    workspace: Workspace, brought: take.Belongings, consents: list[Consent], *, subject: str
) -> None:
    at, who, store = workspace.clock(), asker(workspace, Action.IMPORT), workspace.store
    with store.writing() as (connection, staged):
        with _damaged():
            take.settle(connection, staged, store, brought, asker=who, at=at)
        refusal = gate.admit(
            connection,
            store.vault,
            who,
            action=Action.IMPORT,
            patients=[brought.patient],
            fresh=[brought.patient],
            subject=subject,
            at=at,
        )
        if refusal is not None:
            raise ConsentError(*refusal)
        for consent in consents:
            put_consent(connection, store.vault, consent, patient=brought.patient, recorded_at=at)


@contextmanager
def _damaged() -> Generator[None]:
    """Whatever a forged file stumbles over is a fault of the file."""
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        IntegrityError,
        StatementError,
    ) as error:
        if isinstance(error, BodytwinError):
            raise
        raise UnreadableFileError(
            "The file of the twin is damaged or was altered. Nothing of it was kept."
        ) from error


def _contents(workspace: Workspace, access: Access) -> dict[str, bytes]:
    store = workspace.store
    brought = take.belongings(store, access)
    told = log.entries(store, patient=access.patient, key=access.key, limit=1_000_000)
    with store.reading() as connection:
        consents = basis(connection, store.vault, access.patient).consents
    resources = bundle(
        access.patient,
        read_demographics(store, access),
        read_facts(store, access),
        consents=[fhir_consent.write(c) for c in consents],
        audit=[audit_event(line.entry, line.details) for line in told],
    )
    return {
        READ_ME: WORDS.encode(),
        BUNDLE: json.dumps(resources, indent=1, ensure_ascii=False).encode(),
        ROWS: take.to_json(brought),
        AUDIT: _audit(workspace, told),
        **{f"files/{name}": body for name, body in brought.files.items()},
        **{
            f"originals/{o.sha256[:16]}.{'json' if o.kind == 'fhir' else 'csv'}": o.data
            for o in originals(store, access)
        },
    }


def _audit(workspace: Workspace, told: tuple[log.Line, ...]) -> bytes:
    leaves, signed = log.proved(workspace.store, at=workspace.clock())
    proofs = inclusion_proofs(leaves, [line.entry.index for line in told])
    shape = {
        "head": msgspec.to_builtins(signed),
        "entries": [
            {
                "entry": msgspec.to_builtins(line.entry),
                "details": msgspec.to_builtins(line.details) if line.details else None,
                "proof": [h.hex() for h in proof],
            }
            for line, proof in zip(told, proofs, strict=True)
        ],
    }
    return json.dumps(shape, indent=1).encode()


def _packed(contents: Mapping[str, bytes], *, permit: str) -> bytes:
    manifest = {
        "format": FORMAT,
        "permit": permit,
        "files": {n: sha256(b) for n, b in sorted(contents.items())},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, body in ((MANIFEST, json.dumps(manifest, indent=1).encode()), *contents.items()):
            box.writestr(zipfile.ZipInfo(name, EPOCH), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    """The files within, each as the manifest says. Nothing is written anywhere by its name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            size = sum(i.file_size for i in box.infolist())
            if size > min(LARGEST_BYTES, LARGEST_RATIO * len(data) + 1_000_000):
                raise UnreadableFileError("The file unpacks to far more than it can hold.")
            held = {i.filename: box.read(i) for i in box.infolist()}
        manifest: dict[str, Any] = json.loads(held.pop(MANIFEST))
        promised: dict[str, str] = manifest["files"]
        known = manifest["format"] == FORMAT
    except UnreadableFileError:
        raise
    except DAMAGED as error:
        raise UnreadableFileError(
            "This is not a twin that was taken along, or it is damaged. Nothing of it was kept."
        ) from error
    if not known:
        raise UnreadableFileError("The file was written by another version of bodytwin.")
    if {n: sha256(b) for n, b in held.items()} != promised:
        raise UnreadableFileError(
            "A part of the file is missing or was altered. Nothing of it was kept."
        )
    return held
