import json
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.websockets import WebSocketDisconnect

from bodytwin.errors import ConsentError, InvalidInputError, NotFoundError
from bodytwin.governance.request import Action, Role
from bodytwin.service.live import Bounds, Frame
from bodytwin.web.limits import Limits
from bodytwin.web.live_frames import greeting, packed, unpacked
from tests.web.conftest import CHANGE, NAME, ORIGIN, Site

CHANNELS = [
    {"name": "II", "unit": "mV", "rate_hz": 100, "quantity": "ECG"},
    {"name": "ABP", "unit": "mm[Hg]", "rate_hz": 100, "quantity": "pressure"},
]
HELLO = {"type": "hello", "session": "s-1", "channels": CHANNELS}
PAGE = f"ws://127.0.0.1:8787/api/patients/{NAME}/live?purpose=TREATDS"
IN = f"ws://127.0.0.1:8787/api/patients/{NAME}/live/in"
FROM = {"Origin": ORIGIN}


def sent(number, values=None, **changes):
    """A frame as the contract of the interface says it, packed by hand."""
    values = np.full((2, 10), float(number), "<f4") if values is None else values
    header = {"type": "samples", "seq": number, "t0_ms": time.time() * 1000 - 900 + 100 * number,
              "count": values.shape[1]} | changes  # fmt: skip
    text = json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + b"\0" * (-len(text) % 4) + values.tobytes()


def dirty():
    """A frame whose filling is not zeros."""
    for length in range(1, 5):
        data = bytearray(sent(0, note="x" * length))
        (end,) = struct.unpack_from("<I", data)
        if end % 4:
            data[4 + end] = 1
            return bytes(data)
    raise AssertionError


def read(data):
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    start = 4 + length + (-length % 4)
    assert start % 4 == 0
    return header, np.frombuffer(data, "<f4", offset=start).reshape(-1, header["count"])


@pytest.fixture
def open_site():
    site = Site()
    with site.client() as client:
        site.login(client)
        yield site, client


def test_samples_go_from_the_sensor_to_the_page(open_site):
    site, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        assert sensor.receive_json() == {"type": "ack", "seq": -1}
        with client.websocket_connect(PAGE, headers=FROM) as page:
            hello = page.receive_json()
            assert hello["type"] == "hello"
            assert (hello["channels"], hello["next"], hello["session"]) == (CHANNELS, 0, "s-1")
            assert hello["sent_at"] == pytest.approx(time.time() * 1000, abs=60_000)
            assert page.receive_json()["state"] == "ended"
            sensor.send_bytes(sent(0))
            assert sensor.receive_json() == {"type": "ack", "seq": 0}
            assert page.receive_json()["state"] == "live"
            header, values = read(page.receive_bytes())
            assert header["type"] == "samples"
            assert (header["seq"], header["count"], header["gap"]) == (0, 10, 0)
            assert header["received_ms"] == pytest.approx(time.time() * 1000, abs=60_000)
            assert values.shape == (2, 10)
    assert (Role.LOCAL, None, NAME, Action.SEND) in site.asked
    assert (Role.LOCAL, "TREATDS", NAME, Action.WATCH) in site.asked
    assert NAME not in site.out.getvalue()


def test_a_page_that_comes_back_gets_only_what_it_missed(open_site):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        for i in range(5):
            sensor.send_bytes(sent(i))
        acks = [sensor.receive_json()["seq"] for _ in range(6)]
        assert acks == [-1, 0, 1, 2, 3, 4]
        with client.websocket_connect(PAGE + "&after=2", headers=FROM) as page:
            page.receive_json()
            page.receive_json()
            found = [read(page.receive_bytes())[0]["seq"] for _ in range(2)]
    assert found == [3, 4]


def closing(socket):
    """Everything that is said until the socket is closed, and how it is."""
    said = []
    try:
        while True:
            message = socket.receive()
            if message["type"] == "websocket.close":
                return said, message["code"]
            said.append(json.loads(message["text"]) if message.get("text") else message["bytes"])
    except WebSocketDisconnect as error:
        return said, error.code


@pytest.mark.parametrize(
    ("path", "error", "reasons"),
    [
        (PAGE, ConsentError("The patient has said no."), ["The patient has said no."]),
        (IN, ConsentError("The patient has said no."), ["The patient has said no."]),
    ],
)
def test_without_leave_the_reasons_are_told_and_the_socket_closed(open_site, path, error, reasons):
    site, client = open_site
    site.refused = error
    with client.websocket_connect(path, headers=FROM) as socket:
        assert closing(socket) == ([{"type": "refused", "reasons": reasons}], 4403)


