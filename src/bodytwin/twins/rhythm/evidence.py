"""What is claimed of the rhythm twin, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="Can this heart fall into a dangerous circuit, where is it, and what would end it?",
    population="Adults with a healed infarct whose ventricles and scar were imaged",
    not_for="Inherited channel diseases, acute ischaemia, ventricular fibrillation, atria, "
    "hearts with a device that paces, and any decision without an electrophysiologist",
    influence="A hypothesis beside mapping in the laboratory, which decides",
    consequence="A wrong target burns viable muscle or leaves a circuit that can kill",
)


@cache
def _table() -> dict[str, Any]:
    path = files("bodytwin.twins.rhythm") / "data" / "evidence.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def evidence_of(variant: str, *, twin: str, version: str) -> Evidence:
    """All claims; none is about the outcome of patients yet, so options are never ranked."""
    table = _table()
    return Evidence(
        twin=twin,
        version=version,
        variant=variant,
        level=Level[table["level"]],
        claims=claims_of(table["claims"]),
        known_failures=tuple(table["known_failures"]),
    )
