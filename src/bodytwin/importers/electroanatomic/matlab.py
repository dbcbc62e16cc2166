"""Arrays of numbers in the struct `userdata` of a MATLAB file, by their path in it."""

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.library import library

ROOT = "userdata"
NO_MAT = "The MATLAB file is damaged or holds no struct 'userdata'. Save the case of OpenEP again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was read: numbers by their path."""

    arrays: Mapping[str, NDArray[np.float64]]

    def numbers(self, path: str) -> NDArray[np.float64] | None:
        """The numbers at a path such as `surface/act_bip`, as MATLAB shows them."""
        return self.arrays.get(path)


def read_matlab(data: io.BytesIO, *, is_hdf5: bool) -> Found:
    """All arrays of numbers below `userdata`.

    Raises:
        UnreadableFileError: damaged, or without it.

    """
    arrays = _of_hdf5(data) if is_hdf5 else _of_version_5(data)
    if not arrays:
        raise UnreadableFileError(NO_MAT)
    return Found(arrays=arrays)


def _of_version_5(data: io.BytesIO) -> dict[str, NDArray[np.float64]]:
    matlab: Any = library("scipy.io")
    try:
        found = matlab.loadmat(data, variable_names=[ROOT], struct_as_record=True)
    except Exception as error:  # scipy raises whatever the damaged bytes lead to
        raise UnreadableFileError(NO_MAT) from error
    arrays: dict[str, NDArray[np.float64]] = {}
    if ROOT in found:
        _walk(found[ROOT], "", arrays)
    return arrays


def _walk(value: Any, path: str, arrays: dict[str, NDArray[np.float64]]) -> None:
    """Down into structs of one element; cells and objects are left alone."""
    names = value.dtype.names if isinstance(value, np.ndarray) else None
    if names and type(value) is np.ndarray and value.size == 1:
        for name in names:
            _walk(value.reshape(-1)[0][name], f"{path}/{name}" if path else name, arrays)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        arrays[path] = value.astype(np.float64)


def _of_hdf5(data: io.BytesIO) -> dict[str, NDArray[np.float64]]:
    h5py: Any = library("h5py")
    arrays: dict[str, NDArray[np.float64]] = {}
    try:
        with h5py.File(data, "r") as file:
            _descend(h5py, file, ROOT, "", arrays)
    except (OSError, RuntimeError, KeyError, ValueError, zlib.error):
        raise UnreadableFileError(NO_MAT) from None
    return arrays


def _descend(
    h5py: Any, group: Any, name: str, path: str, arrays: dict[str, NDArray[np.float64]]
) -> None:
    """Down into groups by hard links only: no link leaves the file or goes up in it."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink) or path.count("/") > 8:
        return
    item = group[name]
    if isinstance(item, h5py.Group):
        for below in item:
            _descend(h5py, item, below, f"{path}/{below}" if path else below, arrays)
    elif item.dtype.kind in "iuf" and not item.external and not item.is_virtual:
        is_empty = bool(item.attrs.get("MATLAB_empty", 0))
        arrays[path] = np.empty((0, 0)) if is_empty else np.asarray(item[()], np.float64).T
