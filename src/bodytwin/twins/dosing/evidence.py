"""What is claimed of each model of this library, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="Which dose, how often, keeps this patient's drug level or response in range?",
    population="Patients like those of the cited study of each model; the ranges are checked",
    not_for="Patients outside those ranges, interactions the model does not name, and first use "
    "without a measured level where the population is not the patient's",
    influence="One source among others: a clinician decides, with the levels measured",
    consequence="A wrong dose can harm through toxicity or lack of effect",
)


@cache
def _findings() -> dict[str, Any]:
    path = files("bodytwin.twins.dosing") / "data" / "evidence.toml"
    return tomllib.loads(path.read_text())


def evidence_of(variant: str, *, twin: str, version: str) -> Evidence:
    """All claims about one variant; a model without its own findings is verified, no more."""
    table = _findings()
    shared, own = table["all"], table.get("variants", {}).get(variant, {})
    return Evidence(
        twin=twin,
        version=version,
        variant=variant,
        level=Level[own.get("level", "PERSONALISED")],
        claims=claims_of((*own.get("claims", ()), *shared["claims"])),
        known_failures=tuple(own.get("known_failures", ())),
    )
