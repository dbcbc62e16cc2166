"""Share: a copy without what tells who it is; of a record, or of a DICOM file."""

from dataclasses import dataclass
from typing import Any

from bodytwin.governance.deidentify.dicom import Deidentified, deidentify
from bodytwin.governance.deidentify.profile import Profile
from bodytwin.governance.deidentify.record import Shared, deidentify_rows
from bodytwin.governance.deidentify.table import table
from bodytwin.governance.request import Action
from bodytwin.record import Treatment
from bodytwin.record.code import LOCAL
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace
from bodytwin.store.records import Known, read_demographics, read_facts
from bodytwin.store.rows import KINDS, quantity_of

SHIFTED = Profile(modified_dates=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The bytes of a table, and the names of the columns that stayed behind."""

    data: bytes
    rows: int
    left_behind: tuple[str, ...]


def share(workspace: Workspace, patient: str, *, with_days: bool = True) -> Copy:
    """The record as a table without identifiers; every time moved by the same unknown span.

    With `with_days` False times are hours since the first row, and no date is left.
    """
    access = granted(workspace, patient, Action.SHARE, data="the record, without identifiers")
    store = workspace.store
    person = read_demographics(store, access)
    facts = [k for k in read_facts(store, access) if not k.superseded]
    shared: Shared = deidentify_rows(
        [_row(k) for k in facts],
        key=store.vault.share_key,
        patient=patient,
        with_days=with_days,
        identifiers=person.name.split(),
        local_codes={k.fact.code.code for k in facts if k.fact.code.system == LOCAL},
    )
    return Copy(data=table(shared.rows), rows=len(shared.rows), left_behind=shared.left_behind)


def share_image(
    workspace: Workspace, data: bytes, *, patient: str = "", pixels_were_checked: bool = False
) -> Deidentified:
    """A DICOM file without identifiers (PS3.15, basic profile), its dates moved as those of rows.

    `patient` is the pseudonym whose record is shared beside it.
    """
    return deidentify(
        data,
        key=workspace.store.vault.share_key,
        profile=SHIFTED,
        patient=patient,
        pixels_were_checked=pixels_were_checked,
    )


def _row(known: Known) -> dict[str, Any]:
    fact = known.fact
    quantity = quantity_of(fact)
    return {
        "kind": KINDS[type(fact)],
        "system": fact.code.system,
        "code": fact.code.code,
        "time": fact.instant.moment,
        "value": quantity.value,
        "unit": quantity.unit,
        "comparator": quantity.comparator.value if quantity.comparator else None,
        "route": fact.route.value if isinstance(fact, Treatment) else None,
        "duration_h": fact.duration_h if isinstance(fact, Treatment) else None,
    }
