"""A MATLAB file as plain values: structs as dicts, arrays of them as lists, cells as lists.

Both forms of file are read: up to version 7 by SciPy, version 7.3 (HDF5) by h5py. Numbers
come as MATLAB shows them; cells and arrays of structs in the order of MATLAB, columns first.
Objects and functions are left out.
"""

import io
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.library import library
from bodytwin.importers.volume.volume import LARGEST_BYTES

HDF5 = b"\x89HDF\r\n\x1a\n"
DEEPEST = 12
BROKEN = "The MATLAB file is damaged or ends too early."


def read(data: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    """The variables of those names.

    Raises:
        UnreadableFileError: damaged, or one of them is lacking.

    """
    if len(data) > LARGEST_BYTES:
        raise UnreadableFileError(f"The file is larger than {LARGEST_BYTES} bytes.")
    is_hdf5 = data.startswith(HDF5) or data[512:520] == HDF5
    found = _of_hdf5(data, names) if is_hdf5 else _of_version_5(data, names)
    lacking = [name for name in names if name not in found]
    if lacking:
        raise UnreadableFileError(f"The MATLAB file has no variable {', '.join(lacking)}.")
    return found


def _of_version_5(data: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    matlab: Any = library("scipy.io")
    try:
        found = matlab.loadmat(io.BytesIO(data), variable_names=list(names), chars_as_strings=True)
    except Exception:  # scipy raises whatever the damaged bytes lead to
        raise UnreadableFileError(BROKEN) from None
    return {name: _plain(found[name], 0) for name in names if name in found}


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST or not isinstance(value, np.ndarray):
        return None
    if value.dtype.names:
        items = [
            {name: _plain(item[name], depth + 1) for name in value.dtype.names}
            for item in value.reshape(-1, order="F")
        ]
        return items[0] if len(items) == 1 else items
    if value.dtype.kind == "O":
        return [_plain(item, depth + 1) for item in value.reshape(-1, order="F")]
    if value.dtype.kind in "US":
        return str(value.reshape(-1)[0]) if value.size else ""
    return value if value.dtype.kind in "biuf" else None


def _of_hdf5(data: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    h5py: Any = library("h5py")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return {
                name: _item(h5py, file[name], 0)
                for name in names
                if isinstance(file.get(name, getlink=True), h5py.HardLink)
            }
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, zlib.error):
        raise UnreadableFileError(BROKEN) from None


def _item(h5py: Any, item: Any, depth: int) -> Any:
    """By hard links and references only: nothing leads out of the file."""
    if depth > DEEPEST:
        return None
    if isinstance(item, h5py.Group):
        return _struct(h5py, item, depth)
    if item.external or item.is_virtual:
        return None
    is_cell = item.attrs.get("MATLAB_class", b"") == b"cell"
    if item.attrs.get("MATLAB_empty", 0):
        return [] if is_cell else np.empty((0, 0))
    if item.dtype.kind == "O":
        return [_item(h5py, item.file[ref], depth + 1) for ref in item[()].reshape(-1)]
    if item.dtype.kind not in "biuf":
        return None
    values: NDArray[Any] = np.asarray(item[()]).T
    if item.attrs.get("MATLAB_class", b"") == b"char":
        return "".join(map(chr, values.reshape(-1, order="F")))
    return values


def _struct(h5py: Any, group: Any, depth: int) -> Any:
    """One struct, or where its fields hold references alone a list of structs."""
    names = [n for n in group if isinstance(group.get(n, getlink=True), h5py.HardLink)]
    fields = {name: _item(h5py, group[name], depth + 1) for name in names}
    is_array = names and all(
        isinstance(group[n], h5py.Dataset)
        and group[n].dtype.kind == "O"
        and "MATLAB_class" not in group[n].attrs
        for n in names
    )
    if not is_array:
        return fields
    return [dict(zip(names, values, strict=True)) for values in zip(*fields.values(), strict=True)]
