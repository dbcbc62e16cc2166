"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bodytwin.service.personalising import Wish

Patient = Annotated[
    str, typer.Argument(help="Pseudonym of the patient, or how it begins; see `bodytwin patients`.")
]
Twin = Annotated[str | None, typer.Option("--twin", help="Which twin; else what the record needs.")]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant", help="A published model; give several to average them. Else all that fit."
    ),
]
Subject = Annotated[
    str | None, typer.Option("--subject", help="Which drug or organ, where the record has several.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Use data up to this time: 2024-03-02T08:00Z.")
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", help="Show what the store had learned by this time."),
]
Draws = Annotated[int, typer.Option("--draws", help="How many patients to draw.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the random numbers.")]
Posterior = Annotated[
    str | None,
    typer.Option("--posterior", help="Start from this kept posterior instead of personalising."),
]


Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the store. Else BODYTWIN_HOME, else the usual one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON and nothing else.")]
Traceback = Annotated[
    bool, typer.Option("--traceback", help="On a fault, print where it happened.", hidden=True)
]

WISHES: dict[str, tuple[Any, Any]] = {
    "twin": (Twin, None),
    "variant": (Variants, None),
    "subject": (Subject, None),
    "as_of": (AsOf, None),
    "draws": (Draws, 2000),
    "seed": (Seed, 0),
}
"""Options that say what to personalise."""

COMMON: dict[str, tuple[Any, Any]] = {
    "home": (Home, None),
    "as_json": (Json, False),
    "traceback": (Traceback, False),
}
"""Options of every command."""


def wish(
    *,
    twin: str | None,
    variant: list[str] | None,
    subject: str | None,
    as_of: str | None,
    draws: int,
    seed: int,
) -> "Wish":
    """Read what to personalise from the options."""
    from bodytwin.service.personalising import Wish
    from bodytwin.service.times import optional

    return Wish(
        twin=twin,
        variants=tuple(variant or ()),
        subject=subject,
        as_of=optional(as_of),
        draws=draws,
        seed=seed,
    )
