"""How are shared rows written so that a spreadsheet shows them and runs none of them?

A text that a spreadsheet could take for a formula (it begins with =, +, -, @,
a tab or a carriage return, also in their wide forms and behind blanks) gets an
apostrophe in front. Numbers stay numbers, minus sign and all.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from bodytwin.governance.deidentify.record import Cell

_FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def table(rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8), one column for every name that occurs, in order of sight."""
    given = tuple(rows)
    columns = tuple(dict.fromkeys(column for row in given for column in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(column) for column in columns])
    writer.writerows([_harmless(row.get(column)) for column in columns] for row in given)
    return out.getvalue().encode("utf-8", "replace")


def _harmless(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    bare = cell.replace("\x00", "")
    return f"'{bare}" if _FORMULA.match(bare) and not _NUMBER.fullmatch(bare) else bare
