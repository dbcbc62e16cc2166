"""How is one data set of a DICOM object cleaned, element by element, sequences and all?

What happens to an element is decided by its tag (`profile`); this file does
it. Values that identify are collected first, and once the table has done its
work no text that is left may contain one of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bodytwin.governance.deidentify.dates import shift_da, shift_dt
from bodytwin.governance.deidentify.profile import TIME_VR, Action, Profile, action
from bodytwin.governance.deidentify.pseudonyms import new_uid

if TYPE_CHECKING:
    from pydicom import Dataset

SHORTEST_IDENTIFIER = 4
"""Shorter values are not looked for elsewhere: they would be found by chance."""
SHORTEST_NUMBER = 6
"""Shorter identifiers are not looked for among numbers."""
DUMMY_TEXT = "REMOVED"
DUMMIES: dict[str, Any] = {
    "AS": "000Y", "DA": "00010101", "DT": "00010101000000", "TM": "000000", "DS": "0", "IS": "0",
    "UR": "http://removed.invalid", "OB": b"\x00\x00", "OW": b"\x00\x00",
    "UN": b"\x00\x00",
}  # fmt: skip
NUMBER_VR = frozenset({"FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
WIDE_VR = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_NUMBER, _LINE = re.compile(r"[0-9+\-.eE \x00]*"), re.compile(r"[^\x00-\x1a\x1c-\x1f]{0,64}\x00?")
_FORM = {"DS": _NUMBER, "IS": _NUMBER, "CS": _LINE, "SH": _LINE, "LO": _LINE}
"""What a value that stays must look like; a line with control characters was none (PS3.5 6.2)."""
CLASS_UIDS = frozenset({0x00080016, 0x00081150, 0x0008001A, 0x00041510, 0x00041512})
"""Classes and transfer syntaxes name kinds of things, also where they are a vendor's own."""
PATIENT_AGE_CAP_A = 90
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_IDENTIFIERS = frozenset({0x00080050, 0x00100020, 0x00101000, 0x00200010, 0x00380010})
"""Accession number, patient ID, other patient IDs, study ID, admission ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """How one object is cleaned, and what was done so far, by tag."""

    key: bytes
    profile: Profile
    days: int | None
    changed: set[int] = field(default_factory=set[int])
    removed: set[int] = field(default_factory=set[int])
    odd: set[int] = field(default_factory=set[int])
    """Removed although the table keeps them: they were not what the dictionary says."""


def identifying_values(data_set: "Dataset") -> frozenset[str]:
    """Names, identifiers, UIDs and dates in all of an object, of four characters or more."""
    found: set[str] = set()
    for tag, vr, value in _values(data_set):
        for one in value:
            if vr == "UI" and tag not in CLASS_UIDS and not _well_known(one):
                found.add(one)
            elif vr == "PN":
                found |= {one, *re.split(r"[\^= ]+", one)}
            elif tag in _IDENTIFIERS:
                found.add(one)
            elif vr in {"DA", "DT"}:
                found |= {one, one[:8]}
    found = {v.strip() for v in found} - {v for v in DUMMIES.values() if isinstance(v, str)}
    return frozenset(v for v in found if len(v) >= SHORTEST_IDENTIFIER and v != DUMMY_TEXT)


def clean(data_set: "Dataset", job: Cleaning, *, dummy: bool = False) -> None:
    """Treat every element in place; `dummy` replaces all of them, below a replaced sequence."""
    for tag in [int(t) for t in data_set.keys()]:  # noqa: SIM118
        vr = _vr(tag)
        wanted = action(tag, vr, job.profile)
        if dummy and wanted is Action.KEEP:
            wanted = Action.UID if vr == "UI" else Action.REPLACE
        if wanted is Action.KEEP and not _as_declared(data_set, tag):
            job.odd.add(tag)
            wanted = Action.REMOVE
        _apply(data_set, tag, vr, wanted, job)


def scrub(data_set: "Dataset", values: frozenset[str], job: Cleaning) -> None:
    """Remove what is left and contains one of the values."""
    low = frozenset(v.casefold() for v in values)
    raw = frozenset(v.encode("utf-8") for v in values)
    for tag in [int(t) for t in data_set.keys()]:  # noqa: SIM118
        element = data_set[tag]
        if element.VR == "SQ":
            for item in element.value:
                scrub(item, values, job)
        elif tag not in _PIXELS and _contains(element, low, raw):
            _remove(data_set, tag, job)
            job.odd.add(tag)


def _contains(element: Any, low: frozenset[str], raw: frozenset[bytes]) -> bool:
    if isinstance(element.value, bytes):
        return any(v in element.value for v in raw)
    if element.VR in NUMBER_VR or element.VR == "AT" or _describes_pixels(element):
        return False
    said = [text.casefold().strip() for text in _texts(element.value)]
    if element.VR in {"DS", "IS"}:
        said = [text for text in said if len(text) >= SHORTEST_NUMBER]
    if element.VR in {"DS", "IS", "UI"}:
        return any(text in low for text in said)
    return any(v in text for text in said for v in low)


def _describes_pixels(element: Any) -> bool:
    """Codes without which the image cannot be shown; a patient may be called like one."""
    tag = int(element.tag)
    return element.VR == "CS" and (tag >> 16 == 0x0028 or tag in {0x00080008, 0x00080060})


def _apply(data_set: "Dataset", tag: int, vr: str, wanted: Action, job: Cleaning) -> None:
    if wanted is Action.KEEP:
        _keep(data_set, tag, job)
    elif wanted is Action.REMOVE:
        _remove(data_set, tag, job)
    elif wanted is Action.UID:
        _replace_uids(data_set, tag, job)
    elif wanted is Action.SHIFT:
        _shift(data_set, tag, vr, job)
    else:
        _replace(data_set, tag, vr, job, empty=wanted is Action.EMPTY)


def _remove(data_set: "Dataset", tag: int, job: Cleaning) -> None:
    del data_set[tag]
    job.removed.add(tag)


def _keep(data_set: "Dataset", tag: int, job: Cleaning) -> None:
    element = data_set[tag]
    if element.VR == "SQ":
        for item in element.value:
            clean(item, job)
            _remove_pixels(item, job)
    elif element.VR == "UI" and tag not in CLASS_UIDS:
        _replace_uids(data_set, tag, job)
    elif element.VR == "AS":
        _cap_age(element, tag, job)


def _remove_pixels(item: "Dataset", job: Cleaning) -> None:
    """Small copies of the image lie in sequences, where nobody looks at them."""
    for tag in _PIXELS & set(item.keys()):
        _remove(item, tag, job)


def _cap_age(element: Any, tag: int, job: Cleaning) -> None:
    said = str(element.value or "")
    if re.fullmatch(r"\d{3}[DWMY]", said) is None:
        capped = ""
    elif said.endswith("Y") and int(said[:3]) >= PATIENT_AGE_CAP_A:
        capped = f"{PATIENT_AGE_CAP_A:03d}Y"
    else:
        return
    element.value = capped
    job.changed.add(tag)


def _replace_uids(data_set: "Dataset", tag: int, job: Cleaning) -> None:
    said = _texts(data_set[tag].value)
    new = [u if _well_known(u) else new_uid(job.key, u) for u in said]
    if new != said:
        data_set[tag].value = new if len(new) > 1 else new[0]
        job.changed.add(tag)


def _shift(data_set: "Dataset", tag: int, vr: str, job: Cleaning) -> None:
    """Times of day stay; a day that cannot be moved is treated as the table has it."""
    if job.days is None:
        _fallback(data_set, tag, vr, job)
        return
    if vr == "TM":
        return
    said = [t for t in _texts(data_set[tag].value) if t.strip()]
    move = shift_da if vr == "DA" else shift_dt
    moved = [move(one, job.days) for one in said]
    if None in moved:
        _fallback(data_set, tag, vr, job)
    elif moved:
        data_set[tag].value = moved if len(moved) > 1 else moved[0]
        job.changed.add(tag)


def _fallback(data_set: "Dataset", tag: int, vr: str, job: Cleaning) -> None:
    _apply(data_set, tag, vr, action(tag, vr, Profile()), job)


def _replace(data_set: "Dataset", tag: int, vr: str, job: Cleaning, *, empty: bool) -> None:
    from pydicom import DataElement

    job.changed.add(tag)
    if vr == "SQ" and not empty:
        for item in data_set[tag].value:
            clean(item, job, dummy=True)
        return
    first = vr.split(" or ")[0] or "UN"
    data_set[tag] = DataElement(tag, first, None if empty else _dummy(first))


def _dummy(vr: str) -> Any:
    if vr in NUMBER_VR or vr == "AT":
        return 0
    return DUMMIES.get(vr, b"\x00" * 8 if vr in WIDE_VR else DUMMY_TEXT)


def _as_declared(data_set: "Dataset", tag: int) -> bool:
    """Whether the value can be read, is of a kind the dictionary allows, and if a number, one."""
    allowed = _vr(tag).split(" or ")
    try:
        vr, value = data_set[tag].VR, data_set[tag].value
    except Exception:
        return False
    if not all(_FORM[vr].fullmatch(text) for text in _texts(value) if vr in _FORM):
        return False
    return vr in allowed or {vr, *allowed} <= {"LO", "SH"} or {vr, *allowed} <= {"OB", "OW"}


def _values(data_set: "Dataset") -> Iterator[tuple[int, str, list[str]]]:
    """Tag, VR and texts of every element that can be read, sequences included."""
    for tag in [int(t) for t in data_set.keys()]:  # noqa: SIM118
        try:
            element = data_set[tag]
            value = element.value
        except Exception:
            continue
        if element.VR == "SQ":
            for item in value:
                yield from _values(item)
        elif element.VR in {"PN", "UI", *TIME_VR} or tag in _IDENTIFIERS:
            yield tag, element.VR, _texts(value)


def _texts(value: Any) -> list[str]:
    """The values of an element as text; only lists are several, a name of a person is one."""
    from pydicom.multival import MultiValue

    if value is None or value == "":
        return []
    return [str(v) for v in value] if isinstance(value, (list, MultiValue)) else [str(value)]


def _vr(tag: int) -> str:
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _well_known(uid: str) -> bool:
    from pydicom.uid import UID

    return UID(uid).name != uid
