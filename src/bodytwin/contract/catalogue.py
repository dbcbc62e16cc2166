"""Which twins are installed, found by entry point and loaded when first asked for.

A distribution offers a twin by

    [project.entry-points."bodytwin.twins"]
    name = "package.module:TWIN"

One that cannot be loaded is listed with its error and harms no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import cast

from bodytwin.contract.twin import Twin
from bodytwin.errors import InvalidInputError, NotFoundError

GROUP = "bodytwin.twins"
OWN = "bodytwin"
MEMBERS = tuple(sorted(n for n in vars(Twin) if not n.startswith("_")))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Twins by name. Looking at `names` imports nothing."""

    entries: Mapping[str, EntryPoint]
    refused: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All names offered, whether or not the twin can be loaded."""
        return tuple(self.entries)

    @cached_property
    def twins(self) -> Mapping[str, Twin]:
        """Every twin that could be loaded, by name."""
        return MappingProxyType({n: t for n, t in self._loaded.items() if not isinstance(t, str)})

    @cached_property
    def broken(self) -> Mapping[str, str]:
        """What could not be loaded, by name, and why."""
        failed = {n: t for n, t in self._loaded.items() if isinstance(t, str)}
        return MappingProxyType({**failed, **self.refused})

    def twin(self, name: str) -> Twin:
        """Load one twin; NotFoundError lists what exists."""
        if name not in self.entries:
            why = f" {self.refused[name]}" if name in self.refused else ""
            raise NotFoundError(
                f"There is no twin '{name}'.{why} Installed: {', '.join(self.names) or 'none'}."
            )
        found = _load(name, self.entries[name])
        if isinstance(found, str):
            raise NotFoundError(f"The twin '{name}' is installed and cannot be used. {found}")
        return found

    @cached_property
    def _loaded(self) -> dict[str, Twin | str]:
        return {name: _load(name, entry) for name, entry in self.entries.items()}


def catalogue() -> Catalogue:
    """List the twins of all installed distributions.

    A name that bodytwin itself has cannot be taken by another distribution; one
    that two others claim is given to neither.
    """
    offers: dict[str, dict[str, EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        offers.setdefault(entry.name, {})[_distribution(entry)] = entry
    entries: dict[str, EntryPoint] = {}
    refused: dict[str, str] = {}
    for name, by_distribution in sorted(offers.items()):
        if OWN in by_distribution or len(by_distribution) == 1:
            first = OWN if OWN in by_distribution else next(iter(by_distribution))
            entries[name] = by_distribution.pop(first)
            for other in by_distribution:
                refused[f"{name} ({other})"] = f"The name is taken by {first}. Rename this one."
        else:
            claims = ", ".join(sorted(by_distribution))
            refused[name] = f"Two distributions claim the name: {claims}. Uninstall one."
    return Catalogue(MappingProxyType(entries), MappingProxyType(refused))


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value


def _load(name: str, entry: EntryPoint) -> Twin | str:
    """Return the twin, or in a sentence why it cannot be used."""
    try:
        return _require_twin(name, entry.load())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _require_twin(name: str, found: object) -> Twin:
    lacking = [member for member in MEMBERS if not hasattr(found, member)]
    if lacking:
        raise InvalidInputError(f"It lacks {', '.join(lacking)}. See the Twin protocol.")
    twin = cast(Twin, found)
    if twin.name != name:
        raise InvalidInputError(f"Its entry point is '{name}', and it calls itself '{twin.name}'.")
    return twin
