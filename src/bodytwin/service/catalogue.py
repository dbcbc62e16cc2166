"""The installed twins, and what each is for."""

from typing import Any

from bodytwin.service.shapes import plain
from bodytwin.service.workspace import Workspace


def twins(workspace: Workspace, *, name: str | None = None) -> dict[str, Any]:
    """Every installed twin with its models, and what could not be loaded."""
    broken = workspace.twins.broken
    names = [name] if name else [n for n in workspace.twins.names if n not in broken]
    return plain(
        {
            "twins": [_shape(workspace, n) for n in names],
            "broken": dict(broken),
        }
    )


def _shape(workspace: Workspace, name: str) -> dict[str, Any]:
    twin = workspace.twins.twin(name)
    return {
        "name": twin.name,
        "version": twin.version,
        "question": twin.context.question,
        "population": twin.context.population,
        "not_for": twin.context.not_for,
        "variants": [
            {
                "name": v.name,
                "title": v.title,
                "subject": v.subject,
                "population": v.population,
                "source": v.source,
                "level": twin.evidence(v.name).level.name,
            }
            for v in twin.variants.values()
        ],
    }