def test_a_patient_who_is_hidden_and_one_who_is_not_there_are_refused_alike(open_site):
    site, client = open_site
    said = []
    for words in (f"No patient {NAME}.", "Hidden."):
        site.refused = NotFoundError(words)
        with client.websocket_connect(PAGE, headers=FROM) as page:
            said.append(closing(page))
    assert said[0] == said[1]
    assert NAME not in str(said)


def test_leave_taken_back_ends_the_stream_with_the_reasons(open_site):
    site, client = open_site
    with client.websocket_connect(PAGE, headers=FROM) as page:
        page.receive_json()
        page.receive_json()
        site.refused = ConsentError("Leave was taken back.")
        site.serving.hub.recheck(NAME)
        assert closing(page) == (
            [{"type": "refused", "reasons": ["Leave was taken back."]}],
            4403,
        )


def test_leave_is_asked_for_again_without_anybody_saying_so():
    site = Site(bounds=Bounds(leave_s=0.2))
    with site.client() as client:
        site.login(client)
        with client.websocket_connect(PAGE, headers=FROM) as page:
            page.receive_json()
            page.receive_json()
            site.refused = ConsentError("Leave was taken back.")
            said, code = closing(page)
    assert (said[-1]["type"], code) == ("refused", 4403)
    assert len(site.asked) >= 2


def test_leave_that_cannot_be_asked_for_ends_the_stream_and_is_written_down(open_site):
    site, client = open_site
    with client.websocket_connect(PAGE, headers=FROM) as page:
        page.receive_json()
        page.receive_json()
        site.refused = OSError(f"no disk for {NAME}")
        site.serving.hub.recheck(NAME)
        said, code = closing(page)
    assert code == 4403
    assert "could not be checked" in said[-1]["reasons"][0]
    assert [x["kind"] for x in site.lines() if x["event"] == "fault"] == ["OSError"]
    assert NAME not in site.out.getvalue()


def test_logging_out_ends_the_stream(open_site):
    site, client = open_site
    with client.websocket_connect(PAGE, headers=FROM) as page:
        page.receive_json()
        page.receive_json()
        client.delete("/api/session", headers=CHANGE)
        site.serving.hub.recheck(NAME)
        said, code = closing(page)
    assert (said[-1]["type"], code) == ("refused", 4401)


def test_logging_out_ends_the_sensor(open_site):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        sensor.receive_json()
        client.delete("/api/session", headers=CHANGE)
        sensor.send_bytes(sent(0))
        said, code = closing(sensor)
    assert (said[-1]["type"], code) == ("refused", 4401)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, FROM | {"Host": "evil.example"},
     FROM | {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", [PAGE, IN])
def test_a_socket_of_another_page_is_not_opened(open_site, path, headers):
    _, client = open_site
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path, headers=headers):
        pass


@pytest.mark.parametrize("path", [PAGE, IN])
def test_a_socket_of_nobody_is_not_opened(path):
    with (
        Site().client() as client,
        pytest.raises(WebSocketDisconnect) as caught,
        client.websocket_connect(path, headers=FROM),
    ):
        pass
    assert caught.value.code == 1008


def test_a_sensor_without_a_browser_shows_its_token(open_site):
    site, _ = open_site
    bearer = {"Authorization": f"Bearer {site.token.secret}"}
    with site.client() as bare, bare.websocket_connect(IN, headers=bearer) as sensor:
        sensor.send_json(HELLO)
        assert sensor.receive_json() == {"type": "ack", "seq": -1}


def test_a_sensor_that_names_no_session_begins_a_new_one_each_time(open_site):
    _, client = open_site
    names = set()
    for _ in range(2):
        with client.websocket_connect(IN, headers=FROM) as sensor:
            sensor.send_json({"type": "hello", "channels": CHANNELS})
            assert sensor.receive_json() == {"type": "ack", "seq": -1}
            sensor.send_bytes(sent(0))
            assert sensor.receive_json() == {"type": "ack", "seq": 0}
            with client.websocket_connect(PAGE, headers=FROM) as page:
                names.add(page.receive_json()["session"])
    assert len(names) == 2


