"""What is claimed of the tumour twin, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="How does the size of this tumour change over the coming months, "
    "if treatment goes on, stops or is changed?",
    population="Adults with solid tumours in trials of atezolizumab or docetaxel, one lesion each",
    not_for="Choosing a treatment; other kinds of treatment; lesions below 5 mm; patients who are "
    "no longer measured; effects of dose",
    influence="Shows the range of courses to expect between two scans; ranks no option",
    consequence="A course taken for granted could delay a scan or a change of treatment",
)


@cache
def _findings() -> dict[str, Any]:
    path = files("bodytwin.twins.tumour") / "data" / "evidence.toml"
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
