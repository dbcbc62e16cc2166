"""Which format a file of electroanatomic maps is in, and the maps in mm, ms and mV."""

from collections.abc import Mapping

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.electroanatomic import carto, opencarp, openep, shell, table
from bodytwin.importers.electroanatomic.made import Maps, Said
from bodytwin.importers.electroanatomic.packed import unpacked
from bodytwin.importers.source import sha256

SURFACES = (b"ply\n", b"ply\r", b"# vtk DataFile")
ZIP = b"PK\x03\x04"
ALLOWED = (
    "Expected is a table (CSV), a surface with values (PLY, VTK, VTP), an OpenEP .mat, the files "
    "of openCARP, or an export of CARTO 3 as a ZIP or a folder."
)


def read(data: bytes | Mapping[str, bytes], said: Said | None = None) -> Maps:
    """The maps in one file, or in the files of a folder by their names.

    Args:
        data: a whole file, or the files of a CARTO 3 export or of openCARP by name.
        said: what the file does not say of itself. OpenEP and CARTO need the time alone.

    Raises:
        InvalidInputError: a unit, a name or the time is lacking.
        UnreadableFileError: no file of maps, or one that is not whole.

    """
    said = said or Said()
    if not isinstance(data, bytes):
        return _of_files(data, said)
    source = sha256(data)
    if data.startswith(ZIP):
        return carto.read(unpacked({"": data}), said, source=source)
    if openep.is_mat(data):
        return openep.read(data, said, source=source)
    if data.startswith(SURFACES) or b"<VTKFile" in data[:1024]:
        return shell.read(data, said, source=source)
    return table.read(data, said, source=source)


def _of_files(files: Mapping[str, bytes], said: Said) -> Maps:
    if not files:
        raise UnreadableFileError(f"The folder is empty. {ALLOWED}")
    source = sha256("".join(sorted(map(sha256, files.values()))).encode())
    if any(name.lower().endswith(".pts") for name in files):
        return opencarp.read(files, said, source=source)
    return carto.read(unpacked(files), said, source=source)
