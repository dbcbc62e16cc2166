"""Commands about the heart: image, map, stimulate, ablate, rhythm."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bodytwin.cli import heart_words, options
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened

if TYPE_CHECKING:
    from bodytwin.service.imaging import Described

Files = Annotated[
    list[Path],
    typer.Argument(help="NIfTI, NRRD, DICOM SEG or series; or surfaces (.ply, .vtk, .vtp)."),
]
Label = Annotated[
    list[str] | None,
    typer.Option("--label", help="What a number means: 3=scar. Repeat for each; 7= leaves it out."),
]
Taken = Annotated[
    str | None, typer.Option("--taken", help="When the patient was imaged: 2026-03-05T10:15Z.")
]
LengthUnit = Annotated[
    str, typer.Option("--length-unit", help="Unit of the points of surfaces, as mm.")
]
Turned = Annotated[
    bool, typer.Option("--turned", help="x and y of surfaces run to the right and to the front.")
]
PlacedScar = Annotated[
    str,
    typer.Option("--scar", help='Place a made-up scar: "radius 24 channel 6". For studies only.'),
]
Enhancement = Annotated[
    list[Path] | None,
    typer.Option("--enhancement", help="An image on the same voxels in which scar is bright."),
]
Thresholds = Annotated[
    str,
    typer.Option("--thresholds", help='Where scar begins in it: "35 50 % of maximum".'),
]
MapFiles = Annotated[
    list[Path],
    typer.Argument(help="CSV, PLY, VTK, OpenEP .mat, ZIP of CARTO 3; or .pts, .elem, .dat."),
]
Which = Annotated[
    list[int] | None,
    typer.Option("--which", help="Which map of a file of several, from 1; repeat."),
]
Places = Annotated[
    str, typer.Option("--places", help="Columns of the place, as x,y,z; of a table only.")
]
HeartDraws = Annotated[
    int, typer.Option("--draws", help="How many hearts to draw from what is known.")
]
Radius = Annotated[float, typer.Option("--radius", help="Radius of a lesion in mm.")]
Site = Annotated[
    list[str] | None,
    typer.Option(
        "--site", help='Only from here, as "segment 6" or "at 58 19.5 11"; repeat. Else from all.'
    ),
]
Protocol = Annotated[
    str,
    typer.Option(
        "--protocol",
        help='As "S1 600 x 8, S2 to S4 from 400 by 10" or "burst 350 to 200 by 10 x 8".',
    ),
]
To = Annotated[
    Path | None, typer.Option("--to", help="Where to write a page with pictures (.html).")
]


@command(
    "bodytwin image 3f2a ventricles.nii.gz --label 1=healthy --label 3=scar"
    " --label 5=lv_blood --label 6=rv_blood --taken 2026-03-05T10:15Z",
    'bodytwin image "Heart A" ventricles.ply --new --length-unit mm --turned'
    ' --taken 2026-03-05T10:15Z --scar "radius 24 channel 6"',
)
def image(  # noqa: PLR0913 - one for each option
    *,
    patient: Annotated[str, typer.Argument(help="Pseudonym or name of the patient.")],
    files: Files,
    new: Annotated[bool, typer.Option("--new", help="A patient who is not known yet.")] = False,
    label: Label = None,
    taken: Taken = None,
    length_unit: LengthUnit = "",
    turned: Turned = False,
    scar: PlacedScar = "",
    enhancement: Enhancement = None,
    thresholds: Thresholds = "",
    home: options.Home,
) -> Answer:
    """Bring a segmented image of the heart.

    Or surfaces, of which one is made. Nothing is guessed: every label needs its
    meaning, and a file that does not say which side is left is refused.
    """
    from bodytwin.service import shapes
    from bodytwin.service.imaging import bring_image

    said = _described(label, taken, length_unit, turned, scar, enhancement, thresholds)
    with opened(home) as workspace:
        shape = shapes.plain(bring_image(workspace, patient, files, said, new=new))
    return Answer(shape=shape, words=heart_words.brought(shape))


@command(
    "bodytwin map 3f2a carto.zip --which 2 --rhythm sinus --taken 2026-03-05T10:15Z",
    "bodytwin map 3f2a points.csv --lat LAT --bipolar Volt --length-unit mm --time-unit ms"
    " --voltage-unit mV --rhythm sinus --taken 2026-03-05T10:15Z",
)
def map_(  # noqa: PLR0913 - one for each option
    *,
    patient: options.Patient,
    files: MapFiles,
    rhythm: Annotated[
        str,
        typer.Option("--rhythm", help="During the map: sinus, paced, tachycardia, other."),
    ] = "",
    taken: Annotated[
        str | None, typer.Option("--taken", help="When it was mapped: 2026-03-05T10:15Z.")
    ] = None,
    which: Which = None,
    lat: Annotated[
        str | None, typer.Option("--lat", help="Column, array or file of the times.")
    ] = None,
    bipolar: Annotated[
        str | None, typer.Option("--bipolar", help="The same of bipolar voltages.")
    ] = None,
    unipolar: Annotated[
        str | None, typer.Option("--unipolar", help="The same of unipolar voltages.")
    ] = None,
    places: Places = "x,y,z",
    length_unit: LengthUnit = "",
    time_unit: Annotated[
        str | None, typer.Option("--time-unit", help="Unit of the times, as ms.")
    ] = None,
    voltage_unit: Annotated[
        str | None, typer.Option("--voltage-unit", help="Unit of the voltages, as mV.")
    ] = None,
    not_measured: Annotated[
        float | None, typer.Option("--not-measured", help="The number that stands for no value.")
    ] = None,
    turned: Turned = False,
    home: options.Home,
) -> Answer:
    """Bring an electroanatomic map of the heart.

    It stays in the frame it came in: register it to the image before. The rhythm
    twin uses a map in sinus rhythm that lies on the endocardium of the image.
    """
    from bodytwin.service import shapes
    from bodytwin.service.mapping import Described, bring_map, columns_of
    from bodytwin.service.times import optional

    columns = columns_of(
        places,
        lat=lat,
        bipolar=bipolar,
        unipolar=unipolar,
        length_unit=length_unit or None,
        time_unit=time_unit,
        voltage_unit=voltage_unit,
        not_measured=not_measured,
    )
    said = Described(
        rhythm=rhythm,
        taken=optional(taken),
        which=tuple(which or ()),
        turned=turned,
        columns=columns,
    )
    with opened(home) as workspace:
        shape = shapes.plain(bring_map(workspace, patient, files, said))
    return Answer(shape=shape, words=heart_words.mapped(shape))


@command(
    "bodytwin stimulate 3f2a",
    'bodytwin stimulate 3f2a --plan "ablate 58 19.5 11 radius 5" --to heart.html',
    'bodytwin stimulate 3f2a --plan "give flecainide x 2" --draws 8',
    'bodytwin stimulate 3f2a --site "at 58 19.5 11" --protocol "burst 350 to 200 by 10 x 8"',
)
def stimulate(
    *,
    patient: options.Patient,
    plan: Annotated[
        str, typer.Option("--plan", help="What is done to the heart before it is stimulated.")
    ] = "",
    site: Site = None,
    protocol: Protocol = "",
    draws: HeartDraws = 4,
    seed: options.Seed = 0,
    to: To = None,
    home: options.Home,
) -> Answer:
    """Stimulate a heart from every site, and see which tachycardias follow.

    Beside it the same heart without scar, as a control. The probability counts the
    hearts that were drawn from what is known of the patient.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service.people import patient_called
    from bodytwin.service.studying import study

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        asked = {"plan": plan, "draws": draws, "sites": site, "protocol": protocol}
        shape = study(workspace, who, "rhythm", "screen", asked, seed=seed, progress=report)
        _write(workspace, who, to, screen=shape)
    return Answer(shape=shape, words=heart_words.stimulated(shape))


