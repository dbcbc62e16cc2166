"""Commands of the server: serve, and stream a recording to it."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from bodytwin.cli import options
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened
from bodytwin.errors import InvalidInputError, NotFoundError, UnreadableFileError

RUNNING = "serving.json"
"""Where a server on this computer says how it is reached; for its owner's eyes only."""


@command("bodytwin serve", "bodytwin serve --port 8080 --no-open")
def serve(
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Which port; 0 for any that is free.")
    ] = 8787,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
    organisation: Annotated[
        Path | None,
        typer.Option("--organisation", help="For logins of an organisation: its server (.toml)."),
    ] = None,
    home: options.Home,
) -> Answer:
    """Open the page in a browser.

    On this computer only, for whoever has the token that is printed. Ctrl-C ends it.
    """
    from bodytwin.service.settings import settings
    from bodytwin.web.server import listening, local_app, run, url_of

    if organisation is not None:
        return _serve_organisation(organisation, home)

    with opened(home) as workspace, listening(port) as socket:
        app, token = local_app(workspace)
        url = url_of(socket)
        place = settings(home=home).home / RUNNING
        _remember(place, {"url": url, "token": token})
        print(f"The page is at {url}/#token={token}", flush=True)
        print("It can be reached from this computer only. Ctrl-C ends it.", flush=True)
        if browser:
            typer.launch(f"{url}/#token={token}")
        try:
            run(app, socket)
        finally:
            place.unlink(missing_ok=True)
    return Answer(shape={"url": url}, words="Ended.")


def _serve_organisation(description: Path, home: Path | None) -> Answer:
    from bodytwin.web.server import listening, organisation_app, read_organisation, run

    said = read_organisation(description)
    with opened(home) as workspace, listening(said.port, host=said.host) as socket:
        print(f"Serving {said.address} for logins of {said.issuer}. Ctrl-C ends it.", flush=True)
        run(organisation_app(workspace, said), socket)
    return Answer(shape={"url": said.address}, words="Ended.")


@command("bodytwin stream 3f2a ecg.hea --seconds 60")
def stream(
    *,
    patient: options.Patient,
    record: Annotated[Path, typer.Argument(help="Header of a WFDB record (.hea).")],
    seconds: Annotated[
        float, typer.Option("--seconds", min=1.0, help="For how long; it is repeated.")
    ] = 60.0,
    server: Annotated[
        str | None, typer.Option("--server", help="Which server; else the one on this computer.")
    ] = None,
    token: Annotated[str | None, typer.Option("--token", help="Its token.")] = None,
    home: options.Home,
) -> Answer:
    """Play a recording to the live view of a patient.

    As a monitor would send it: in real time, on a server that runs.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.importers import waveform
    from bodytwin.service.people import patient_called
    from bodytwin.service.sending import send
    from bodytwin.service.settings import settings

    if server is None:
        said = _remembered(settings(home=home).home / RUNNING)
        server, token = said["url"], token or said["token"]
    if token is None:
        raise InvalidInputError("Another server needs a --token.")
    signals = waveform.read(_bytes(record), _beside(record))
    with opened(home) as workspace:
        who = patient_called(workspace, patient)
    with progress() as report:
        sent = send(
            signals, server=server, token=token, patient=who, seconds=seconds, progress=report
        )
    shape = {"frames": sent.frames, "acknowledged": sent.acknowledged, "seconds": sent.seconds}
    return Answer(
        shape=shape,
        words=f"Sent {sent.frames} frames in {sent.seconds:.0f} s; {sent.acknowledged} arrived.",
    )


def _remember(place: Path, said: dict[str, str]) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(said, file)


def _remembered(place: Path) -> dict[str, str]:
    try:
        return json.loads(place.read_text())
    except (OSError, ValueError) as error:
        raise NotFoundError(
            "No server of this store runs on this computer. Start one with `bodytwin serve`, or "
            "name one with --server."
        ) from error


def _beside(record: Path) -> dict[str, bytes]:
    """Files of the same name beside the header: those that it can name."""
    return {
        p.name: _bytes(p)
        for p in record.parent.glob(f"{record.stem}.*")
        if p.is_file() and p.suffix != ".hea"
    }


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.") from error
