"""Studies that a twin offers beyond forecasts and comparisons, and the body it shows."""

from collections.abc import Mapping
from typing import Any

from bodytwin.contract.study import Shape, StudyingTwin, View
from bodytwin.contract.twin import Twin
from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.service.access import fresh, granted
from bodytwin.service.personalising import Wish, personalise
from bodytwin.service.workspace import Workspace
from bodytwin.store.records import read_record


def view(workspace: Workspace, patient: str, twin: str) -> View:
    """The body that a twin sees in this patient."""
    studying, known = _studying(workspace, twin)
    access = granted(workspace, patient, Action.READ, twin=twin, data="the body of a twin")
    record = read_record(workspace.store, access)
    variants = known.candidates(record)
    if not variants:
        raise MissingDataError(f"The record holds nothing that the twin '{twin}' can show.")
    return studying.view(known.observe(record, variant=variants[0]))


def study(
    workspace: Workspace,
    patient: str,
    twin: str,
    name: str,
    asked: Mapping[str, Any],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Shape:
    """Personalise where that was not done yet, then one study of the twin."""
    studying, known = _studying(workspace, twin)
    if name not in studying.studies:
        raise InvalidInputError(
            f"This twin offers no study of that name. It offers: {', '.join(studying.studies)}."
        )
    found = personalise(workspace, patient, Wish(twin=twin, seed=seed), progress=_part(progress))
    access = granted(
        workspace,
        patient,
        Action.COMPARE,
        twin=twin,
        version=known.version,
        outputs=(name,),
        data=f"{name}: {studying.studies[name]}",
    )
    answer = studying.study(name, found.first, asked, progress)
    fresh(workspace, access)
    return answer


def _studying(workspace: Workspace, name: str) -> tuple[StudyingTwin, Twin]:
    twin = workspace.twins.twin(name)
    if not isinstance(twin, StudyingTwin):
        raise InvalidInputError(f"The twin '{name}' offers no studies.")
    return twin, twin


def _part(progress: Progress) -> Progress:
    return lambda what, _share: progress(what, 0.0)
