"""Commands about trust: twins, evidence, validate, report, demo."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bodytwin.cli import options, words
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened, personalised

if TYPE_CHECKING:
    from bodytwin.service.personalising import Wish

USUAL_FOLDS = 5
"""Groups of patients, where a table is validated and no number is given."""


@command(
    "bodytwin twins",
    "bodytwin twins dosing --json",
)
def twins(
    *,
    name: Annotated[str | None, typer.Argument(help="Only this twin.")] = None,
    home: options.Home,
) -> Answer:
    """List the installed twins and their models.

    What each twin is for and not for, and every published model it holds.
    """
    from bodytwin.service.catalogue import twins

    with opened(home) as workspace:
        shape = twins(workspace, name=name)
    return Answer(shape=shape, words=words.twins(shape))


@command(
    "bodytwin evidence dosing --variant vancomycin_goti_2018",
)
def evidence(
    *,
    twin: Annotated[str, typer.Argument(help="Which twin.")],
    variant: Annotated[
        str | None, typer.Option("--variant", help="Only this published model.")
    ] = None,
    home: options.Home,
) -> Answer:
    """Show what speaks for and against a model.

    Its claims, and how its forecasts fared in this store.

    Also checks that the log of forecasts is as it was written.
    """
    from bodytwin.service import shapes
    from bodytwin.service.evidence import evidence

    with opened(home) as workspace:
        shape = shapes.shown(evidence(workspace, twin=twin, variant=variant))
    return Answer(shape=shape, words=words.evidence(shape))


@command(
    "bodytwin validate phenobarbital_grasela_1985",
    "bodytwin validate tumour --data tumour_volumes.csv --folds 5",
)
def validate(  # noqa: PLR0913
    *,
    variant: Annotated[str, typer.Argument(help="Which published model; with --data, which twin.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A table of patients to use instead of those of the store."),
    ] = None,
    twin: options.Twin = None,
    draws: options.Draws = 1000,
    seed: options.Seed = 0,
    only_last: Annotated[
        bool, typer.Option("--only-last", help="Forecast the last measurement of each only.")
    ] = False,
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="Use the published population: right where none of these patients made it.",
        ),
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option("--folds", min=2, help="Leave out groups of patients, not one at a time."),
    ] = None,
    home: options.Home,
) -> Answer:
    """Forecast every patient, and score each forecast.

    Each measurement is forecast from the earlier ones of its patient, with a
    population learned from the other patients only.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service import shapes
    from bodytwin.service.validating import Design, validate

    if data is not None:
        return _validated_table(data, variant, folds or USUAL_FOLDS, draws, seed)

    with opened(home) as workspace, progress() as report:
        design = Design(
            published=published, folds=folds, draws=draws, seed=seed, only_last=only_last
        )
        found = validate(workspace, variant=variant, twin=twin, design=design, progress=report)
        shape = shapes.validation(found)
    return Answer(shape=shape, words=words.validation(shape))


def _validated_table(data: Path, twin: str, folds: int, draws: int, seed: int) -> Answer:
    from bodytwin.cli.progress import progress
    from bodytwin.cli.table_words import table_validation
    from bodytwin.service import shapes
    from bodytwin.service.foreseeing import read_table, validate_table

    with progress() as report:
        found = validate_table(
            twin=twin,
            data=read_table(data),
            folds=folds,
            draws=draws,
            seed=seed,
            progress=report,
        )
    shape = shapes.plain(asdict(found))
    return Answer(shape=shape, words=table_validation(shape))


@command(
    'bodytwin report 3f2a --plan "1000 mg every 12 h" --to patient.html',
    wishes=True,
)
def report(
    *,
    patient: options.Patient,
    to: Annotated[
        Path | None, typer.Option("--to", help="Where to write it [report-<patient>.html].")
    ] = None,
    plan: Annotated[
        list[str] | None, typer.Option("--plan", help="Plans to compare; the first is forecast.")
    ] = None,
    posterior: options.Posterior = None,
    wish: "Wish",
    home: options.Home,
) -> Answer:
    """Write one HTML page on a patient.

    What was measured, forecast and compared, and how far to trust it.
    """
    from bodytwin.service.reporting import report

    with opened(home) as workspace:
        p = personalised(workspace, patient, wish, posterior=posterior)
        path = to or Path(f"report-{p.first.case.patient[:12]}.html")
        report(workspace, p, path=path, plans=plan or (), seed=wish.seed)
    shape = {"path": str(path.resolve())}
    return Answer(shape=shape, words=f"Wrote {path.resolve()}.")


@command(
    "bodytwin demo",
)
def demo(*, home: options.Home, as_json: options.Json) -> Answer:
    """Walk through everything with real patients.

    In a fresh folder, unless --home names one.
    """
    from bodytwin.cli.demo import run

    return run(home, quiet=as_json)
