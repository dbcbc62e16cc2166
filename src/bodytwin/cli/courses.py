"""Commands about a course of radiotherapy: course, fractions, dose, plan, adapt."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bodytwin.cli import course_words, options
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened

TWIN = "radiotherapy"
To = Annotated[
    Path | None, typer.Option("--to", help="Where to write a page with pictures (.html).")
]
Wishes = Annotated[
    str,
    typer.Option(
        "--wishes",
        help='What the plan is to do: "PTV70 gets 70 Gy; SpinalCord below 45 Gy". Else the usual.',
    ),
]
Beams = Annotated[int, typer.Option("--beams", help="How many beams, at equal angles.")]
Machine = Annotated[
    Path | None,
    typer.Option("--machine", help="File of a commissioned machine. Else a generic 6 MV."),
]
Beamlet = Annotated[float, typer.Option("--beamlet", help="Side of a beamlet in mm.")]


@command(
    "bodytwin course 3f2a plan-folder --tumour larynx_t2",
    'bodytwin course "Head A" pt_202 --new --taken 2026-03-05T10:15Z --fractions 35',
)
def course(  # noqa: PLR0913 - one for each option
    *,
    patient: Annotated[str, typer.Argument(help="Pseudonym or name of the patient.")],
    files: Annotated[
        Path, typer.Argument(help="Folder of DICOM (CT, RT) or OpenKBP; or a matRad .mat.")
    ],
    new: Annotated[bool, typer.Option("--new", help="A patient who is not known yet.")] = False,
    taken: Annotated[
        str | None, typer.Option("--taken", help="When the image was taken: 2026-03-05T10:15Z.")
    ] = None,
    fractions: Annotated[
        int | None, typer.Option("--fractions", help="Of the course, where no file says it.")
    ] = None,
    prescribe: Annotated[
        list[str] | None,
        typer.Option("--prescribe", help="A dose for a region: PTV70=70. Repeat for each."),
    ] = None,
    tumour: Annotated[
        str, typer.Option("--tumour", help="A model of the tumour, as larynx_t2. Else organs only.")
    ] = "",
    spacing: Annotated[
        float, typer.Option("--spacing", help="About how far apart voxels are, in mm (DICOM).")
    ] = 2.5,
    home: options.Home,
) -> Answer:
    """Bring a course of radiotherapy: image, contours, prescription and dose.

    Files of another patient, frame of reference or plan are refused. A later one
    of the same patient is today's anatomy.
    """
    from bodytwin.service import shapes
    from bodytwin.service.delineating import Described, bring_course, prescriptions_of
    from bodytwin.service.times import optional

    said = Described(
        taken=optional(taken),
        fractions=fractions,
        prescribed_gy=prescriptions_of(prescribe or []),
        tumour=tumour,
        spacing_mm=spacing,
    )
    with opened(home) as workspace:
        shape = shapes.plain(bring_course(workspace, patient, files, said, new=new))
    return Answer(shape=shape, words=course_words.brought(shape))


@command("bodytwin fractions 3f2a 10 --first 2026-03-16T09:00Z")
def fractions(
    *,
    patient: options.Patient,
    count: Annotated[int, typer.Argument(help="How many fractions were given.")],
    first: Annotated[
        str, typer.Option("--first", help="When the first of them was: 2026-03-16T09:00Z.")
    ],
    home: options.Home,
) -> Answer:
    """Note that fractions of the plan were given, on five days a week."""
    from bodytwin.service import shapes
    from bodytwin.service.delineating import record_fractions
    from bodytwin.service.times import moment

    with opened(home) as workspace:
        added = record_fractions(workspace, patient, count, first=moment(first))
    shape = shapes.plain(added)
    return Answer(shape=shape, words=course_words.noted(shape))


@command("bodytwin dose 3f2a", "bodytwin dose 3f2a --to dose.html")
def dose(
    *, patient: options.Patient, seed: options.Seed = 0, to: To = None, home: options.Home
) -> Answer:
    """Tell what each region receives, and what that does to tumour and organs."""
    return _studied(patient, "dose", {}, seed=seed, to=to, home=home)


@command(
    "bodytwin plan 3f2a --to plan.html",
    "bodytwin plan 3f2a --dicom planned --identifier 12345",
    'bodytwin plan 3f2a --wishes "" --wishes "PTV70 gets 70 Gy; SpinalCord below 30 Gy"',
    'bodytwin plan 3f2a --wishes "PTV70 gets 70 Gy; SpinalCord below 45 Gy; body below 40 Gy"',
)
def plan(  # noqa: PLR0913 - one for each option
    *,
    patient: options.Patient,
    wishes: Annotated[
        list[str] | None,
        typer.Option(
            "--wishes",
            help='What a plan is to do: "PTV70 gets 70 Gy; SpinalCord below 45 Gy". Else the '
            "usual. Repeat for plans side by side.",
        ),
    ] = None,
    beams: Beams = 9,
    beamlet: Beamlet = 8.0,
    machine: Machine = None,
    seed: options.Seed = 0,
    check: Annotated[
        bool, typer.Option("--check", help="Compute the dose by collapsed cones as well.")
    ] = False,
    to: To = None,
    dicom: Annotated[
        Path | None,
        typer.Option(
            "--dicom", help="Folder for the plan and its dose as DICOM, of a DICOM course."
        ),
    ] = None,
    identifier: Annotated[
        str, typer.Option("--identifier", help="The patient's number in the clinic, for the files.")
    ] = "",
    home: options.Home,
) -> Answer:
    """Plan beams anew on the anatomy, beside the dose that there is.

    Weights of beamlets of a generic 6 MV machine or of one that was commissioned, for
    study: no machine can give them as they are.
    """
    asked = {"wishes": wishes or "", "beams": beams, "beamlet_mm": beamlet, "check": check}
    asked |= _machine(machine)
    return _studied(
        patient, "plan", asked, seed=seed, to=to, home=home, dicom=dicom, identifier=identifier
    )


@command(
    'bodytwin adapt 3f2a --change "shrink PTV70 5" --given 15 --to adapt.html',
    'bodytwin adapt 3f2a --change "shift 4 0 0; thinner 4" --given 20',
    "bodytwin adapt 3f2a --to today.html",
)
def adapt(  # noqa: PLR0913 - one for each option
    *,
    patient: options.Patient,
    change: Annotated[
        str,
        typer.Option(
            "--change",
            help='"shift X Y Z", "shrink REGION MM", "thinner MM", joined by ";". Else as the '
            "last image shows it.",
        ),
    ] = "",
    given: Annotated[
        int | None, typer.Option("--given", help="Fractions before the change; else those noted.")
    ] = None,
    wishes: Wishes = "",
    beams: Beams = 9,
    beamlet: Beamlet = 8.0,
    machine: Machine = None,
    seed: options.Seed = 0,
    to: To = None,
    home: options.Home,
) -> Answer:
    """Ask what if the anatomy changed: keep the plan, or plan anew for the rest.

    Without a change the last two anatomies of the record are registered to each other.
    """
    asked = {"change": change, "wishes": wishes, "beams": beams, "beamlet_mm": beamlet}
    asked |= _machine(machine)
    if given is not None:
        asked["given"] = given
    return _studied(patient, "adapt", asked, seed=seed, to=to, home=home)


def _machine(path: Path | None) -> dict[str, Any]:
    from bodytwin.service.imaging import file_bytes

    return {} if path is None else {"machine": file_bytes(path)}


def _studied(
    patient: str,
    name: str,
    asked: dict[str, Any],
    *,
    seed: int,
    to: Path | None,
    home: Path | None,
    dicom: Path | None = None,
    identifier: str = "",
) -> Answer:
    from bodytwin.cli.progress import progress
    from bodytwin.service.course_export import export_plan
    from bodytwin.service.course_page import write_course_page
    from bodytwin.service.people import patient_called
    from bodytwin.service.studying import study

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        shape = study(workspace, who, TWIN, name, asked, seed=seed, progress=report)
        if to is not None:
            write_course_page(workspace, who, to, answer=shape)
        if dicom is not None:
            export_plan(workspace, who, dicom, answer=shape, identifier=identifier)
    told = {k: v for k, v in shape.items() if k not in ("arrays", "surfaces", "plans")}
    return Answer(shape=told, words=course_words.studied(told))
