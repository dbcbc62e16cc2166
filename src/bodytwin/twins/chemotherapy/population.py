"""A variant as data: its drugs, what was published of them, and of whom."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.contract.case import ErrorModel
from bodytwin.errors import NotFoundError
from bodytwin.twins.chemotherapy.model.chemo_sets import published, table
from bodytwin.twins.chemotherapy.model.size import Hold, Release

NAMES = ("docetaxel_breast", "docetaxel_any", "eribulin_breast", "carboplatin_ovarian")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug: `unit` is that in which its doses act, `stated` in which plans may say them.

    `kill` names its parameter and `shares` the one whose deviation it has; `base_share` of what is
    weighed is the drug itself.
    """

    name: str
    unit: str
    rxnorm: tuple[str, ...] = ()
    infusion_h: float = 0.5
    base_share: float = 1.0
    stated: Mapping[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )
    kill: str | None = None
    shares: str | None = None
    action: Release | Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How a covariate moves a published value; the forms stand in data/blood.toml."""

    parameter: str
    covariate: str
    form: str
    by: float
    reference: float = 0.0

    def factor(self, value: float) -> float:
        """What the published value is multiplied by."""
        away = value - self.reference
        match self.form:
            case "power":
                return (value / self.reference) ** self.by
            case "factor":
                return self.by**value
            case "linear_below":
                return 1.0 + self.by * min(away, 0.0)
            case "linear_above":
                return 1.0 + self.by * max(away, 0.0)
            case _:
                return 1.0 + self.by * away


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateNeed:
    """A property of the patient that moves a value; without `missing` it must be known."""

    unit: str
    loinc: tuple[str, ...] = ()
    missing: float | None = None
    range: tuple[float, float] = (float("-inf"), float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChemoModel:
    """One variant. `value` and `variance` (of the logarithm) run over all published parameters."""

    name: str
    title: str
    population: str
    source: str
    subject: str
    assumed: tuple[str, ...]
    drugs: Mapping[str, Drug]
    value: Mapping[str, float]
    variance: Mapping[str, float]
    blood: str | None = None
    blood_error: ErrorModel | None = None
    size_error: ErrorModel | None = None
    effects: tuple[Effect, ...] = ()
    covariates: Mapping[str, CovariateNeed] = field(default_factory=dict[str, CovariateNeed])
    women_only: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """Parameters in which patients differ, in order."""
        return tuple(name for name, v in self.variance.items() if v > 0)

    @property
    def has_size(self) -> bool:
        """Whether the size of the tumour is foreseen."""
        return self.size_error is not None

    @property
    def has_blood(self) -> bool:
        """Whether neutrophils are foreseen."""
        return self.blood is not None


@cache
def load(name: str) -> ChemoModel:
    """One variant by name. Raises NotFoundError with the names that exist."""
    if name not in NAMES:
        raise NotFoundError(f"No model {name!r}. There are: {', '.join(NAMES)}.")
    path = files("bodytwin.twins.chemotherapy") / "data" / "variants" / f"{name}.toml"
    t = tomllib.loads(path.read_text(encoding="utf-8"))
    value: dict[str, float] = {}
    variance: dict[str, float] = {}
    parts = [t["size"]] if "size" in t else []
    parts += [(t["blood"], "exposure"), (t["blood"], "neutrophils")] if "blood" in t else []
    for file, part in parts:
        found = published(file, part)
        value |= found.value
        variance |= found.variance
    actions: Mapping[str, Any] = table(t["size"][0])["action"] if "size" in t else {}
    blood: dict[str, Any] = dict(table("blood")[t["blood"]]) if "blood" in t else {}
    return ChemoModel(
        name=name,
        title=t["title"],
        population=t["population"],
        source=t["source"],
        subject=t["subject"],
        assumed=tuple(t["assumed"]),
        drugs={n: _drug(n, row, actions.get(n)) for n, row in t["drugs"].items()},
        value=value,
        variance=variance,
        blood=t.get("blood"),
        blood_error=ErrorModel(**blood["error"]) if blood else None,
        size_error=ErrorModel(additive_sd=t["size_error_mm"]) if "size" in t else None,
        effects=tuple(Effect(**row) for row in blood.get("effects", ())),
        covariates={n: _need(row) for n, row in blood.get("covariates", {}).items()},
        women_only=t.get("women_only", False),
    )


def _drug(name: str, row: Mapping[str, Any], action: Mapping[str, Any] | None) -> Drug:
    known = dict(row)
    stated = {unit: (float(low), float(high)) for unit, (low, high) in known.pop("stated").items()}
    rates = {k: v for k, v in (action or {}).items() if k != "published"}
    acts: Release | Hold | None = None
    if rates:
        acts = Release(**rates) if "release_per_d" in rates else Hold(**rates)
    return Drug(
        name=name, stated=stated, action=acts, rxnorm=tuple(known.pop("rxnorm")), **known
    )  # fmt: skip


def _need(row: Mapping[str, Any]) -> CovariateNeed:
    low, high = row.get("range", (float("-inf"), float("inf")))
    return CovariateNeed(
        unit=row["unit"],
        loinc=tuple(row.get("loinc", ())),
        missing=row.get("missing"),
        range=(float(low), float(high)),
    )
