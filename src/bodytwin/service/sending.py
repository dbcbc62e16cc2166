"""Send a recorded signal to a server as a monitor would: in real time, frame by frame.

Each frame is the length of a JSON header (uint32, little-endian), the header,
zeros up to a multiple of four bytes, and float32 values (channel, sample).
"""

import json
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from bodytwin.errors import BodytwinError, InvalidInputError
from bodytwin.importers.waveform import Signals
from bodytwin.numerics.inference.sample import Progress, silent

LIMB = ("i", "ii", "iii", "avr", "avl", "avf")
CHEST = ("v", "v1", "v2", "v3", "v4", "v5", "v6", "vx", "vy", "vz")
LEADS = frozenset({*LIMB, *CHEST, "mli", "mlii", "mliii", "mcl1", "ecg"})
"""Names under which WFDB records hold electrocardiograms."""
FRAME_S = 0.04
"""One frame every 40 ms: 25 a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How much was sent, and how much of it the server has acknowledged."""

    frames: int
    acknowledged: int
    seconds: float


def frames(signals: Signals, *, seconds: float, start_ms: float) -> Iterator[bytes]:
    """The frames of the first `seconds`, the record repeated where it is shorter."""
    count = max(1, round(signals.rate_hz * FRAME_S))
    length = signals.values.shape[1]
    for seq in range(int(seconds / FRAME_S)):
        at = np.arange(seq * count, (seq + 1) * count) % length
        header = json.dumps(
            {
                "type": "samples",
                "seq": seq,
                "t0_ms": start_ms + 1000.0 * seq * count / signals.rate_hz,
                "count": count,
            }
        ).encode()
        padding = b"\0" * (-(4 + len(header)) % 4)
        body = np.ascontiguousarray(signals.values[:, at], dtype="<f4").tobytes()
        yield struct.pack("<I", len(header)) + header + padding + body


def send(
    signals: Signals,
    *,
    server: str,
    token: str,
    patient: str,
    seconds: float,
    clock: Callable[[], float] = time.time,
    progress: Progress = silent,
) -> Sent:
    """Play the signals to the live view of a patient, at the pace at which they were recorded."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidInputError("A server is given as http://127.0.0.1:8787.")
    scheme = "wss" if parts.scheme == "https" else "ws"
    address = urlunsplit((scheme, parts.netloc, f"/api/patients/{patient}/live/in", "", ""))
    began, number, acknowledged = clock(), 0, -1
    try:
        with connect(
            address,
            additional_headers={"Authorization": f"Bearer {token}"},
            origin=server.rstrip("/"),  # pyright: ignore[reportArgumentType]
        ) as line:
            line.send(json.dumps({"type": "hello", "channels": _channels(signals)}))
            for number, frame in enumerate(
                frames(signals, seconds=seconds, start_ms=began * 1000.0), 1
            ):
                line.send(frame)
                acknowledged = max(acknowledged, _heard(line))
                progress(f"Sending, {number} frames", number * FRAME_S / seconds)
                time.sleep(max(0.0, began + number * FRAME_S - clock()))
            while acknowledged < number - 1 and (last := _heard(line, wait_s=2.0)) >= 0:
                acknowledged = max(acknowledged, last)
    except (OSError, WebSocketException) as error:
        raise BodytwinError(
            "The server cannot be reached, or did not take the stream. Is `bodytwin serve` "
            f"running, and may this patient's data be sent? ({type(error).__name__})"
        ) from error
    return Sent(frames=number, acknowledged=acknowledged + 1, seconds=clock() - began)


def _channels(signals: Signals) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "unit": unit,
            "rate_hz": signals.rate_hz,
            "quantity": "ECG" if name.lower() in LEADS and unit == "mV" else name,
        }
        for name, unit in zip(signals.names, signals.units, strict=True)
    ]


def _heard(line: object, *, wait_s: float = 0.0) -> int:
    """The newest frame that the server says it has; -1 where it says nothing."""
    newest = -1
    while True:
        try:
            said = line.recv(timeout=wait_s)  # pyright: ignore
        except TimeoutError:
            return newest
        answer = json.loads(said) if isinstance(said, str) else {}
        if answer.get("type") == "ack":
            newest, wait_s = max(newest, int(answer["seq"])), 0.0
