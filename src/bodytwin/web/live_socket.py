"""Live data over WebSocket: to the page, and from a sensor.

A page that may not look is told why, and closed with 4403; one that was logged
out with 4401; one that reads too slowly, after a note of what it missed, with
1013; all with 1001 when the server ends.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Protocol

from anyio.to_thread import run_sync
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from bodytwin.errors import InvalidInputError, NotFoundError, Refusal
from bodytwin.governance.request import Action
from bodytwin.service.live import End, Frame, Hub, Outcome, Sensor, TooFast, Watcher
from bodytwin.web.errors import NOT_FOUND
from bodytwin.web.identity import Asking
from bodytwin.web.limits import Places
from bodytwin.web.live_frames import acknowledged, greeting, refused, told, unpacked
from bodytwin.web.metrics import Metrics
from bodytwin.web.session import Door, asking, owner_asking

NORMAL, GOING_AWAY, MALFORMED, TRY_LATER = 1000, 1001, 1007, 1013
LOGGED_OUT, REFUSED, TOO_MANY = 4401, 4403, 4429
LOOK_S = 5.0
"""How often a socket looks whether its session lasts, where nothing else wakes it."""
HELLO_S = 10.0
SEND_S = 20.0
ENDED = "The sensor has ended."


class Leave(Protocol):
    """Asks for the patient's leave. What it may take is a moment; it is called in a thread."""

    def __call__(self, asking: Asking, patient: str, action: Action) -> None:
        """Return where the action is allowed now; else raise ConsentError or NotFoundError."""
        ...


class LoggedOut(Refusal):
    """The session is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the sockets work with."""

    hub: Hub
    leave: Leave
    door: Door
    places: Places
    metrics: Metrics
    note: Callable[[BaseException], None]
    sockets: set[WebSocket] = field(default_factory=set[WebSocket])

    async def close(self) -> None:
        """Let everybody go, as the server ends."""
        self.hub.close()
        for socket in list(self.sockets):
            await _end(socket, GOING_AWAY)

    def permit(self, asking: Asking, patient: str, action: Action) -> Callable[[], None]:
        """A question that is asked again and again: still logged in, and still allowed?"""

        def ask() -> None:
            if not self.door.lasts(asking):
                raise LoggedOut("You are not logged in any more.")
            try:
                self.leave(asking, patient, action)
            except Exception as error:
                self.note(error)
                raise

        return ask


def router(live: Live) -> APIRouter:
    """The two sockets."""
    routes = APIRouter()

    @routes.websocket("/api/patients/{patient}/live")
    async def page(socket: WebSocket, patient: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Live data of a patient, from where the page was."""
        await _guarded(live, socket, lambda asking: _show(live, socket, patient, asking))

    @routes.websocket("/api/patients/{patient}/live/in")
    async def sensor(socket: WebSocket, patient: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Frames of a sensor."""
        await _guarded(live, socket, lambda asking: _take(live, socket, patient, asking))

    return routes


async def _guarded(
    live: Live, socket: WebSocket, work: Callable[[Asking], Coroutine[Any, Any, None]]
) -> None:
    """One of a bounded number of sockets; whatever is refused is told in words."""
    await socket.accept()
    owner = owner_asking(socket)
    if not live.places.take(owner):
        await _end(socket, TRY_LATER, ("Too many live connections are open. Close another.",))
        return
    live.sockets.add(socket)
    try:
        await work(asking(socket))
    except WebSocketDisconnect:
        pass
    except (TooFast, LoggedOut, Refusal) as error:
        await _end(socket, _code(error), error.reasons)
    except NotFoundError:
        await _end(socket, REFUSED, (NOT_FOUND,))
    except InvalidInputError as error:
        await _end(socket, MALFORMED, (str(error),))
    except TimeoutError:
        await _end(socket, MALFORMED, ("The sensor did not say hello.",))
    finally:
        live.sockets.discard(socket)
        live.places.free(owner)


def _code(error: Refusal) -> int:
    if isinstance(error, TooFast):
        return TOO_MANY
    return LOGGED_OUT if isinstance(error, LoggedOut) else REFUSED


def _after(socket: WebSocket) -> int:
    """The last number that the page has seen; -1 where it says none."""
    text = socket.query_params.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


async def _show(live: Live, socket: WebSocket, patient: str, asking: Asking) -> None:
    woken, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(woken.set)

    permit = live.permit(asking, patient, Action.WATCH)
    watcher = await run_sync(
        lambda: live.hub.watch(patient, after=_after(socket), permit=permit, wake=wake)
    )
    listening = asyncio.create_task(_listen(socket, woken))
    try:
        await _pump(live, socket, watcher, woken, listening, asking)
    finally:
        watcher.leaves()
        listening.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await listening


async def _pump(
    live: Live,
    socket: WebSocket,
    watcher: Watcher,
    woken: asyncio.Event,
    listening: "asyncio.Task[None]",
    asking: Asking,
) -> None:
    """Send what waits until it is over, asking for leave whenever it is due."""
    while not listening.done():
        woken.clear()
        if watcher.leave.due and watcher.end is None:
            await run_sync(watcher.renew)
        for event in watcher.take():
            sent_at = time.time() * 1000
            if isinstance(event, Frame):
                live.metrics.lag(max(0.0, sent_at - event.received_ms) / 1000)
            await _send(socket, told(event, sent_at=sent_at))
        if watcher.end is not None:
            await _over(live, socket, watcher, asking)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), min(LOOK_S, watcher.leave.left_s + 0.01))
        if not live.door.lasts(asking):
            await _end(socket, LOGGED_OUT, ("You are not logged in any more.",))
            return
    if socket.client_state is WebSocketState.CONNECTED:
        await _end(socket, NORMAL)


