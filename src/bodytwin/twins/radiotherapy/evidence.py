"""What is claimed of the radiotherapy twin, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="What does this dose do to tumour and organs, and what would the rest of the course "
    "do if it were changed?",
    population="Adults treated with photons from outside, in the fractions of the studies named",
    not_for="Protons and ions, brachytherapy, several fractions a day, irradiation before this "
    "course, children, and any decision without a radiation oncologist and a medical physicist",
    influence="One view beside plan review, guidelines and the patient's wishes",
    consequence="A wrong choice leaves tumour cells, or harms an organ for life",
)


@cache
def _table() -> dict[str, Any]:
    path = files("bodytwin.twins.radiotherapy") / "data" / "evidence.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def evidence_of(variant: str, *, twin: str, version: str) -> Evidence:
    """All claims; none is about the outcome of patients yet, so options are never ranked."""
    said = _table()
    return Evidence(
        twin=twin,
        version=version,
        variant=variant,
        level=Level[said["level"]],
        claims=claims_of(said["claims"]),
        known_failures=tuple(said["known_failures"]),
    )
