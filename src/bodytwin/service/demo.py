"""Demo: once through everything, with real patients, each step in plain words."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.record import Observation
from bodytwin.service import shapes
from bodytwin.service.comparing import compare
from bodytwin.service.evidence import evidence
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.importing import import_fhir, import_table
from bodytwin.service.people import everyone, timeline
from bodytwin.service.personalising import Wish, personalise
from bodytwin.service.reporting import report
from bodytwin.service.reproducing import reproduce
from bodytwin.service.scoring import score
from bodytwin.service.validating import Design, validate
from bodytwin.service.words import AS_GIVEN
from bodytwin.service.workspace import Workspace

DATA = files("bodytwin.service") / "demo_data"
TABLE, MAPPING = "phenobarbital_neonates.csv", "phenobarbital_neonates.toml"
BUNDLE = "theophylline_subject_1.fhir.json"
NEONATE = "2"
FOLDS = 10
VARIANT = "phenobarbital_grasela_1985"
PLANS = ("2 mg every 12 h", "3 mg every 12 h", "4 mg every 12 h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done, and what came of it; `kind` names the form of `shape`."""

    says: str
    kind: str
    shape: dict[str, Any]


def demo(
    workspace: Workspace,
    *,
    page: Path,
    data: Traversable = DATA,
    progress: Progress = silent,
) -> Generator[Step]:
    """Walk through import, forecast, outcome, comparison, replay, FHIR and report."""
    if everyone(workspace):
        raise InvalidInputError("The demo needs an empty folder. Leave --home out, or name one.")
    whole, mapping = _held(data, TABLE), _held(data, MAPPING)
    patient = yield from _one_neonate(workspace, whole, mapping)
    yield from _outcome(workspace, whole, mapping)
    yield from _plans(workspace, patient)
    found = validate(workspace, variant=VARIANT, design=Design(folds=FOLDS), progress=progress)
    yield Step(
        says="Every neonate is replayed in time order: each level is forecast from the earlier "
        "ones, with a population learned from other neonates.",
        kind="validation",
        shape=shapes.validation(found),
    )
    yield from _fhir(workspace, _held(data, BUNDLE))
    yield from _written(workspace, patient, page)


def _one_neonate(workspace: Workspace, whole: bytes, mapping: bytes) -> Generator[Step, None, str]:
    took = import_table(workspace, before_last_level(whole, NEONATE), mapping=mapping)
    yield Step(
        says="One real neonate on phenobarbital is imported, up to before the last level.",
        kind="imported",
        shape={"files": [shapes.took(took)]},
    )
    patient = took.added.patients[0]
    found = personalise(workspace, patient, Wish())
    yield Step(
        says="The published model is personalised from the first levels.",
        kind="personalised",
        shape=shapes.personalised(found),
    )
    at = _last_level_h(whole, NEONATE)
    when = When(moment=found.first.case.origin + timedelta(hours=at))
    said = forecast(workspace, found, when=[when])
    yield Step(
        says="The next level is forecast, and the forecast entered in the log before looking.",
        kind="registered",
        shape=shapes.registered(said),
    )
    return patient


def _outcome(workspace: Workspace, whole: bytes, mapping: bytes) -> Generator[Step]:
    took = import_table(workspace, whole, mapping=mapping)
    yield Step(
        says="Now the whole table arrives. What was known already is not added again.",
        kind="imported",
        shape={"files": [shapes.took(took)]},
    )
    yield Step(
        says="The level that was measured is held against the forecast.",
        kind="scoring",
        shape=shapes.scoring(score(workspace)),
    )


def _plans(workspace: Workspace, patient: str) -> Generator[Step]:
    found = personalise(workspace, patient, Wish())
    compared = compare(workspace, found, plans=PLANS)
    yield Step(
        says="Personalised again with the new level, three regimens are tried on the same draws.",
        kind="compared",
        shape=shapes.compared(compared),
    )
    again = reproduce(workspace, patient, found.first.id)
    yield Step(
        says="The posterior is made again from what was stored, and compared bit for bit.",
        kind="reproduced",
        shape=shapes.plain(again),
    )


def _fhir(workspace: Workspace, bundle: bytes) -> Generator[Step]:
    took = import_fhir(workspace, bundle)
    yield Step(
        says="A FHIR bundle is imported: one adult who took theophylline once.",
        kind="imported",
        shape={"files": [shapes.took(took)]},
    )
    patient = took.added.patients[0]
    facts = timeline(workspace, patient).facts
    measured = sorted({k.fact.instant.moment for k in facts if isinstance(k.fact, Observation)})
    found = personalise(
        workspace, patient, Wish(subject="theophylline", as_of=measured[len(measured) // 2])
    )
    yield Step(
        says="The first half of the levels personalises the model.",
        kind="personalised",
        shape=shapes.personalised(found),
    )
    said = forecast(workspace, found, when=[When(moment=measured[-1])], plan=AS_GIVEN, replay=True)
    yield Step(
        says="The last level is forecast. It is in the record already, so this counts as a replay.",
        kind="registered",
        shape=shapes.registered(said),
    )
    yield Step(
        says="And held against what was measured.",
        kind="scoring",
        shape=shapes.scoring(score(workspace)),
    )


def _written(workspace: Workspace, patient: str, page: Path) -> Generator[Step]:
    shown = evidence(workspace, twin="dosing", variant=VARIANT)
    yield Step(
        says="What speaks for the model, and the log of every forecast made here.",
        kind="evidence",
        shape=shapes.shown(shown),
    )
    found = personalise(workspace, patient, Wish())
    report(workspace, found, path=page, plans=PLANS)
    yield Step(
        says="One page with all of this about the neonate is written.",
        kind="written",
        shape={"path": str(page.resolve())},
    )


def _held(data: Traversable, name: str) -> bytes:
    try:
        return (data / name).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"This installation lacks {name}. Install bodytwin again.") from error


def before_last_level(table: bytes, patient: str) -> bytes:
    """The header and the rows of one patient, up to before the last measurement."""
    header, rows = _rows_of(table, patient)
    last = max(i for i, row in enumerate(rows) if _is_level(header, row))
    return "\n".join([",".join(header), *(",".join(r) for r in rows[:last]), ""]).encode()


def _last_level_h(table: bytes, patient: str) -> float:
    header, rows = _rows_of(table, patient)
    return float([r for r in rows if _is_level(header, r)][-1][header.index("TIME")])


def _rows_of(table: bytes, patient: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = (line.split(",") for line in table.decode().split())
    return header, [r for r in rows if r[header.index("ID")] == patient]


def _is_level(header: list[str], row: list[str]) -> bool:
    return row[header.index("EVID")] == "0"