async def _over(live: Live, socket: WebSocket, watcher: Watcher, asking: Asking) -> None:
    match watcher.end:
        case End.REFUSED:
            code = REFUSED if live.door.lasts(asking) else LOGGED_OUT
            await _end(socket, code, watcher.leave.reasons)
        case End.SLOW:
            await _end(socket, TRY_LATER)
        case _:
            await _end(socket, GOING_AWAY)


async def _listen(socket: WebSocket, woken: asyncio.Event) -> None:
    """A page says nothing; this notices when it goes, or speaks, and then lets it go."""
    try:
        await socket.receive()
    finally:
        woken.set()


async def _take(live: Live, socket: WebSocket, patient: str, asking: Asking) -> None:
    permit = live.permit(asking, patient, Action.SEND)
    await run_sync(permit)
    hello = greeting(await asyncio.wait_for(_text(socket), HELLO_S))
    session = hello.session or token_hex(8)
    sensor = await run_sync(
        lambda: live.hub.attach(patient, session, hello.channels, permit=permit)
    )
    words = ""
    try:
        await _send(socket, acknowledged(sensor.acknowledged))
        words = await _receive(live, socket, sensor, len(hello.channels), asking)
    except Refusal as error:
        words = " ".join(error.reasons)
        raise
    finally:
        sensor.gone(words)


async def _receive(
    live: Live, socket: WebSocket, sensor: Sensor, channels: int, asking: Asking
) -> str:
    """Take frames until the sensor goes: why it ended, or nothing where it was cut off."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return ENDED if message.get("code") == 1000 else ""
        data = message.get("bytes")
        if data is None:
            raise InvalidInputError("A sensor sends frames as bytes.")
        seq, t0_ms, values = unpacked(data, channels)
        if not live.door.lasts(asking):
            raise LoggedOut("You are not logged in any more.")
        if sensor.leave.due and not await run_sync(sensor.leave.renew):
            raise Refusal(*sensor.leave.reasons)
        if sensor.replaced:
            raise Refusal("Another sensor sends now in place of this one.")
        outcome = sensor.accept(seq, t0_ms, values)
        live.metrics.frame(outcome.value)
        if outcome is not Outcome.HELD:
            await _send(socket, acknowledged(sensor.acknowledged))


async def _text(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    if text is None:
        raise InvalidInputError("A sensor says hello first.")
    return text


async def _send(socket: WebSocket, data: bytes | str) -> None:
    sending = socket.send_bytes(data) if isinstance(data, bytes) else socket.send_text(data)
    try:
        await asyncio.wait_for(sending, SEND_S)
    except (TimeoutError, RuntimeError) as error:
        raise WebSocketDisconnect(1006) from error


async def _end(socket: WebSocket, code: int, reasons: tuple[str, ...] = ()) -> None:
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        if reasons:
            await asyncio.wait_for(socket.send_text(refused(reasons)), SEND_S)
        if socket.application_state is not WebSocketState.DISCONNECTED:
            await socket.close(code)