@pytest.mark.parametrize(
    "hello",
    [
        {},
        [],
        {"type": "hello"},
        HELLO | {"type": "hi"},
        HELLO | {"channels": []},
        HELLO | {"channels": [CHANNELS[0]] * 2},
        HELLO | {"session": "a\nb"},
        HELLO | {"session": "x" * 100},
        HELLO | {"more": NAME},
        HELLO | {"channels": [CHANNELS[0] | {"rate_hz": 1e9}]},
        HELLO | {"channels": [CHANNELS[0] | {"rate_hz": "fast"}]},
    ],
    ids=range(11),
)
def test_a_sensor_that_does_not_say_what_it_is_is_let_go(open_site, hello):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(hello)
        said, code = closing(sensor)
    assert code == 1007
    assert NAME not in str(said)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 64,
        struct.pack("<I", 4_000_000_000) + b"x" * 20,
        sent(0)[:-1],
        dirty(),
        sent(0) + b"\0\0\0\0",
        sent(0, count=11),
        sent(0, count=-1),
        sent(0, type="other"),
        sent(-1),
        sent(0, seq=2**60),
        sent(0, seq="0"),
        sent(0, seq=1.5),
        sent(0, t0_ms="now"),
        sent(0, t0_ms=None),
        sent(0, values=np.zeros((3, 10), "<f4")),
    ],
    ids=range(17),
)
def test_bytes_that_are_no_frame_end_the_connection(open_site, data):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        sensor.receive_json()
        sensor.send_bytes(data)
        assert closing(sensor)[1] == 1007


def test_text_where_frames_belong_ends_the_connection(open_site):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        sensor.receive_json()
        sensor.send_text("{}")
        assert closing(sensor)[1] == 1007


def test_a_frame_that_cannot_be_shown_is_counted_and_not_shown(open_site):
    _, client = open_site
    with client.websocket_connect(IN, headers=FROM) as sensor:
        sensor.send_json(HELLO)
        sensor.receive_json()
        sensor.send_bytes(sent(0, values=np.full((2, 10), np.nan, "<f4")))
        assert sensor.receive_json() == {"type": "ack", "seq": 0}
        sensor.send_bytes(sent(1))
        sensor.receive_json()
        with client.websocket_connect(PAGE, headers=FROM) as page:
            page.receive_json()
            page.receive_json()
            header, _ = read(page.receive_bytes())
    assert (header["seq"], header["gap"]) == (1, 1)
    text = client.get("/metrics").text
    assert 'bodytwin_live_frames_total{outcome="refused"} 1' in text
    assert NAME not in text


def test_there_is_a_most_of_sockets():
    site = Site(limits=Limits(sockets_of_one=1))
    with site.client() as client:
        site.login(client)
        with client.websocket_connect(PAGE, headers=FROM) as first:
            first.receive_json()
            with client.websocket_connect(PAGE, headers=FROM) as second:
                said, code = closing(second)
        assert (said[0]["type"], code) == ("refused", 1013)
        for _ in range(500):
            if site.serving.live.places.open() == 0:
                break
            threading.Event().wait(0.01)
        with client.websocket_connect(PAGE, headers=FROM) as third:
            assert third.receive_json()["type"] == "hello"


def test_a_page_that_speaks_is_let_go(open_site):
    _, client = open_site
    with client.websocket_connect(PAGE, headers=FROM) as page:
        page.receive_json()
        page.receive_json()
        page.send_text("hello?")
        assert closing(page)[1] == 1000


def test_when_the_server_ends_the_sockets_are_closed_as_going_away(open_site):
    site, client = open_site
    with client.websocket_connect(PAGE, headers=FROM) as page:
        page.receive_json()
        page.receive_json()
        with client.websocket_connect(IN, headers=FROM) as sensor:
            sensor.send_json(HELLO)
            sensor.receive_json()
            client.portal.call(site.serving.live.close)
            assert closing(page)[1] == 1001
            assert closing(sensor)[1] == 1001


@given(
    st.integers(0, 2**52),
    st.floats(0, 2e12),
    st.integers(1, 4),
    st.integers(1, 50),
    st.integers(0, 1000),
)
def test_a_frame_is_read_as_it_was_written(seq, t0_ms, channels, count, gap):
    values = np.arange(channels * count, dtype="f4").reshape(channels, count)
    frame = Frame(seq=seq, t0_ms=t0_ms, received_ms=1.5, values=values, gap=gap)
    header, samples = read(packed(frame))
    assert header == {"type": "samples", "seq": seq, "t0_ms": t0_ms, "received_ms": 1.5,
                      "count": count, "gap": gap}  # fmt: skip
    np.testing.assert_array_equal(samples.reshape(channels, count), values)
    again = unpacked(packed(frame), channels)
    assert again[:2] == (seq, t0_ms)
    np.testing.assert_array_equal(again[2], values)


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(data):
    for read_it in (lambda: unpacked(data, 2), lambda: greeting(data.decode("latin-1"))):
        with pytest.raises(InvalidInputError):
            read_it()
