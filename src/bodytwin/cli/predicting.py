"""Commands that look ahead: personalise, forecast, compare, score."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from bodytwin.cli import options, words
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened, personalised
from bodytwin.errors import InvalidInputError

if TYPE_CHECKING:
    from bodytwin.service.personalising import Wish


@command(
    "bodytwin personalise 3f2a",
    "bodytwin personalise 3f2a --subject vancomycin --as-of 2024-03-02T08:00Z",
    "bodytwin personalise 3f2a --variant vancomycin_goti_2018",
    wishes=True,
)
def personalise(
    *,
    patient: options.Patient,
    wish: "Wish",
    home: options.Home,
) -> Answer:
    """Fit the published models to one patient.

    Every model that concerns the patient is conditioned on what was measured.
    """
    from bodytwin.service import shapes

    with opened(home) as workspace:
        shape = shapes.personalised(personalised(workspace, patient, wish))
    return Answer(shape=shape, words=words.personalised(shape))


@command(
    'bodytwin forecast 3f2a --at +12h --plan "1000 mg every 12 h over 1 h"',
    "bodytwin forecast 3f2a --at 2024-03-02T08:00Z --plan hold",
    wishes=True,
)
def forecast(
    *,
    patient: options.Patient,
    at: Annotated[
        list[str],
        typer.Option("--at", help='When: 2024-03-02T08:00Z, or "+6h" after the newest data.'),
    ],
    plan: Annotated[
        str | None,
        typer.Option("--plan", help='What will be done, or "as given" for what the record says.'),
    ] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option("--quantity", help='What, with its unit: "concentration [mg/L]".'),
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Label it a replay: the outcome is already known.")
    ] = False,
    posterior: options.Posterior = None,
    wish: "Wish",
    home: options.Home,
) -> Answer:
    """Say what will be measured, before it is.

    The forecast is entered in the log before it is shown.
    Personalises first, unless a posterior is named. Without a plan nothing more
    is given.
    """
    from bodytwin.service import shapes
    from bodytwin.service.forecasting import When, forecast

    when, wanted = [When.of(t) for t in at], [_quantity(q) for q in quantity or ()]
    with opened(home) as workspace:
        p = personalised(workspace, patient, wish, posterior=posterior)
        said = forecast(
            workspace, p, when=when, quantities=wanted, plan=plan, replay=replay, seed=wish.seed
        )
        shape = shapes.registered(said)
    return Answer(shape=shape, words=words.registered(shape))


@command(
    'bodytwin compare 3f2a --plan "750 mg every 12 h" --plan "1000 mg every 12 h"',
    "bodytwin compare 3f2a --json",
    "bodytwin compare 3f2a --plan continue --plan stop --weigh tumour_control=1"
    " --weigh larynx_complication=0.3",
    wishes=True,
)
def compare(
    *,
    patient: options.Patient,
    plan: Annotated[
        list[str] | None,
        typer.Option("--plan", help="A plan; give several. Else what the twin proposes."),
    ] = None,
    weigh: Annotated[
        list[str] | None,
        typer.Option("--weigh", help="How much an outcome counts, as NAME=0.3. Repeat for each."),
    ] = None,
    posterior: options.Posterior = None,
    wish: "Wish",
    home: options.Home,
) -> Answer:
    """Try plans on one patient, side by side.

    Every plan is tried on the same draws.

    A best plan is named only where the model has earned it on real patients and
    the draws are clear.
    """
    from bodytwin.service import shapes
    from bodytwin.service.comparing import compare

    weights = _weights(weigh or [])
    with opened(home) as workspace:
        p = personalised(workspace, patient, wish, posterior=posterior)
        found = compare(workspace, p, plans=plan or (), weights=weights, seed=wish.seed)
        shape = shapes.compared(found)
    return Answer(shape=shape, words=words.compared(shape))


@command(
    "bodytwin score",
    "bodytwin score 3f2a --json",
)
def score(
    *,
    patient: Annotated[str | None, typer.Argument(help="Only this patient's forecasts.")] = None,
    home: options.Home,
) -> Answer:
    """Hold forecasts against what was measured since."""
    from bodytwin.service import shapes
    from bodytwin.service.people import patient_called
    from bodytwin.service.scoring import score

    with opened(home) as workspace:
        who = None if patient is None else patient_called(workspace, patient)
        shape = shapes.scoring(score(workspace, patient=who))
    return Answer(shape=shape, words=words.scoring(shape))


def _weights(written: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in written:
        name, equals, number = text.partition("=")
        if not equals or not re.fullmatch(r"\d+(\.\d+)?", number.strip()):
            raise InvalidInputError(
                f"'{text[:40]}' is no weight. Write an outcome and a number, as tumour_control=1."
            )
        found[name.strip()] = float(number)
    return found


def _quantity(text: str) -> tuple[str, str]:
    name, bracket, rest = text.partition("[")
    if not bracket or not rest.rstrip().endswith("]"):
        raise InvalidInputError(
            f"'{text[:40]}' has no unit. Write for example \"concentration [mg/L]\"."
        )
    return name.strip(), rest.rstrip()[:-1].strip()
