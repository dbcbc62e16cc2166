"""What is claimed of the chemotherapy twin, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="Which regimen for this patient: how does the tumour answer, and how far do the "
    "neutrophils fall, and for how long?",
    population="Adults under docetaxel, docetaxel with capecitabine, eribulin, or carboplatin with "
    "or without gemcitabine, like those of the cited studies",
    not_for="Other drugs; growth factors; platelets, kidneys, nerves and gut; survival; patients "
    "with a failing liver; choosing whether to treat at all",
    influence="Shows what to expect of regimens side by side, each with its doubt; ranks none",
    consequence="A regimen taken for milder than it is could lead to sepsis, one taken for "
    "stronger than it is to a tumour that grows",
)


@cache
def _findings() -> dict[str, Any]:
    path = files("bodytwin.twins.chemotherapy") / "data" / "evidence.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def evidence_of(variant: str, *, twin: str, version: str) -> Evidence:
    """All claims about one variant; one without findings of its own is verified, no more."""
    found = _findings()
    shared, own = found["all"], found.get("variants", {}).get(variant, {})
    return Evidence(
        twin=twin,
        version=version,
        variant=variant,
        level=Level[own.get("level", "SIMULATOR")],
        claims=claims_of((*own.get("claims", ()), *shared["claims"])),
        known_failures=(*own.get("known_failures", ()), *shared.get("known_failures", ())),
    )
