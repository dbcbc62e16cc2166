"""What was read of one file or folder, and what of it was not understood."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from bodytwin.importers.report import HeldBack

READER = "radiotherapy/1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """`value` is whole in itself; `held_back` is what of the file it leaves out, and why."""

    value: T
    held_back: tuple[HeldBack, ...] = ()
    remarks: tuple[str, ...] = ()
