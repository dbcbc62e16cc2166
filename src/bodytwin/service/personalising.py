"""Personalise: from a patient's record to kept posteriors, one for each published model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract import affordable
from bodytwin.contract import personalise as condition
from bodytwin.contract.average import model_weights
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import ExpensiveTwin, Twin
from bodytwin.errors import ConsentError, InvalidInputError, Refusal
from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress, silent
from bodytwin.record import Record
from bodytwin.service.access import fresh, granted
from bodytwin.service.choice import choose
from bodytwin.service.workspace import Workspace, software
from bodytwin.store.access import Access
from bodytwin.store.posteriors import (
    KeptPosterior,
    keep_posterior,
    latest_posterior,
    read_posterior,
)
from bodytwin.store.records import read_record

DRAWS = 2000
LARGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to personalise: names left out are chosen from what the record holds."""

    twin: str | None = None
    variants: tuple[str, ...] = ()
    subject: str | None = None
    as_of: datetime | None = None
    draws: int = DRAWS
    seed: int = 0

    def __post_init__(self) -> None:
        if not 100 <= self.draws <= LARGEST:
            raise InvalidInputError(
                f"Draws must be from 100 to {LARGEST}, got {self.draws}. 2000 is usual."
            )
        if self.seed < 0:
            raise InvalidInputError("A seed must be zero or positive.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Personalised:
    """Posteriors of one patient, with the weight of each; `refused` says which models declined.

    `record` is all that was known, later data than the posteriors' included.
    """

    twin: Twin
    record: Record
    posteriors: tuple[Posterior, ...]
    weights: NDArray[np.float64]
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def first(self) -> Posterior:
        """The posterior of most weight."""
        return self.posteriors[int(np.argmax(self.weights))]


def personalise(
    workspace: Workspace, patient: str, wish: Wish, *, progress: Progress = silent
) -> Personalised:
    """Condition every model that concerns the patient on the record, and keep the posteriors.

    A model that refuses the patient, or was given other measurements than the
    first, is left out with its reasons; if none is left, all reasons are raised.
    Where nothing has changed since the last time, what is kept is returned.
    """
    reading = granted(workspace, patient, Action.READ, data="the whole record")
    known_at = workspace.clock()
    record = read_record(workspace.store, reading, known_at=known_at)
    chosen = choose(workspace, record, twin=wish.twin, variants=wish.variants, subject=wish.subject)
    access = granted(
        workspace,
        patient,
        Action.PERSONALISE,
        twin=chosen.twin.name,
        version=chosen.twin.version,
        data=f"{chosen.subject}: the record up to {wish.as_of or known_at:%Y-%m-%d %H:%M}",
    )
    twin = chosen.twin
    if isinstance(twin, ExpensiveTwin):
        twin = twin.watched(progress)
    refused: dict[str, tuple[str, ...]] = {}
    made: list[Posterior] = []
    for i, variant in enumerate(chosen.variants):
        progress(f"Personalising {variant}", i / len(chosen.variants))
        try:
            made.append(_one(workspace, access, twin, record, variant, wish, known_at))
        except ConsentError:
            raise
        except Refusal as refusal:
            refused[variant] = refusal.reasons
    if not made:
        raise _all_refused(refused)
    kept, refused = _comparable(made, refused)
    progress("Personalised", 1.0)
    return Personalised(
        twin=twin,
        record=record,
        posteriors=tuple(kept),
        weights=model_weights(kept),
        refused=refused,
    )


def _one(
    workspace: Workspace,
    access: Access,
    twin: Twin,
    record: Record,
    variant: str,
    wish: Wish,
    known_at: datetime,
) -> Posterior:
    case = twin.observe(record, variant=variant, as_of=wish.as_of)
    last = latest_posterior(workspace.store, access, twin=twin.name, variant=variant)
    if last and (last.case_digest, last.seed, len(last.values)) == (
        case.digest,
        wish.seed,
        affordable(twin, wish.draws),
    ):
        return revived(last, twin, record)
    parent = last.id if last and last.as_of <= case.as_of and last.version == twin.version else None
    posterior = condition(twin, case, draws=wish.draws, seed=wish.seed, parent=parent)
    keep_posterior(
        workspace.store,
        fresh(workspace, access),
        posterior,
        known_at=known_at,
        made_at=workspace.clock(),
        software=software(),
    )
    return posterior


def _all_refused(refused: Mapping[str, tuple[str, ...]]) -> Refusal:
    if len(refused) == 1:
        return Refusal(*next(iter(refused.values())))
    return Refusal(*(f"{name}: {' '.join(why)}" for name, why in refused.items()))


def _comparable(
    made: Sequence[Posterior], refused: dict[str, tuple[str, ...]]
) -> tuple[list[Posterior], dict[str, tuple[str, ...]]]:
    """Keep the models that saw what the first that fits saw, and that describe it."""
    fits = [p for p in made if p.fit.describes_the_data and p.method.trusted]
    first = (fits or list(made))[0]
    kept: list[Posterior] = []
    for posterior in made:
        name = posterior.case.variant
        if _seen(posterior) != _seen(first):
            refused[name] = ("It was given other measurements than the first model.",)
        elif fits and posterior not in fits:
            refused[name] = (posterior.fit.words,)
        else:
            kept.append(posterior)
    return kept, refused


def _seen(posterior: Posterior) -> tuple[object, ...]:
    return tuple((m.quantity, m.time_h, m.value, m.unit) for m in posterior.case.measurements)


def revive(workspace: Workspace, patient: str, identity: str) -> Personalised:
    """A kept posterior, ready to forecast from: its case seen anew in what was known then."""
    access = granted(workspace, patient, Action.READ, data="the whole record and a posterior")
    kept = read_posterior(workspace.store, access, identity)
    twin = workspace.twins.twin(kept.twin)
    record = read_record(workspace.store, access, known_at=kept.known_at)
    posterior = revived(kept, twin, record)
    return Personalised(
        twin=twin,
        record=read_record(workspace.store, access),
        posteriors=(posterior,),
        weights=np.ones(1),
    )


def revived(kept: KeptPosterior, twin: Twin, record: Record) -> Posterior:
    """The posterior that was kept, its case seen in the record as it was known then."""
    case = twin.observe(record, variant=kept.variant, as_of=kept.as_of)
    if case.digest != kept.case_digest or twin.version != kept.version:
        raise Refusal(
            f"This posterior was made by version {kept.version} of {kept.variant}, which sees the "
            f"record otherwise than the one installed ({twin.version}). Its draws can still be "
            "read; personalise anew to forecast."
        )
    return Posterior(
        case=case,
        prior=kept.prior,
        values=kept.values,
        method=kept.method,
        fit=kept.fit,
        seed=kept.seed,
        parent=kept.parent,
    )
