"""One published population model, as its data file states it.

The form of the file is described in docs/reference/model-files.md. Every key
is checked; an unknown one is an error.
"""

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from bodytwin.contract.case import ErrorModel
from bodytwin.contract.parameter import Transform
from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.record import Route
from bodytwin.twins.dosing.model import STRUCTURES, Structure

SHARED = {"between_subject": "sd", "between_occasion": "occasion_sd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the numbers were published, in whom, and what they were checked against."""

    citation: str
    population: str
    doi: str = ""
    patients: int = 0
    checked: str = "not checked"
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuantity:
    """Something that can be measured, and how a measurement misses the prediction."""

    unit: str
    error: ErrorModel
    loinc: tuple[str, ...] = ()
    amount_per_l_to_unit: float = 1.0
    lower_limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateNeed:
    """A covariate the model uses; `low` to `high` are those of its patients."""

    unit: str
    loinc: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    minimum: float = -math.inf
    maximum: float = math.inf
    missing: float | None = None
    derive: str = ""
    creatinine_floor: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How a covariate multiplies a parameter; the forms are tabled in the reference."""

    covariate: str
    form: str
    numbers: Mapping[str, float]

    def __call__(self, x: float) -> float:
        """The multiplier at covariate value `x`."""
        n = self.numbers
        match self.form:
            case "power":
                return (x / n["reference"]) ** n["exponent"]
            case "linear":
                return 1 + n["slope"] * (x - n["reference"])
            case "exponential":
                return math.exp(n["slope"] * (x - n["reference"]))
            case "factor":
                return n["factor"] ** x
            case "maturation":
                return x ** n["hill"] / (x ** n["hill"] + n["half"] ** n["hill"])
            case "below":
                return n["factor"] if x < n["threshold"] else 1.0
            case other:
                raise InvalidInputError(f"Effect form {other!r} is not in the reference.")


EFFECT_KEYS = {
    "power": {"reference", "exponent"},
    "linear": {"reference", "slope"},
    "exponential": {"reference", "slope"},
    "factor": {"factor"},
    "maturation": {"half", "hill"},
    "below": {"threshold", "factor"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationParameter:
    """Typical value and spread; `sd` and `occasion_sd` on the transformed scale."""

    value: float
    sd: float = 0.0
    occasion_sd: float = 0.0
    transform: Transform = Transform.LOG
    effects: tuple[Effect, ...] = ()
    published: str = ""

    def typical(self, covariates: Mapping[str, float]) -> float:
        """Typical value for a patient with these covariates."""
        value = self.value
        for effect in self.effects:
            value *= effect(covariates[effect.covariate])
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A range aimed at, or a limit of harm, of one outcome, and who says so."""

    outcome: str
    source: str
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulation:
    """What can really be given."""

    route: Route
    step: float
    minimum: float
    maximum: float
    intervals_h: tuple[float, ...]
    infusion_rate_per_h: float | None = None
    infusion_h: float | None = None

    def duration_h(self, amount: float) -> float:
        """How long a dose of `amount` is run in, 0 for a bolus or a swallowed dose."""
        if self.infusion_rate_per_h is not None:
            return amount / self.infusion_rate_per_h
        return self.infusion_h or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A second substance, given to test the patient."""

    rxnorm: tuple[str, ...]
    dose_unit: str


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationModel:
    """A published model of one drug in one population."""

    name: str
    drug: str
    rxnorm: tuple[str, ...]
    title: str
    structure: Structure
    dose_unit: str
    source: Source
    quantities: Mapping[str, MeasuredQuantity]
    covariates: Mapping[str, CovariateNeed]
    parameters: Mapping[str, PopulationParameter]
    correlations: Mapping[frozenset[str], float]
    transit_compartments: int
    occasion_gap_h: float
    targets: tuple[Aim, ...]
    toxicity: tuple[Aim, ...]
    formulation: Formulation
    sha256: str
    challenge: Challenge | None = None

    @property
    def content_address(self) -> str:
        """What stands for the model in a hash: the SHA-256 of its file."""
        return self.sha256

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Parameters that differ between subjects, in the order of the file."""
        return tuple(n for n, p in self.parameters.items() if p.sd > 0)

    @cached_property
    def by_occasion(self) -> tuple[str, ...]:
        """Parameters that also differ between occasions of one subject."""
        return tuple(n for n, p in self.parameters.items() if p.occasion_sd > 0)

    @property
    def compartments(self) -> int:
        """Number of compartments of the drug, 1 to 3."""
        return 1 + sum(
            n in self.parameters
            for n in ("intercompartmental_l_per_h", "second_intercompartmental_l_per_h")
        )

    @property
    def links(self) -> int:
        """Number of absorption compartments; 0 where the drug goes straight in."""
        return 1 + self.transit_compartments if "absorption_per_h" in self.parameters else 0

    @property
    def absorbs(self) -> bool:
        """Whether doses can go in other than straight into the centre."""
        own = {"absorption_per_h", "zero_order_duration_h"} & set(self.parameters)
        return bool(own) or "insulin" in self.structure.quantities


def names() -> tuple[str, ...]:
    """Names of all models that come with bodytwin, in alphabetical order."""
    folder = files("bodytwin.twins.dosing") / "data" / "models"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def load(name: str) -> PopulationModel:
    """The model `name`. Raises NotFoundError with the names that exist."""
    if name not in names():
        raise NotFoundError(f"No model {name!r}. There are: {', '.join(names())}.")
    path = files("bodytwin.twins.dosing") / "data" / "models" / f"{name}.toml"
    return read(name, path.read_bytes())


def read(name: str, content: bytes) -> PopulationModel:
    """The model that a data file states. Raises InvalidInputError naming the key that is wrong."""
    try:
        table = tomllib.loads(content.decode())
        return _model(name, table, hashlib.sha256(content).hexdigest())
    except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        if isinstance(error, KeyError):
            raise InvalidInputError(f"Model file {name}: key {error} is missing.") from error
        raise InvalidInputError(f"Model file {name}: {error}") from error


def _model(name: str, t: dict[str, Any], sha256: str) -> PopulationModel:
    _known("the file", t, {
        "drug", "rxnorm", "title", "structure", "dose_unit", "source", "quantities", "covariates",
        "parameters", "correlations", "occasion", "targets", "toxicity", "formulation", "challenge",
    })  # fmt: skip
    structure = STRUCTURES[t["structure"]]
    raw = dict(t["parameters"])
    transit = int(raw.pop("transit_compartments", {"value": 0})["value"])
    parameters = {n: _parameter(n, p) for n, p in raw.items()}
    _known("parameters", parameters, {*structure.required, *structure.optional})
    for needed in structure.required:
        parameters[needed]
    covariates = {n: _covariate(n, c) for n, c in t.get("covariates", {}).items()}
    for p in parameters.values():
        for e in p.effects:
            covariates[e.covariate]
    quantities = {n: _quantity(n, q) for n, q in t["quantities"].items()}
    _known("quantities", quantities, set(structure.quantities))
    f: dict[str, Any] = dict(t["formulation"])
    f["intervals_h"] = tuple(f["intervals_h"])
    f["route"] = Route(f["route"])
    return PopulationModel(
        name=name,
        drug=t["drug"],
        rxnorm=tuple(t["rxnorm"]),
        title=t["title"],
        structure=structure,
        dose_unit=t["dose_unit"],
        source=Source(**t["source"]),
        quantities=quantities,
        covariates=covariates,
        parameters=parameters,
        correlations={
            frozenset(c["between"]): float(c["value"]) for c in t.get("correlations", ())
        },
        transit_compartments=transit,
        occasion_gap_h=float(t.get("occasion", {}).get("gap_h", math.inf)),
        targets=tuple(Aim(**a) for a in t.get("targets", ())),
        toxicity=tuple(Aim(**a) for a in t.get("toxicity", ())),
        formulation=Formulation(**f),
        sha256=sha256,
        challenge=_challenge(t.get("challenge")),
    )


def _challenge(c: dict[str, Any] | None) -> Challenge | None:
    if c is None:
        return None
    return Challenge(rxnorm=tuple(c["rxnorm"]), dose_unit=c["dose_unit"])


def _parameter(name: str, p: dict[str, Any]) -> PopulationParameter:
    _known(name, p, {
        "value", "transform", "effects", "published", "cv_convention",
        *(f"{of}_{how}" for of in SHARED for how in ("sd", "variance", "cv_percent")),
    })  # fmt: skip
    spreads = {ours: _spread(name, theirs, p) for theirs, ours in SHARED.items()}
    return PopulationParameter(
        value=float(p["value"]),
        transform=Transform(p.get("transform", "log")),
        effects=tuple(_effect(name, e) for e in p.get("effects", ())),
        published=p.get("published", ""),
        **spreads,
    )


def _spread(name: str, of: str, p: Mapping[str, Any]) -> float:
    given = [how for how in ("sd", "variance", "cv_percent") if f"{of}_{how}" in p]
    if len(given) > 1:
        raise ValueError(f"{name}: give the {of} spread once, not as {' and '.join(given)}.")
    if not given:
        return 0.0
    number = float(p[f"{of}_{given[0]}"])
    if given[0] == "sd":
        return number
    if given[0] == "variance":
        return math.sqrt(number)
    match p["cv_convention"]:
        case "exact":
            return math.sqrt(math.log1p((number / 100) ** 2))
        case "approximate":
            return number / 100
        case other:
            raise ValueError(f"{name}: cv_convention is exact or approximate, got {other!r}.")


def _effect(name: str, e: dict[str, Any]) -> Effect:
    numbers = {k: float(v) for k, v in e.items() if k not in ("covariate", "form")}
    if set(numbers) != EFFECT_KEYS[e["form"]]:
        raise ValueError(
            f"{name}: a {e['form']} effect has {sorted(EFFECT_KEYS[e['form']])}, "
            f"got {sorted(numbers)}."
        )
    return Effect(covariate=e["covariate"], form=e["form"], numbers=numbers)


def _covariate(name: str, c: dict[str, Any]) -> CovariateNeed:
    _known(name, c, {
        "unit", "loinc", "range", "minimum", "maximum", "missing", "derive",
        "creatinine_floor_mg_per_dl",
    })  # fmt: skip
    low, high = c.get("range", (-math.inf, math.inf))
    return CovariateNeed(
        unit=c["unit"],
        loinc=tuple(c.get("loinc", ())),
        low=float(low),
        high=float(high),
        minimum=float(c.get("minimum", -math.inf)),
        maximum=float(c.get("maximum", math.inf)),
        missing=None if "missing" not in c else float(c["missing"]),
        derive=c.get("derive", ""),
        creatinine_floor=c.get("creatinine_floor_mg_per_dl", {}),
    )


def _quantity(name: str, q: dict[str, Any]) -> MeasuredQuantity:
    _known(name, q, {"unit", "loinc", "amount_per_l_to_unit", "lower_limit", "residual"})
    r = q["residual"]
    _known(f"{name} residual", r, {
        "additive_sd", "additive_variance", "proportional_sd", "proportional_variance",
        "log_sd", "log_variance", "combination",
    })  # fmt: skip

    def sd(of: str) -> float:
        if f"{of}_sd" in r and f"{of}_variance" in r:
            raise ValueError(f"{name}: give {of} as sd or as variance, not both.")
        return float(r.get(f"{of}_sd", math.sqrt(r.get(f"{of}_variance", 0.0))))

    return MeasuredQuantity(
        unit=q["unit"],
        loinc=tuple(q.get("loinc", ())),
        amount_per_l_to_unit=float(q.get("amount_per_l_to_unit", 1.0)),
        lower_limit=q.get("lower_limit"),
        error=ErrorModel(
            additive_sd=sd("additive"),
            proportional_sd=sd("proportional"),
            log_sd=sd("log"),
            sum_of_sd=r.get("combination", "sum_of_variance") == "sum_of_sd",
        ),
    )


def _known(where: str, given: Iterable[str], allowed: set[str]) -> None:
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise ValueError(
            f"{where}: unknown {', '.join(unknown)}. Known: {', '.join(sorted(allowed))}."
        )
