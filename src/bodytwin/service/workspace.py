"""What every use case works with: a store, the installed twins and a clock."""

import platform
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from bodytwin.contract.catalogue import Catalogue, catalogue
from bodytwin.governance.request import Actor, Role
from bodytwin.service.settings import Settings
from bodytwin.store.home import Store, open_store

SOFTWARE = ("bodytwin", "numpy", "scipy", "numba")


LOCAL = Actor(id="local", role=Role.LOCAL, name="You")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The store, the twins, what time it is, who works here and what for.

    `purpose` None means the usual purpose of each action: for a person on their
    own machine, who is not asked what needs no asking.
    """

    store: Store
    twins: Catalogue
    clock: Callable[[], datetime]
    actor: Actor = LOCAL
    purpose: str | None = None


def now() -> datetime:
    """The time by the clock of this machine, in UTC."""
    return datetime.now(UTC)


@contextmanager
def workspace(settings: Settings, *, clock: Callable[[], datetime] = now) -> Generator[Workspace]:
    """Open the store that the settings name, with every installed twin."""
    store = open_store(settings.home, url=settings.database, keys=settings.keys)
    try:
        yield Workspace(store=store, twins=catalogue(), clock=clock, purpose=settings.purpose)
    finally:
        store.close()


def software() -> Mapping[str, str]:
    """Versions of what a result depends on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in SOFTWARE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
