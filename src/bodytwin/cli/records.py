"""Commands about records: import, patients, timeline."""

from pathlib import Path
from typing import Annotated

import typer

from bodytwin.cli import options, words
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened


@command(
    "bodytwin import bundle.json",
    "bodytwin import levels.csv --mapping levels.toml",
    "bodytwin import export.ndjson --zone Europe/Vienna",
)
def import_(
    *,
    files: Annotated[
        list[Path], typer.Argument(help="FHIR R4 (.json, .ndjson), tables (.csv, .parquet).")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="What the columns of a table mean (.toml)."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Zone of times that name none, as Europe/Vienna.")
    ] = None,
    home: options.Home,
) -> Answer:
    """Read files: each whole, or not at all.

    Importing a file again adds nothing. What a file holds and bodytwin cannot
    use is listed, not guessed.
    """
    from bodytwin.service.importing import import_files
    from bodytwin.service.shapes import took

    with opened(home) as workspace:
        found = import_files(workspace, files, mapping=mapping, zone=zone)
        shape = {"files": [took(t) for t in found]}
    return Answer(shape=shape, words=words.imported(shape))


@command(
    "bodytwin patients --json",
)
def patients(*, home: options.Home) -> Answer:
    """List everyone in the store."""
    from bodytwin.service.people import everyone
    from bodytwin.service.shapes import plain

    with opened(home) as workspace:
        shape = {"patients": plain(everyone(workspace))}
    return Answer(shape=shape, words=words.patients(shape))


@command(
    "bodytwin timeline 3f2a",
    "bodytwin timeline 3f2a --as-of 2024-03-02T08:00Z",
    "bodytwin timeline 3f2a --known-at 2024-03-02T08:00Z",
)
def timeline(
    *,
    patient: options.Patient,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    home: options.Home,
) -> Answer:
    """Show what is known of a patient.

    Now, or as it was known at a past moment.
    """
    from bodytwin.cli.times import optional
    from bodytwin.service.people import patient_called, timeline
    from bodytwin.service.shapes import known

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = known(timeline(workspace, who, as_of=optional(as_of), known_at=optional(known_at)))
    return Answer(shape=shape, words=words.timeline(shape))
