"""Import tables one after the other, change a consent, read; say each time what is done."""

from collections.abc import Callable
from pathlib import Path

from bodytwin.service.consenting import choose
from bodytwin.service.importing import import_table
from bodytwin.service.people import timeline
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from tests.made_up import MAPPING


def table(patient: int, visits: int) -> bytes:
    """One patient with a dose and `visits` levels."""
    rows = [
        f"{patient},0,20,1.4,.,1",
        *(f"{patient},{3 + v},.,1.4,{15 + v},0" for v in range(visits)),
    ]
    return "\n".join(["ID,TIME,AMT,WT,DV,EVID", *rows, ""]).encode()


def main(home: Path, first: int, tell: Callable[[tuple[str, str, object]], None]) -> None:
    """Go on until killed."""
    with workspace(Settings(home=home)) as work:
        patient = first
        while True:
            for visits in (1, 2, 3):
                (name,) = import_table(
                    work, table(patient, visits), mapping=MAPPING.encode()
                ).added.patients
                tell(("facts", name, len(timeline(work, name).facts)))
            tell(("consent", name, choose(work, name, {"research": "deny"}).consent.id))
            patient += 1
