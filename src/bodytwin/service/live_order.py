"""In which order did frames leave the sensor? Duplicates dropped, stragglers waited for, gaps told.

A frame that comes early is held until those before it have come, or for `hold_s`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Outcome(StrEnum):
    """What became of a frame."""

    TAKEN = "taken"
    HELD = "held"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(slots=True, kw_only=True)
class Order(Generic[T]):
    """Puts numbered things in order.

    Args:
        hold_s: seconds for which what comes early is held.
        most_held: how many are held at most; then the first of them waits no longer.
        furthest: by how much a number may run ahead.
    """

    hold_s: float = 1.0
    most_held: int = 64
    furthest: int = 100_000
    next: int = 0
    _held: dict[int, tuple[float, T | None]] = field(
        default_factory=dict[int, tuple[float, T | None]]
    )
    _missing: int = 0

    def offer(self, seq: int, item: T | None, now: float) -> Outcome:
        """Take in one thing; None is one that came and could not be used."""
        if seq < self.next or seq in self._held:
            return Outcome.DUPLICATE
        if seq - self.next > self.furthest:
            return Outcome.REFUSED
        self._held[seq] = (now, item)
        if item is None:
            return Outcome.REFUSED
        return Outcome.TAKEN if seq == self.next else Outcome.HELD

    def ready(self, now: float) -> Iterator[tuple[int, T, int]]:
        """What may go on, in order: its number, itself, how many are missing before it."""
        while self._held:
            first = min(self._held)
            arrived = min(at for at, _ in self._held.values())
            waited = now - arrived >= self.hold_s or len(self._held) > self.most_held
            if first != self.next and not waited:
                return
            self._missing += first - self.next
            _, item = self._held.pop(first)
            self.next = first + 1
            if item is None:
                self._missing += 1
            else:
                missing, self._missing = self._missing, 0
                yield first, item, missing

    def lose(self) -> None:
        """Count one more thing as missing before the next."""
        self._missing += 1
