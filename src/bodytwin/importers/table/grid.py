"""Bytes of CSV or Parquet as rows of text, with the header in lower case."""

import csv
import io
from collections.abc import Mapping

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.source import text_bytes

PARQUET = b"PAR1"
LARGEST_ROWS = 5_000_000
MISSING = {"", ".", "na"}

Row = Mapping[str, str]


def rows_of(data: bytes) -> list[tuple[int, Row]]:
    """Every row with its number, as column to text; a missing entry is empty.

    The header is row 1. Raises UnreadableFileError.
    """
    rows = _parquet(data) if data.startswith(PARQUET) else _csv(data)
    if not rows:
        raise UnreadableFileError("The table has a header and no rows.")
    return rows


def _csv(data: bytes) -> list[tuple[int, Row]]:
    text = text_bytes(data, what="CSV")[0].decode().lstrip("\r\n")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFileError(f"The table is not well-formed CSV: {error}.") from error
    _require_few(len(lines))
    header = _header(lines[0])
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise UnreadableFileError(
                f"Row {number} has {len(line)} cells, the header {len(header)}."
            )
        rows.append((number, {h: _cell(c) for h, c in zip(header, line, strict=True)}))
    return rows


def _parquet(data: bytes) -> list[tuple[int, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        _require_few(file.metadata.num_rows)
        table = file.read()
    except UnreadableFileError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableFileError("The file is damaged: it is not whole Parquet.") from error
    header = _header(table.column_names)
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    return [
        (number, {h: _written(c) for h, c in zip(header, line, strict=True)})
        for number, line in enumerate(zip(*columns, strict=True), 2)
    ]


def _require_few(rows: int) -> None:
    if rows > LARGEST_ROWS:
        raise UnreadableFileError(f"The table has {rows} rows; {LARGEST_ROWS} are allowed.")


def _header(names: list[str]) -> list[str]:
    header = [n.strip().lower() for n in names]
    if len(set(header)) != len(header) or "" in header:
        raise UnreadableFileError("Every column of the table needs a name of its own.")
    return header


def _written(value: object) -> str:
    if value is None:
        return ""
    return _cell(repr(value) if isinstance(value, float) else str(value))


def _cell(text: str) -> str:
    text = text.strip()
    return "" if text.lower() in MISSING else text
