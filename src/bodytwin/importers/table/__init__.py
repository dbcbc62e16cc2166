"""Tables of doses and measurements: CSV or Parquet, NONMEM-style or with columns declared."""

from bodytwin.importers.table.mapping import TableMapping
from bodytwin.importers.table.part import excerpt
from bodytwin.importers.table.read import READER, read

__all__ = ["READER", "TableMapping", "excerpt", "read"]
