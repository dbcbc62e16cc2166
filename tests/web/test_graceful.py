"""Against the real server, over real sockets."""

import json
import logging
import threading
import time
from contextlib import ExitStack

import numpy as np
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bodytwin.service.live_values import Frame
from bodytwin.web.app import server_options
from bodytwin.web.graceful import GracefulServer
from bodytwin.web.live_frames import packed
from tests.web.conftest import NAME, Site
from tests.web.test_live_socket import HELLO, read

SOON = 20


@pytest.fixture
def running(caplog):
    caplog.set_level(logging.DEBUG)
    site = Site()
    options = server_options(site.parts)
    found = GracefulServer(uvicorn.Config(site.app, host="127.0.0.1", port=0, **options))
    thread = threading.Thread(target=found.run, daemon=True)
    thread.start()
    for _ in range(1000):
        if found.started:
            break
        time.sleep(0.01)
    port = found.servers[0].sockets[0].getsockname()[1]
    place = f"127.0.0.1:{port}"
    with ExitStack() as sockets:

        def opened(path, **headers):
            shown = {"Authorization": f"Bearer {site.token.secret}"} | headers
            address = f"ws://{place}/api/patients/{NAME}{path}"
            return sockets.enter_context(connect(address, additional_headers=shown))

        yield site, found, thread, opened
        found.should_exit = True
        thread.join(SOON)
    assert not thread.is_alive()


def code_of_end(socket):
    try:
        while True:
            socket.recv(SOON)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def test_data_flow_and_the_end_is_said_to_all(running, caplog):
    site, found, thread, opened = running
    sensor = opened("/live/in")
    sensor.send(json.dumps(HELLO))
    assert json.loads(sensor.recv(SOON)) == {"type": "ack", "seq": -1}
    page = opened("/live?purpose=TREATDS")
    assert json.loads(page.recv(SOON))["type"] == "hello"
    page.recv(SOON)
    frame = Frame(seq=0, t0_ms=time.time() * 1000, received_ms=0.0, values=np.ones((2, 25), "f4"))
    sensor.send(packed(frame))
    assert json.loads(page.recv(SOON))["state"] == "live"
    assert read(page.recv(SOON))[0]["seq"] == 0
    found.should_exit = True
    for socket in (page, sensor):
        assert code_of_end(socket) == 1001
    thread.join(SOON)
    assert not thread.is_alive()
    ours = [r for r in caplog.records if r.name.startswith("uvicorn") and r.levelno >= 30]
    assert not ours
    uvicorn = " ".join(r.getMessage() for r in caplog.records if r.name.startswith("uvicorn"))
    assert NAME not in uvicorn
    assert NAME not in site.out.getvalue()


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Cookie": "bodytwin=x"}])
def test_another_page_opens_no_socket(running, headers):
    _, _, _, opened = running
    with pytest.raises(InvalidStatus) as caught:
        opened("/live", **headers)
    assert caught.value.response.status_code == 403


def test_a_sensor_that_falls_silent_leaves_stale_data_and_one_that_says_goodbye_an_end(running):
    _, _, _, opened = running
    page = opened("/live?purpose=TREATDS")
    page.recv(SOON)
    page.recv(SOON)
    sensor = opened("/live/in")
    sensor.send(json.dumps(HELLO))
    sensor.recv(SOON)
    said = []
    for seq in range(2):
        frame = Frame(seq=seq, t0_ms=time.time() * 1000, received_ms=0.0,
                      values=np.ones((2, 5), "f4"))  # fmt: skip
        sensor.send(packed(frame))
        sensor.recv(SOON)
    begun = time.monotonic()
    while "stale" not in said:
        data = page.recv(SOON)
        if isinstance(data, str):
            said.append(json.loads(data).get("state"))
    assert 1.5 < time.monotonic() - begun < 10
    sensor.close()
    while "ended" not in said:
        data = page.recv(SOON)
        if isinstance(data, str):
            said.append(json.loads(data).get("state"))
    page.close()
