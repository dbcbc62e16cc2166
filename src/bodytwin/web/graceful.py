"""A server that says goodbye: sockets are closed with 1001 and jobs stopped before it ends."""

import socket

import uvicorn
from fastapi import FastAPI

from bodytwin.web.app import Serving


class GracefulServer(uvicorn.Server):
    """uvicorn, which by itself would cut off its sockets before the app hears that it ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody go, then end."""
        app = self.config.app
        if isinstance(app, FastAPI):
            serving: Serving = app.state.serving
            await serving.stop()
        await super().shutdown(sockets)
