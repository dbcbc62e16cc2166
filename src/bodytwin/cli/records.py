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
    from bodytwin.service.people import patient_called, timeline
    from bodytwin.service.shapes import known
    from bodytwin.service.times import optional

    with opened(home) as workspace:
        who = patient_called(workspace, patient)
        shape = known(timeline(workspace, who, as_of=optional(as_of), known_at=optional(known_at)))
    return Answer(shape=shape, words=words.timeline(shape))


@command(
    "bodytwin field 3f2a ventricles.ply --title Activation --quantity 'activation time'"
    " --unit ms --values lat_ms --sd lat_sd_ms --length-unit mm",
    "bodytwin field 3f2a dose.npz --title Dose --quantity dose --unit Gy --spacing 3,3,3",
)
def field(  # noqa: PLR0913 - one for each option
    *,
    patient: options.Patient,
    file: Annotated[Path, typer.Argument(help="A surface (.ply, .vtk, .vtp) or voxels (.npz).")],
    title: Annotated[str, typer.Option("--title", help="What it is called.")],
    quantity: Annotated[str, typer.Option("--quantity", help="Which quantity.")],
    unit: Annotated[str, typer.Option("--unit", help="In which unit (UCUM).")],
    values: Annotated[
        str, typer.Option("--values", help="Name of the values in the file.")
    ] = "values",
    sd: Annotated[
        str | None, typer.Option("--sd", help="Name of their standard deviations.")
    ] = None,
    length_unit: Annotated[
        str, typer.Option("--length-unit", help="Unit of the points of a surface, as mm.")
    ] = "",
    spacing: Annotated[str, typer.Option("--spacing", help="Of voxels in mm: z,y,x.")] = "",
    times: Annotated[str, typer.Option("--times", help="Of the columns: 0,10,20.")] = "",
    time_unit: Annotated[str, typer.Option("--time-unit", help="Unit of the times.")] = "",
    home: options.Home,
) -> Answer:
    """Bring a field over an organ, to be seen in 3-D.

    Whatever has values at the points of a surface, or in voxels.
    """
    from bodytwin.service.fields import Described, bring_field
    from bodytwin.service.people import patient_called

    said = Described(
        title=title,
        quantity=quantity,
        unit=unit,
        values=values,
        sd=sd,
        length_unit=length_unit,
        spacing_mm=_numbers(spacing),
        times=_numbers(times),
        time_unit=time_unit,
    )
    with opened(home) as workspace:
        found = bring_field(workspace, patient_called(workspace, patient), file, said)
    return Answer(shape={"field": found}, words=f"Kept the field {found[:12]}.")


def _numbers(text: str) -> tuple[float, ...]:
    from bodytwin.importers.number import number

    return tuple(number(part.strip()) for part in text.split(",")) if text else ()
