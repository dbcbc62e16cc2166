"""What could be done to this heart: burn, give a drug, pace.

As text, joined by `;`:

    nothing
    ablate 12.5 -30 48                 a point in mm, 5 mm around it
    ablate 1 2 3 - 4 5 6 radius 4      a line
    give amiodarone                    at its usual free concentration; x 2 for twice it
    pace RV apex + segment 11 after 20 two sites, the second 20 ms later
"""

import re
from dataclasses import dataclass

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError

Point = tuple[float, float, float]
RADIUS_MM = 5.0
RADII_MM = (1.0, 12.0)
"""Smallest and largest radius that a lesion may have."""
LARGEST_MULTIPLE = 10.0
SYNTAX = (
    "Write 'nothing', 'ablate X Y Z', 'ablate X Y Z - X Y Z radius R', 'give DRUG', "
    "'give DRUG x 2' or 'pace SITE + SITE after MS', joined by ';'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """A lesion around one point, or along the line through several, in mm."""

    points_mm: tuple[Point, ...]
    radius_mm: float = RADIUS_MM

    def __post_init__(self) -> None:
        if not self.points_mm:
            raise InvalidPlanError("An ablation needs at least one point.")
        low, high = RADII_MM
        if not low <= self.radius_mm <= high:
            raise InvalidPlanError(
                f"A lesion has a radius of {low:g} to {high:g} mm, got {self.radius_mm:g} mm."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug at a multiple of its usual free concentration in plasma."""

    name: str
    multiple: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.multiple <= LARGEST_MULTIPLE:
            raise InvalidPlanError(
                f"A drug is tried at up to {LARGEST_MULTIPLE:g} times its usual concentration, "
                f"got {self.multiple:g}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """Pacing from named sites, each `delays_ms` after the first stimulus."""

    sites: tuple[str, ...]
    delays_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.sites or len(self.sites) != len(self.delays_ms):
            raise InvalidPlanError("Pacing needs sites, and a delay for each.")
        if min(self.delays_ms) < 0 or max(self.delays_ms) > 300:
            raise InvalidPlanError("Delays between sites are 0 to 300 ms.")


Intervention = Ablation | Drug | Pacing
RhythmPlan = Plan[Intervention]

NUMBER = r"[-+]?\d+(?:\.\d+)?"
POINT = re.compile(rf"({NUMBER})[ ,]+({NUMBER})[ ,]+({NUMBER})")
DRUG = re.compile(rf"give ([a-z][a-z -]*?)(?: x ({NUMBER}))?")
RADIUS = re.compile(rf"(.*?)(?: radius ({NUMBER})(?: mm)?)?")
SITE = re.compile(rf"(.+?)(?: after ({NUMBER})(?: ms)?)?")


def interventions_from_text(text: str) -> tuple[Intervention, ...]:
    """The interventions that `text` says; InvalidPlanError with the syntax where it says none."""
    found: list[Intervention] = []
    for part in text.split(";"):
        words = " ".join(part.split())
        if words.lower() not in ("nothing", ""):
            found.append(_one(words))
    if not text.strip():
        raise InvalidPlanError(f"A plan says something. {SYNTAX}")
    return tuple(found)


def _one(words: str) -> Intervention:
    kind = words.split(" ", 1)[0].lower()
    rest = words[len(kind) :].strip()
    match kind:
        case "ablate":
            return _ablation(rest)
        case "give":
            return _drug(words.lower())
        case "pace":
            return _pacing(rest)
        case _:
            raise InvalidPlanError(f"'{words[:40]}' is not understood. {SYNTAX}")


def _ablation(words: str) -> Ablation:
    body = RADIUS.fullmatch(words)
    assert body is not None
    points: list[Point] = []
    for place in re.split(r" - ", body[1]):
        found = POINT.fullmatch(place.strip())
        if found is None:
            raise InvalidPlanError(f"'{place[:40]}' is no point of three numbers in mm. {SYNTAX}")
        points.append((float(found[1]), float(found[2]), float(found[3])))
    return Ablation(points_mm=tuple(points), radius_mm=float(body[2] or RADIUS_MM))


def _drug(words: str) -> Drug:
    found = DRUG.fullmatch(words)
    if found is None:
        raise InvalidPlanError(f"'{words[:40]}' names no drug. {SYNTAX}")
    return Drug(name=found[1].strip(), multiple=float(found[2] or 1.0))


def _pacing(words: str) -> Pacing:
    sites: list[str] = []
    delays: list[float] = []
    for place in words.split("+"):
        found = SITE.fullmatch(place.strip())
        if found is None:
            raise InvalidPlanError(f"A site to pace from is missing. {SYNTAX}")
        sites.append(found[1].strip())
        delays.append(float(found[2] or 0.0))
    return Pacing(sites=tuple(sites), delays_ms=tuple(delays))