@command(
    "bodytwin ablate 3f2a",
    "bodytwin ablate 3f2a --radius 4 --draws 8 --to heart.html",
)
def ablate(
    *,
    patient: options.Patient,
    radius: Radius = 5.0,
    site: Site = None,
    protocol: Protocol = "",
    draws: HeartDraws = 4,
    seed: options.Seed = 0,
    to: To = None,
    home: options.Home,
) -> Answer:
    """Search for the smallest set of lesions that leaves a heart non-inducible.

    Each set is tried by stimulating from every site again.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service.people import patient_called
    from bodytwin.service.studying import study

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        asked = {"radius_mm": radius, "draws": draws, "sites": site, "protocol": protocol}
        shape = study(workspace, who, "rhythm", "search", asked, seed=seed, progress=report)
        _write(workspace, who, to, screen=shape["before"], search=shape)
    return Answer(shape=shape, words=heart_words.searched(shape))


@command(
    "bodytwin pace 3f2a",
    'bodytwin pace 3f2a --site "RV apex" --site "segment 11" --delay 0 --delay 20',
)
def pace(
    *,
    patient: options.Patient,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", help='Pace from here, as "RV apex"; repeat. Else sinus rhythm.'),
    ] = None,
    delay: Annotated[
        list[float] | None,
        typer.Option("--delay", help="Of each site in ms, in their order."),
    ] = None,
    seed: options.Seed = 0,
    home: options.Home,
) -> Answer:
    """Activate a heart in sinus rhythm or from some sites, and see how wide QRS becomes.

    For the choice of sites of resynchronisation.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service.people import patient_called
    from bodytwin.service.studying import study

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        asked = {"sites": site, "delays_ms": delay}
        shape = study(workspace, who, "rhythm", "pace", asked, seed=seed, progress=report)
    return Answer(shape=shape, words=heart_words.paced(shape))


