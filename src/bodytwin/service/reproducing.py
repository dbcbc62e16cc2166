"""Make a kept posterior again from its inputs, and say what differs."""

from dataclasses import dataclass

import numpy as np

from bodytwin.contract import personalise as condition
from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace, software
from bodytwin.store.posteriors import read_posterior
from bodytwin.store.records import read_record

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Whether the draws came out the same: to the bit, or within `largest_difference` (relative).

    `differences` names what is not as it was when the posterior was made.
    """

    posterior: str
    same_bits: bool
    largest_difference: float
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the draws agree to rounding."""
        return self.same_bits or self.largest_difference <= TOLERANCE


def reproduce(workspace: Workspace, patient: str, identity: str) -> Reproduction:
    """Observe what was known then, condition again with the same seed, and compare the draws."""
    access = granted(workspace, patient, Action.READ, data="the whole record and a posterior")
    kept = read_posterior(workspace.store, access, identity)
    twin = workspace.twins.twin(kept.twin)
    record = read_record(workspace.store, access, known_at=kept.known_at)
    case = twin.observe(record, variant=kept.variant, as_of=kept.as_of)
    again = condition(twin, case, draws=len(kept.values), seed=kept.seed, parent=kept.parent)
    differences = [
        f"{name} was {kept.software[name]} and is {now}."
        for name, now in software().items()
        if kept.software.get(name) != now and name in kept.software
    ]
    if twin.version != kept.version:
        differences.append(f"The twin was version {kept.version} and is {twin.version}.")
    if case.digest != kept.case_digest:
        differences.append("The twin sees the same record otherwise than it did.")
    scale = np.maximum(np.abs(kept.values), np.finfo(np.float64).tiny)
    gap = np.abs(again.values - kept.values) / scale
    return Reproduction(
        posterior=kept.id,
        same_bits=again.values.tobytes() == kept.values.tobytes() and again.id == kept.id,
        largest_difference=float(gap.max(initial=0.0)),
        differences=tuple(differences),
    )
