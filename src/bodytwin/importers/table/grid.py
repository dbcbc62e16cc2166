"""Bytes of CSV or Parquet as rows of text, with the header in lower case."""

import csv
import io
from collections.abc import Mapping

from bodytwin.errors import UnreadableFileError

PARQUET = b"PAR1"
LARGEST_ROWS = 5_000_000
MISSING = {"", ".", "na", "nan"}

Row = Mapping[str, str]


def rows_of(data: bytes) -> list[Row]:
    """Every row as column to text; a missing entry is empty. Raises UnreadableFileError."""
    if not data.strip():
        raise UnreadableFileError("The table is empty.")
    rows = _parquet(data) if data.startswith(PARQUET) else _csv(data)
    if not rows:
        raise UnreadableFileError("The table has a header and no rows.")
    return rows


def _csv(data: bytes) -> list[Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError("The table is not UTF-8 text. Save it as CSV in UTF-8.") from error
    if "\0" in text:
        raise UnreadableFileError("The table holds NUL characters, so it is not CSV.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFileError(f"The table is not well-formed CSV: {error}.") from error
    header = _header(lines[0])
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise UnreadableFileError(
                f"Row {number} has {len(line)} cells, the header {len(header)}."
            )
        rows.append({h: _cell(c) for h, c in zip(header, line, strict=True)})
    return rows


def _parquet(data: bytes) -> list[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableFileError("The file starts like Parquet and cannot be read as such.") from error
    if table.num_rows > LARGEST_ROWS:
        raise UnreadableFileError(f"The table has {table.num_rows} rows; {LARGEST_ROWS} are allowed.")
    header = _header(table.column_names)
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    return [
        {h: "" if c is None else _cell(repr(c) if isinstance(c, float) else str(c))
         for h, c in zip(header, line, strict=True)}
        for line in zip(*columns, strict=True)
    ]  # fmt: skip


def _header(names: list[str]) -> list[str]:
    header = [n.strip().lower() for n in names]
    if len(set(header)) != len(header) or "" in header:
        raise UnreadableFileError("Every column of the table needs a name of its own.")
    return header


def _cell(text: str) -> str:
    text = text.strip()
    return "" if text.lower() in MISSING else text