@command(
    "bodytwin rhythm ventricles.ply --length-unit mm --turned --taken 2026-03-05T10:15Z"
    ' --scar "radius 24 channel 6" --to heart.html',
    "bodytwin rhythm ventricles.nii.gz --label 1=healthy --label 2=border --label 3=scar"
    " --label 5=lv_blood --label 6=rv_blood --taken 2026-03-05T10:15Z",
)
def rhythm(  # noqa: PLR0913 - one for each option
    *,
    files: Files,
    label: Label = None,
    taken: Taken = None,
    length_unit: LengthUnit = "",
    turned: Turned = False,
    scar: PlacedScar = "",
    enhancement: Enhancement = None,
    thresholds: Thresholds = "",
    radius: Radius = 5.0,
    site: Site = None,
    protocol: Protocol = "",
    draws: HeartDraws = 1,
    seed: options.Seed = 0,
    to: To = None,
) -> Answer:
    """From the file of a heart to its tachycardias, and the lesions that end them.

    Image, stimulation from every site, control without scar, search for lesions,
    stimulation again; in a store of its own that is thrown away.
    """
    from tempfile import TemporaryDirectory

    from bodytwin.cli.progress import progress
    from bodytwin.service import shapes
    from bodytwin.service.imaging import bring_image
    from bodytwin.service.studying import study

    said = _described(label, taken, length_unit, turned, scar, enhancement, thresholds)
    with (
        TemporaryDirectory(prefix="bodytwin-") as folder,
        opened(Path(folder)) as workspace,
        progress() as report,
    ):
        brought = shapes.plain(bring_image(workspace, "heart", files, said, new=True))
        who = brought["added"]["patients"][0]
        asked = {"draws": draws, "radius_mm": radius, "sites": site, "protocol": protocol}
        shape: dict[str, Any] = {"image": brought}
        for name in ("screen", "search"):
            shape[name] = study(workspace, who, "rhythm", name, asked, seed=seed, progress=report)
        _write(workspace, who, to, screen=shape["screen"], search=shape["search"])
    return Answer(shape=shape, words=heart_words.rhythm(shape))


def _described(
    label: list[str] | None,
    taken: str | None,
    length_unit: str,
    turned: bool,
    scar: str,
    enhancement: list[Path] | None,
    thresholds: str,
) -> "Described":
    from bodytwin.service.imaging import Described, labels_of
    from bodytwin.service.times import optional

    return Described(
        labels=labels_of(label or []),
        taken=optional(taken),
        length_unit=length_unit,
        turned=turned,
        scar=scar,
        enhancement=tuple(enhancement or ()),
        thresholds=thresholds,
    )


def _write(workspace: Any, patient: str, to: Path | None, **shapes: dict[str, Any]) -> None:
    if to is None:
        return
    from bodytwin.service.heart_page import write_heart_page

    write_heart_page(workspace, patient, to, **shapes)
