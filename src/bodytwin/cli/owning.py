"""Commands of the patient: consent, audit, take along, take in, erase; and figures for research."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bodytwin.cli import options, words
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened
from bodytwin.errors import InvalidInputError, StoreError, UnreadableFileError


@command("bodytwin consent show 3f2a")
def consent_show(*, patient: options.Patient, home: options.Home) -> Answer:
    """Show what a patient allows.

    Every consent on file, in plain sentences, and whether it is in force.
    """
    from bodytwin.service.consenting import consents
    from bodytwin.service.people import patient_called
    from bodytwin.service.shapes import consented

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = {"consents": [consented(c) for c in consents(workspace, who)]}
    return Answer(shape=shape, words=words.consents(shape))


@command("bodytwin consent choose 3f2a --allow care --refuse research")
def consent_choose(
    *,
    patient: options.Patient,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="A use to allow; give several.")
    ] = None,
    refuse: Annotated[
        list[str] | None, typer.Option("--refuse", help="A use to refuse; give several.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Until when: 2027-03-02T00:00Z.")
    ] = None,
    family: Annotated[
        str, typer.Option("--family", help="Id of the family member who may look.")
    ] = "",
    home: options.Home,
) -> Answer:
    """Say what is allowed from now on.

    It replaces what was chosen here before. Payment, insurance, marketing,
    employment and the like are refused whatever is chosen.
    """
    from bodytwin.service.consenting import choose
    from bodytwin.service.people import patient_called
    from bodytwin.service.shapes import consented
    from bodytwin.service.times import optional

    chosen = dict.fromkeys(allow or (), "permit") | dict.fromkeys(refuse or (), "deny")
    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        made = choose(workspace, who, chosen, until=optional(until), family=family)
        shape = {"consents": [consented(made)]}
    return Answer(shape=shape, words=words.consents(shape))


@command("bodytwin consent bring 3f2a consent.json")
def consent_bring(
    *,
    patient: options.Patient,
    file: Annotated[Path, typer.Argument(help="A FHIR R4 Consent (.json).")],
    home: options.Home,
) -> Answer:
    """Put a FHIR Consent on file."""
    from bodytwin.service.consenting import bring
    from bodytwin.service.people import patient_called
    from bodytwin.service.shapes import consented

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = {"consents": [consented(bring(workspace, who, _json(file)))]}
    return Answer(shape=shape, words=words.consents(shape))


@command("bodytwin consent revoke 3f2a page-1a2b3c4d5e6f")
def consent_revoke(
    *,
    patient: options.Patient,
    consent: Annotated[str, typer.Argument(help="Its id; see `bodytwin consent show`.")],
    home: options.Home,
) -> Answer:
    """Take a consent back.

    From the next question on, and for what is running.
    """
    from bodytwin.service.consenting import revoke
    from bodytwin.service.people import patient_called
    from bodytwin.service.shapes import consented

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = {"consents": [consented(revoke(workspace, who, consent))]}
    return Answer(shape=shape, words=words.consents(shape))


@command("bodytwin audit show 3f2a")
def audit_show(*, patient: options.Patient, home: options.Home) -> Answer:
    """Show who looked and why.

    Every question, allowed or refused, in plain words.
    """
    from bodytwin.service.auditing import who_looked
    from bodytwin.service.people import patient_called
    from bodytwin.service.shapes import told

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = {"entries": [told(t) for t in who_looked(workspace, who)]}
    return Answer(shape=shape, words=words.audit(shape))


@command("bodytwin audit head --to head.json")
def audit_head(
    *,
    to: Annotated[Path | None, typer.Option("--to", help="Where to write it.")] = None,
    home: options.Home,
) -> Answer:
    """Print the signed head of the log.

    Keep it where the keeper of the store cannot reach it: it proves everything
    that was written until now.
    """
    from bodytwin.service.auditing import head

    with opened(home) as workspace:
        text = head(workspace).to_json()
    if to is not None:
        _write(to, text)
    shape = json.loads(text)
    return Answer(shape=shape, words=f"Wrote {to.resolve()}." if to else text.decode())


@command("bodytwin audit verify", "bodytwin audit verify --head head.json")
def audit_verify(
    *,
    head: Annotated[
        Path | None, typer.Option("--head", help="A head that was kept elsewhere.")
    ] = None,
    home: options.Home,
) -> Answer:
    """Check that the log is as it was written.

    Finds every change, also against a head that somebody else has kept.
    """
    from bodytwin.service.auditing import verify
    from bodytwin.service.shapes import plain

    with opened(home) as workspace:
        found = verify(workspace, held=head)
    if not found.sound:
        raise StoreError(" ".join(("The log is not as it was written.", *found.faults)))
    against = "" if head else " Without a head kept elsewhere, a log cut short cannot be told."
    return Answer(
        shape={**plain(found), "sound": True},
        words=f"{found.entries} entries, as they were written.{against}",
    )


@command("bodytwin take-along 3f2a --to my-twin.zip")
def take_along(
    *,
    patient: options.Patient,
    to: Annotated[Path, typer.Option("--to", help="Where to write it.")],
    home: options.Home,
) -> Answer:
    """Write everything of a patient to one file.

    Record, originals, posteriors, forecasts, consents and the log.
    """
    from bodytwin.service.people import patient_called
    from bodytwin.service.taking import take_along

    with opened(home) as workspace:
        data = take_along(workspace, patient_called(workspace, patient))
    _write(to, data)
    return Answer(
        shape={"path": str(to.resolve()), "bytes": len(data)},
        words=f"Wrote {to.resolve()} ({len(data) / 1e6:.1f} MB). Keep it as you would keep a key.",
    )


@command("bodytwin take-in my-twin.zip")
def take_in(
    *,
    file: Annotated[Path, typer.Argument(help="What `bodytwin take-along` wrote.")],
    home: options.Home,
) -> Answer:
    """Take in a twin from another store.

    Whole or not at all; the same questions get the same answers.
    """
    from bodytwin.service.taking import take_in

    with opened(home) as workspace:
        patient = take_in(workspace, _bytes(file))
    return Answer(shape={"patient": patient}, words=f"Took in the twin of patient {patient}.")


@command(
    "bodytwin share 3f2a --to shared.csv", "bodytwin share 3f2a --to shared.csv --without-days"
)
def share(
    *,
    patient: options.Patient,
    to: Annotated[Path, typer.Option("--to", help="Where to write it (.csv).")],
    without_days: Annotated[
        bool, typer.Option("--without-days", help="Hours since the first row, and no dates.")
    ] = False,
    home: options.Home,
) -> Answer:
    """Write a copy of a record without identifiers.

    For people who have agreed not to look for the patient.
    """
    from bodytwin.service.people import patient_called
    from bodytwin.service.sharing import share

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        copy = share(workspace, who, with_days=not without_days)
    _write(to, copy.data)
    return Answer(
        shape={"path": str(to.resolve()), "rows": copy.rows, "left_behind": list(copy.left_behind)},
        words=f"Wrote {to.resolve()}: {copy.rows} rows.",
    )


@command("bodytwin deidentify image.dcm --to clean.dcm")
def deidentify(
    *,
    image: Annotated[Path, typer.Argument(help="A DICOM file.")],
    to: Annotated[Path, typer.Option("--to", help="Where to write it.")],
    patient: Annotated[
        str, typer.Option("--patient", help="Whose record is shared beside it.")
    ] = "",
    pixels_were_checked: Annotated[
        bool, typer.Option("--pixels-were-checked", help="Nothing is written into the image.")
    ] = False,
    home: options.Home,
) -> Answer:
    """Write a copy of a DICOM file without identifiers.

    By the basic profile of PS3.15, its dates moved like those of `bodytwin share`.
    """
    from bodytwin.service.people import patient_called
    from bodytwin.service.sharing import share_image

    with opened(home) as workspace:
        who = patient_called(workspace, patient) if patient else ""
        clean = share_image(
            workspace, _bytes(image), patient=who, pixels_were_checked=pixels_were_checked
        )
    _write(to, clean.data)
    shape = {
        "path": str(to.resolve()),
        "changed": list(clean.changed),
        "removed": list(clean.removed),
        "warnings": list(clean.warnings),
    }
    said = [f"Wrote {to.resolve()}: {len(clean.changed)} changed, {len(clean.removed)} removed."]
    return Answer(shape=shape, words="\n".join([*said, *clean.warnings]))


@command("bodytwin erase 3f2a --yes")
def erase(
    *,
    patient: options.Patient,
    yes: Annotated[bool, typer.Option("--yes", help="Really erase.")] = False,
    home: options.Home,
) -> Answer:
    """Erase a patient.

    Key, rows and files. It cannot be undone.
    """
    from bodytwin.service.erasing import erase
    from bodytwin.service.people import patient_called

    if not yes:
        raise InvalidInputError("Erasing cannot be undone. Say --yes if it is meant.")
    with opened(home) as workspace:
        stale = erase(workspace, patient_called(workspace, patient))
    said = f" {stale} results over many patients are marked stale." if stale else ""
    return Answer(shape={"erased": True, "stale": stale}, words=f"Erased.{said}")


@command(
    "bodytwin research 20578-1 --unit mg/L --low 10 --high 20",
    "bodytwin research 20578-1 --unit mg/L --low 0 --high 60 --step 1 --mean",
)
def research(
    *,
    code: Annotated[str, typer.Argument(help="Which measurement, by its code.")],
    unit: Annotated[str, typer.Option("--unit", help="In which unit (UCUM).")],
    low: Annotated[float, typer.Option("--low", help="Lower bound, not taken from the data.")],
    high: Annotated[float, typer.Option("--high", help="Upper bound, not taken from the data.")],
    step: Annotated[float, typer.Option("--step", help="How finely values are told apart.")] = 0.1,
    mean: Annotated[bool, typer.Option("--mean", help="The mean, instead of how many.")] = False,
    epsilon: Annotated[
        float, typer.Option("--epsilon", help="How much of the budget it may cost.")
    ] = 0.5,
    home: options.Home,
) -> Answer:
    """Ask for one figure about many patients.

    Of ten at least, with noise, charged to the budget of the store.
    """
    from bodytwin.service.researching import Question, answer
    from bodytwin.service.shapes import plain

    question = Question(
        code=code, unit=unit, low=low, high=high, step=step, mean=mean, epsilon=epsilon
    )
    with opened(home) as workspace:
        found = answer(workspace, question)
    shape = plain(found)
    return Answer(shape=shape, words=words.research(shape, unit if mean else "patients"))


def _json(file: Path) -> dict[str, object]:
    try:
        found = json.loads(_bytes(file))
    except ValueError as error:
        raise UnreadableFileError("The file is not JSON.") from error
    if not isinstance(found, dict):
        raise UnreadableFileError("The file holds no FHIR resource.")
    return found  # pyright: ignore[reportUnknownVariableType]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.") from error


def _write(place: Path, data: bytes) -> None:
    try:
        place.write_bytes(data)
    except OSError as error:
        raise StoreError(f"The file cannot be written: {error.strerror}.") from error
