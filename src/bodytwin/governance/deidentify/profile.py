"""What happens to each attribute of a DICOM object?

The table E.1-1 of PS3.15 decides, read with the options of a `Profile`. Where
it leaves a choice (X/Z, X/D, Z/D), the attribute stays, empty or with a dummy,
so that the object remains what its class says.

Stricter than the table: free text (LT, ST, UC, UR, UT), names of people (PN)
and of nodes (AE) that it does not list are removed; so are days and times that
it does not list, attributes that no dictionary knows, and whatever is declared
as something else than the dictionary says.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_PACKAGE = "bodytwin.governance.deidentify"
STRICT_VR = frozenset({"AE", "LT", "PN", "ST", "UC", "UR", "UT"})
TIME_VR = frozenset({"DA", "DT", "TM"})


class Action(StrEnum):
    """The codes of table E.1-1a, and SHIFT for a day that moves."""

    REMOVE = "X"
    EMPTY = "Z"
    REPLACE = "D"
    UID = "U"
    KEEP = "K"
    SHIFT = "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The Basic Application Level Confidentiality Profile and the options taken with it.

    Not offered, because each lets identity through: full dates, original UIDs,
    private attributes, the institution, and cleaned descriptions, structured
    content or graphics. All descriptions go.
    """

    modified_dates: bool = False
    """Days move back by a constant of the patient instead of being emptied."""
    patient_characteristics: bool = False
    """Age (90 and above as 90), sex, size, weight, pregnancy, smoking, ethnic group stay."""
    device_identity: bool = False
    """Names and serial numbers of the apparatus stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: the action, and the codes of the options offered here."""

    basic: str
    modified_dates: str = ""
    patient: str = ""
    device: str = ""


def action(tag: int, vr: str, profile: Profile) -> Action:
    """What to do with an attribute, `vr` as the dictionary has it ("" where it has none)."""
    group, row = tag >> 16, _row(tag)
    if group % 2 or _repeating(group) or not tag & 0xFFFF or not (row or vr):
        return Action.REMOVE
    if row is None:
        return _unlisted(vr, profile)
    if profile.patient_characteristics and row.patient == "K":
        return Action.KEEP
    if profile.device_identity and row.device == "K":
        return Action.SHIFT if vr in TIME_VR and profile.modified_dates else _device(row, vr)
    if profile.modified_dates and row.modified_dates == "C" and vr in TIME_VR:
        return Action.SHIFT
    return _basic(row)


@cache
def table() -> Mapping[int, Row]:
    """The rows by tag; groups that repeat (50xx, 60xx) are not in it."""
    text = files(_PACKAGE).joinpath("data", "ps3_15_e1_1.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, str]] = tomllib.loads(text)["attributes"]
    names = Row.__dataclass_fields__
    return MappingProxyType(
        {
            int(tag, 16): Row(**{k: v for k, v in row.items() if k in names})
            for tag, row in rows.items()
            if "x" not in tag
        }
    )


def _row(tag: int) -> Row | None:
    return table().get(tag)


def _repeating(group: int) -> bool:
    """Curves and overlays: without their data the rest of the group says nothing."""
    return group >> 8 in (0x50, 0x60)


def _unlisted(vr: str, profile: Profile) -> Action:
    if vr in TIME_VR:
        return Action.SHIFT if profile.modified_dates else Action.REMOVE
    return Action.REMOVE if vr in STRICT_VR else Action.KEEP


def _device(row: Row, vr: str) -> Action:
    return _basic(row) if vr in TIME_VR or vr == "UI" else Action.KEEP


def _basic(row: Row) -> Action:
    """The last of several: removal is never needed, and the last one always conforms."""
    if row.basic == "X/Z/U*":
        return Action.KEEP
    return Action(row.basic.rsplit("/", 1)[-1])
