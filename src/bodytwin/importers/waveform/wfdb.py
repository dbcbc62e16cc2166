"""A WFDB record becomes signals in their units: whole, or not at all.

A header (.hea) says which file holds the samples, in which format, and how they
become physical values: (sample - baseline) / gain. Formats 16 (two bytes), 80
(one byte) and 212 (two samples in three bytes) are read; the lowest sample
stands for "invalid" and becomes NaN. The first sample and the sum of all
samples of a signal, modulo 2**16, are held against the header.

Source: WFDB Applications Guide, header(5) and signal(5), PhysioNet.
Not for: multi-segment records, several samples per frame, annotations.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.number import number

MOST_SIGNALS, MOST_SAMPLES = 64, 200_000_000
INVALID = {"16": -32768, "80": -128, "212": -2048}
DEFAULT_GAIN, DEFAULT_RATE_HZ = 200.0, 250.0
_RATE = re.compile(r"([0-9.eE+-]+)(?:/[0-9.eE+-]+)?(?:\([0-9.eE+-]+\))?")
_FORMAT = re.compile(r"(16|80|212)(?:\+(\d{1,9}))?")
_GAIN = re.compile(r"([0-9.eE+-]+)(?:\((-?\d+)\))?(?:/(\S+))?")
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Signals:
    """Physical values (signal, sample) at `rate_hz`, with the name and unit of each signal."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    rate_hz: float
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signal:
    file: str
    format: str
    offset: int
    gain: float
    baseline: int
    unit: str
    first: int | None
    checksum: int | None
    name: str


def read(header: bytes, files: Mapping[str, bytes]) -> Signals:
    """Read a record from its header and the files that it names.

    Raises UnreadableFileError where a file is missing, short, or not what the header says.
    """
    lines = _lines(header)
    words = lines[0].split()
    if len(words) < 2 or "/" in words[0]:
        raise UnreadableFileError(
            "The header is not one of a WFDB record of a single segment. Nothing was kept."
        )
    count = _whole(words[1], "number of signals", MOST_SIGNALS)
    rate_hz = _rate(words[2]) if len(words) > 2 else DEFAULT_RATE_HZ
    samples = _whole(words[3], "number of samples", MOST_SAMPLES) if len(words) > 3 else 0
    if count == 0 or len(lines) < count + 1:
        raise UnreadableFileError("The header does not describe every signal that it announces.")
    signals = [_signal(line) for line in lines[1 : count + 1]]
    counts = _counts(signals, files, samples)
    for signal, mine in zip(signals, counts, strict=True):
        _check(signal, mine)
    return Signals(
        names=tuple(s.name or f"signal {n}" for n, s in enumerate(signals)),
        units=tuple(s.unit for s in signals),
        rate_hz=rate_hz,
        values=np.stack([_physical(s, c) for s, c in zip(signals, counts, strict=True)]),
    )


def _lines(header: bytes) -> list[str]:
    try:
        text = header.decode("ascii")
    except UnicodeDecodeError as error:
        raise UnreadableFileError("A WFDB header is ASCII text; this file is not.") from error
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise UnreadableFileError("The header is empty.")
    return lines


def _signal(line: str) -> _Signal:
    words = line.split(maxsplit=8)
    form = _FORMAT.fullmatch(words[1]) if len(words) > 1 else None
    if form is None:
        raise UnreadableFileError(
            "A signal of the header has a format that is not read. Formats 16, 80 and 212 are, "
            "with one sample per frame."
        )
    gain = _GAIN.fullmatch(words[2]) if len(words) > 2 else None
    zero, first, checksum = (_integer(words, at) for at in (4, 5, 6))
    return _Signal(
        file=words[0],
        format=form[1],
        offset=int(form[2] or 0),
        gain=(number(gain[1]) if gain else 0.0) or DEFAULT_GAIN,
        baseline=int(gain[2]) if gain and gain[2] else zero or 0,
        unit=gain[3] if gain and gain[3] else "mV",
        first=first,
        checksum=checksum,
        name=words[8] if len(words) > 8 else "",
    )


def _integer(words: list[str], at: int) -> int | None:
    if len(words) <= at:
        return None
    if not re.fullmatch(r"-?\d{1,9}", words[at]):
        raise UnreadableFileError("A signal of the header has something else than a whole number.")
    return int(words[at])


def _rate(text: str) -> float:
    found = _RATE.fullmatch(text)
    rate_hz = number(found[1]) if found else math.nan
    if not 0 < rate_hz <= 1e6:
        raise UnreadableFileError("The header states no sampling frequency that can be.")
    return rate_hz


def _whole(text: str, what: str, most: int) -> int:
    if not text.isdigit() or int(text) > most:
        raise UnreadableFileError(f"The {what} in the header must be from 0 to {most}.")
    return int(text)


def _counts(signals: list[_Signal], files: Mapping[str, bytes], samples: int) -> list[Counts]:
    found: list[Counts] = []
    for name in dict.fromkeys(s.file for s in signals):
        together = [s for s in signals if s.file == name]
        if name not in files:
            raise UnreadableFileError("A file that the header names is missing.")
        if len({(s.format, s.offset) for s in together}) > 1:
            raise UnreadableFileError("One file holds samples in two formats.")
        flat = _unpacked(files[name][together[0].offset :], together[0].format)
        length = samples or len(flat) // len(together)
        if len(flat) < length * len(together) or length == 0:
            raise UnreadableFileError("A file of samples is shorter than the header says.")
        found += list(flat[: length * len(together)].reshape(length, len(together)).T)
    return found


def _unpacked(data: bytes, form: str) -> Counts:
    if form == "16":
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int64)
    raw = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
    if form == "80":
        return raw - 128
    triples = raw[: len(raw) // 3 * 3].reshape(-1, 3)
    pairs = np.stack(
        [
            triples[:, 0] | (triples[:, 1] & 0x0F) << 8,
            triples[:, 2] | (triples[:, 1] & 0xF0) << 4,
        ],
        axis=1,
    ).ravel()
    if len(raw) % 3 == 2:
        pairs = np.append(pairs, raw[-2] | (raw[-1] & 0x0F) << 8)
    return np.where(pairs > 2047, pairs - 4096, pairs)


def _check(signal: _Signal, counts: Counts) -> None:
    if signal.first is not None and counts[0] != signal.first:
        raise UnreadableFileError("The first sample of a signal is not that of the header.")
    if signal.checksum is not None and (int(counts.sum()) - signal.checksum) % 65536:
        raise UnreadableFileError("The sum of a signal's samples is not that of the header.")


def _physical(signal: _Signal, counts: Counts) -> NDArray[np.float64]:
    values = (counts - signal.baseline) / signal.gain
    return np.where(counts == INVALID[signal.format], np.nan, values)
