"""The rows of one patient in a table of several, and the row that a fact was read from."""

import csv
import io
import re
from collections.abc import Mapping, Sequence

from bodytwin.errors import NotFoundError
from bodytwin.importers.table.grid import Row, rows_of


def parts(rows: Sequence[tuple[int, Row]], owners: Mapping[int, str]) -> Mapping[str, bytes]:
    """For each patient the table as CSV, with an empty line for every row of another.

    `owners` names the patient of each row by its number.
    """
    header = list(rows[0][1])
    mine: dict[str, list[tuple[int, Row]]] = {}
    for number, cells in rows:
        mine.setdefault(owners[number], []).append((number, cells))
    return {who: _written(header, some) for who, some in mine.items()}


def excerpt(data: bytes, path: str) -> str:
    """The header and the row at a path that the reader wrote."""
    found = re.match(r"row (\d+)", path)
    rows = dict(rows_of(data))
    if found is None or int(found[1]) not in rows:
        raise NotFoundError("The table has no such row.")
    cells = rows[int(found[1])]
    wide = max(map(len, cells))
    return "\n".join(f"{name.upper():<{wide}}  {cell or '.'}" for name, cell in cells.items())


def _written(header: Sequence[str], rows: Sequence[tuple[int, Row]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    at = 1
    for number, cells in rows:
        out.write("\n" * (number - at - 1))
        writer.writerow([cells[h] or "." for h in header])
        at = number
    return out.getvalue().encode()
