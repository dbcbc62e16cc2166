"""Access: a patient's key together with the permit that let it out."""

from collections.abc import Collection
from dataclasses import dataclass

from bodytwin.errors import ConsentError
from bodytwin.governance.permit import Permit
from bodytwin.governance.request import Action
from bodytwin.store.vault import OpeningKey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Access:
    """Made by `store.gate.release` alone. `key` opens what is kept of `patient`."""

    patient: str
    key: OpeningKey
    permit: Permit

    def require(
        self,
        *actions: Action,
        twin: str = "",
        version: str = "",
        outputs: Collection[str] = (),
    ) -> None:
        """Raise ConsentError unless the permit is for one of these actions and all the rest."""
        p = self.permit
        same = p.action in actions and (p.twin, p.version) == (twin, version)
        if not same or not set(outputs) <= set(p.outputs):
            raise ConsentError(
                "The permit at hand is for something else than what was to be done. "
                "This is a fault of the calling code: ask for the permit of this action."
            )
