"""Live data as bytes: a header in JSON, then samples as little-endian float32 by channel.

    uint32 length of the header | header | zeros up to a multiple of 4 | samples

The length counts from the beginning of the JSON to its end, without the zeros.
"""

import struct
from typing import Any

import msgspec
import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.service.live import Channel, Estimate, Event, Frame, Gap, Hello, StateNow
from bodytwin.service.live_values import Samples

LONGEST_HEADER = 4_096
LARGEST_FRAME = 1_000_000
LARGEST_TEXT = 65_536
NOT_A_FRAME = "A frame is not as it should be."


class Sent(msgspec.Struct, frozen=True):
    """Header of a frame as a sensor sends it."""

    type: str
    seq: int
    t0_ms: float
    count: int


class Greeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sensor says first; with its session it may come back and go on where it was."""

    type: str
    channels: list[Channel]
    session: str = ""


def greeting(text: str) -> Greeting:
    """The first words of a sensor; InvalidInputError where they are not as they should be."""
    if len(text) > LARGEST_TEXT:
        raise InvalidInputError("The first words of the sensor are too long.")
    try:
        said = msgspec.json.decode(text, type=Greeting)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(
            "A sensor says first which channels it has: "
            '{"type":"hello","channels":[{"name","unit","rate_hz","quantity"}],"session"}.'
        ) from error
    if said.type != "hello":
        raise InvalidInputError("A sensor says hello first.")
    return said


def unpacked(data: bytes, channels: int) -> tuple[int, float, Samples]:
    """Number, time and samples (channels, k) of a frame; InvalidInputError where it is none."""
    if not 8 <= len(data) <= LARGEST_FRAME:
        raise InvalidInputError(NOT_A_FRAME)
    (length,) = struct.unpack_from("<I", data)
    start = 4 + length + (-length % 4)
    if length > LONGEST_HEADER or start > len(data):
        raise InvalidInputError(NOT_A_FRAME)
    try:
        header = msgspec.json.decode(data[4 : 4 + length], type=Sent)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(NOT_A_FRAME) from error
    count, seq = header.count, header.seq
    fits = 0 <= count <= LARGEST_FRAME and len(data) - start == 4 * channels * count
    if (
        header.type != "samples"
        or not fits
        or not 0 <= seq < 2**53
        or any(data[4 + length : start])
    ):
        raise InvalidInputError(NOT_A_FRAME)
    samples = np.frombuffer(data, "<f4", offset=start).reshape(channels, count)
    return seq, header.t0_ms, samples.astype(np.float32)


def packed(frame: Frame) -> bytes:
    """A frame as the page gets it."""
    header = msgspec.json.encode(
        {
            "type": "samples",
            "seq": frame.seq,
            "t0_ms": frame.t0_ms,
            "received_ms": frame.received_ms,
            "count": frame.values.shape[1],
            "gap": frame.gap,
        }
    )
    samples = np.ascontiguousarray(frame.values, dtype="<f4").tobytes()
    return struct.pack("<I", len(header)) + header + bytes(-len(header) % 4) + samples


def told(event: Event, *, sent_at: float) -> bytes | str:
    """An event as the page gets it: bytes for samples, JSON for the rest."""
    if isinstance(event, Frame):
        return packed(event)
    return msgspec.json.encode(_plain(event, sent_at)).decode()


def refused(reasons: tuple[str, ...]) -> str:
    """Why nothing more is shown."""
    return msgspec.json.encode({"type": "refused", "reasons": list(reasons)}).decode()


def acknowledged(seq: int) -> str:
    """The number up to which frames need not be sent again."""
    return msgspec.json.encode({"type": "ack", "seq": seq}).decode()


def _plain(event: Hello | Gap | Estimate | StateNow, sent_at: float) -> dict[str, Any]:
    match event:
        case Hello():
            return {
                "type": "hello",
                "channels": [msgspec.to_builtins(c) for c in event.channels],
                "next": event.next,
                "session": event.session,
                "sent_at": sent_at,
            }
        case Gap():
            return {"type": "gap", "from": event.first, "to": event.last}
        case Estimate():
            return {"type": "estimate", **msgspec.to_builtins(event)}
        case StateNow():
            return {"type": "state", "state": event.state.value, "words": event.words}
