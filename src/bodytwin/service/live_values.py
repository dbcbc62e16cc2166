"""What goes to and fro in live data: channels, frames, and what is told about them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Samples = NDArray[np.float32]
MOST_CHANNELS = 64
LONGEST_NAME = 64
FASTEST_HZ = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One signal of a sensor; `unit` is a UCUM code."""

    name: str
    unit: str
    rate_hz: float
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """Samples of every channel, (channels, k), evenly spaced from `t0_ms` by the sensor's clock.

    `received_ms` is by the clock of the server; `gap` counts the frames missing before.
    """

    seq: int
    t0_ms: float
    received_ms: float
    values: Samples
    gap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Which sensor sends, and the number that its next frame has."""

    session: str
    channels: tuple[Channel, ...]
    next: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Frames that are not there any more, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What was made out from the samples up to `time_ms`; no value where nothing could be said."""

    seq: int
    time_ms: float
    quantity: str
    unit: str
    value: float | None
    lower: float | None
    upper: float | None
    words: str


class State(StrEnum):
    """Whether data come in."""

    LIVE = "live"
    STALE = "stale"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNow:
    """Whether data come in, in a word and a sentence."""

    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The newest samples of one channel without a gap; the last is at `end_ms`."""

    channel: Channel
    values: Samples
    seq: int
    end_ms: float


Event = Hello | Frame | Gap | Estimate | StateNow


def require_channels(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """The channels, where a sensor can have them; InvalidInputError where not."""
    if not 1 <= len(channels) <= MOST_CHANNELS:
        raise InvalidInputError(f"A sensor has 1 to {MOST_CHANNELS} channels, got {len(channels)}.")
    texts = [t for c in channels for t in (c.name, c.unit, c.quantity)]
    if any(not t or len(t) > LONGEST_NAME or not t.isprintable() for t in texts):
        raise InvalidInputError(
            f"Name, unit and quantity of a channel have 1 to {LONGEST_NAME} plain characters."
        )
    if len({c.name for c in channels}) != len(channels):
        raise InvalidInputError("Two channels have the same name.")
    rates = {c.rate_hz for c in channels}
    if len(rates) != 1 or not all(math.isfinite(r) and 0 < r <= FASTEST_HZ for r in rates):
        raise InvalidInputError(
            f"All channels of a sensor have one rate, above 0 and up to {FASTEST_HZ:g} Hz."
        )
    return tuple(channels)
