"""Access: a patient's key together with the permit that let it out."""

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

    def require(self, *actions: Action, twin: str = "", version: str = "") -> None:
        """Raise ConsentError unless the permit is for one of these actions, and for this twin."""
        p = self.permit
        if p.action not in actions or (p.twin, p.version) != (twin, version):
            raise ConsentError(
                "The permit at hand is for something else than what was to be done. "
                "This is a fault of the calling code: ask for the permit of this action."
            )
