"""A server that says goodbye: sockets are closed with 1001 and jobs stopped before it ends."""

import socket

import uvicorn
from fastapi import FastAPI

from bodytwin.web.app import Parts, Serving, create_app, server_options


class GracefulServer(uvicorn.Server):
    """uvicorn, which by itself would cut off its sockets before the app hears that it ends."""

    def __init__(self, app: FastAPI, parts: Parts, *, port: int = 0) -> None:
        self._serving: Serving = app.state.serving
        options = server_options(parts)
        super().__init__(uvicorn.Config(app, host="127.0.0.1", port=port, **options))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody go, then end."""
        await self._serving.stop()
        await super().shutdown(sockets)


def server(parts: Parts, *, port: int = 0) -> GracefulServer:
    """The server of these parts on this computer; run it with `run(sockets=...)` or `serve()`."""
    return GracefulServer(create_app(parts), parts, port=port)
