"""Which twin and which of its published models concern a patient."""

from collections.abc import Sequence
from dataclasses import dataclass

from bodytwin.contract.twin import Twin
from bodytwin.errors import InvalidInputError, MissingDataError, NotFoundError
from bodytwin.record import Record
from bodytwin.service.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A twin and the models of it to be asked, all of one subject (one drug, one organ)."""

    twin: Twin
    variants: tuple[str, ...]
    subject: str


def choose(
    workspace: Workspace,
    record: Record,
    *,
    twin: str | None = None,
    variants: Sequence[str] = (),
    subject: str | None = None,
) -> Chosen:
    """What was asked for, or whatever concerns this record where that is only one thing."""
    if variants:
        return _named(workspace, variants, twin)
    found = [c for c in subjects(workspace, record, twin=twin) if subject in (None, c.subject)]
    if not found:
        raise MissingDataError(
            "The record holds nothing that "
            + (f"the twin '{twin}'" if twin else "any installed twin")
            + (f" knows under '{subject}'" if subject else " can use")
            + ". `bodytwin timeline` shows what it holds, `bodytwin twins` what each twin is for."
        )
    if len(found) > 1:
        choices = ", ".join(f"{c.twin.name}: {c.subject}" for c in found)
        raise InvalidInputError(
            f"The record concerns several things ({choices}). Choose one with --subject."
        )
    return found[0]


def subjects(
    workspace: Workspace, record: Record, *, twin: str | None = None
) -> tuple[Chosen, ...]:
    """Everything that the installed twins could say something about, from this record."""
    return tuple(
        Chosen(twin=candidate, variants=tuple(names), subject=what)
        for candidate in _twins(workspace, twin)
        for what, names in _by_subject(candidate, record).items()
    )


def _named(workspace: Workspace, variants: Sequence[str], twin: str | None) -> Chosen:
    for candidate in _twins(workspace, twin):
        if all(name in candidate.variants for name in variants):
            subjects = {candidate.variants[name].subject for name in variants}
            if len(subjects) > 1:
                raise InvalidInputError(
                    f"These models are of different things: {', '.join(sorted(subjects))}."
                )
            return Chosen(twin=candidate, variants=tuple(variants), subject=subjects.pop())
    raise NotFoundError(
        f"No twin has {' and '.join(variants)}. `bodytwin twins` lists every model."
    )


def _twins(workspace: Workspace, name: str | None) -> list[Twin]:
    if name is not None:
        return [workspace.twins.twin(name)]
    broken = workspace.twins.broken
    return [workspace.twins.twin(n) for n in workspace.twins.names if n not in broken]


def _by_subject(twin: Twin, record: Record) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in twin.candidates(record):
        found.setdefault(twin.variants[name].subject, []).append(name)
    return found
