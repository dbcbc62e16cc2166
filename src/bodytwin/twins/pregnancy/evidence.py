"""What is claimed of the pregnancy twin, and the findings that bear on it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.validity.claim import ContextOfUse, Evidence, Level, claims_of

CONTEXT = ContextOfUse(
    question="How long will this pregnancy last, and what did trials find of what could be done?",
    population="Pregnant women with one child or two, 14 to 40 weeks; chances as of births in the "
    "United States in 2023 and of the studies named",
    not_for="Women in labour, with ruptured membranes, or with a cerclage or pessary in place; "
    "three children or more; choosing a treatment; what the mechanics of womb and cervix may say",
    influence="Shows chances beside those of all women, and what randomised trials found; ranks "
    "no option",
    consequence="A chance taken for too low could delay care, one taken for too high lead to an "
    "intervention that does not help",
)


@cache
def _findings() -> dict[str, Any]:
    path = files("bodytwin.twins.pregnancy") / "data" / "evidence.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def evidence_of(variant: str, *, twin: str, version: str) -> Evidence:
    """All claims about the one variant."""
    found = _findings()["all"]
    return Evidence(
        twin=twin,
        version=version,
        variant=variant,
        level=Level.PERSONALISED,
        claims=claims_of(found["claims"]),
        known_failures=tuple(found["known_failures"]),
    )
