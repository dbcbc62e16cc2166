"""Fields over an organ: a surface or a block of voxels, its values, and how unsure they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bodytwin.contract.digest import digest
from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.arrays import packed, unpacked
from bodytwin.store.home import Store
from bodytwin.store.sealed import get_file, insert, opened, put_file, sealed_row

Array = NDArray[Any]
NEEDED = {"surface": {"vertices", "triangles", "values"}, "voxels": {"values"}}
POSSIBLE = {"vertices", "triangles", "values", "sd"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Values in `unit` over a surface or over voxels, for each time if there are `times`.

    A surface has `vertices` (v, 3) in mm, `triangles` (t, 3), `values` (v,) or
    (times, v). Voxels have `values` (z, y, x) or (times, z, y, x) with
    `spacing_mm` and `origin_mm` in that order. `sd` has the shape of `values`;
    NaN is outside.
    """

    title: str
    kind: Literal["surface", "voxels"]
    quantity: str
    unit: str
    arrays: Mapping[str, Array]
    based_on: str
    uncertainty_words: str = ""
    times: tuple[float, ...] = ()
    time_unit: str = ""
    spacing_mm: tuple[float, float, float] | None = None
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    source_words: str = ""
    about: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        names = set(self.arrays)
        if not NEEDED[self.kind] <= names or not names <= POSSIBLE:
            raise InvalidInputError(
                f"A field over {self.kind} needs {', '.join(sorted(NEEDED[self.kind]))}; "
                f"given were {', '.join(sorted(names)) or 'no arrays'}."
            )
        if "sd" in names and self.arrays["sd"].shape != self.arrays["values"].shape:
            raise InvalidInputError("The sd of a field needs the shape of its values.")
        if self.kind == "voxels" and self.spacing_mm is None:
            raise InvalidInputError("Voxels need their spacing in mm.")
        self._require_shapes()

    def _require_shapes(self) -> None:
        values = self.arrays["values"]
        space = (len(self.arrays["vertices"]),) if self.kind == "surface" else values.shape[-3:]
        whole = (len(self.times), *space) if self.times else tuple(space)
        if values.shape != whole:
            raise InvalidInputError(f"The values have shape {values.shape}; {whole} is needed.")
        if self.kind == "surface":
            triangles = self.arrays["triangles"]
            if triangles.size and not 0 <= triangles.min() <= triangles.max() < space[0]:
                raise InvalidInputError("A triangle names a vertex that does not exist.")

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest finite value."""
        finite = self.arrays["values"][np.isfinite(self.arrays["values"])]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptField:
    """A field as it is kept."""

    id: str
    made_at: datetime
    field: Field


def keep_field(store: Store, access: Access, made: Field, *, made_at: datetime) -> str:
    """Keep a field of a patient; returns its id."""
    arrays = {k: np.ascontiguousarray(v) for k, v in made.arrays.items()}
    identity = digest(made.title, made.quantity, made.unit, made.times, arrays)
    said = {
        k: getattr(made, k)
        for k in (
            "title", "kind", "quantity", "unit", "based_on", "uncertainty_words", "times",
            "time_unit", "spacing_mm", "origin_mm", "source_words",
        )
    } | {"about": dict(made.about)}  # fmt: skip
    t = schema.field
    with store.writing() as (connection, files):
        if not connection.execute(select(t.c.id).where(t.c.id == identity)).first():
            row = sealed_row(
                t,
                access.key,
                patient=access.patient,
                identity=identity,
                said=said,
                recorded_at=made_at,
                file=put_file(files, access.key, packed(**arrays), patient=access.patient),
            )
            insert(connection, t, row)
    return identity


def fields(store: Store, access: Access) -> tuple[KeptField, ...]:
    """Every field of the patient, newest first."""
    t = schema.field
    query = select(t).where(t.c.patient == access.patient).order_by(t.c.recorded_at.desc(), t.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(_kept(store, access, row) for row in rows)


def read_field(store: Store, access: Access, identity: str) -> KeptField:
    """One field of the patient."""
    t = schema.field
    with store.reading() as connection:
        row = connection.execute(
            select(t).where(t.c.patient == access.patient, t.c.id == identity)
        ).first()
    if row is None:
        raise NotFoundError("No such field of this patient.")
    return _kept(store, access, row)


def _kept(store: Store, access: Access, row: Any) -> KeptField:
    said = opened(schema.field, access.key, row)
    arrays = unpacked(get_file(store.archive, access.key, row.file, patient=access.patient))
    for k in ("times", "spacing_mm", "origin_mm"):
        said[k] = tuple(said[k]) if said[k] is not None else None
    return KeptField(id=row.id, made_at=row.recorded_at, field=Field(arrays=arrays, **said))
