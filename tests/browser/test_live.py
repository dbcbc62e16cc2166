"""A real electrocardiogram, streamed as a monitor would, and seen on the page."""

import json
import subprocess

import pytest

from tests.browser.conftest import BODYTWIN
from tests.browser.electrocardiogram import written

SECONDS = 24


@pytest.fixture
def record(tmp_path):
    return written(tmp_path)


def test_a_stream_is_seen_soon_and_nothing_is_lost_by_a_broken_line(visit, server, record):
    one = visit()
    page = one.patient("2", "Live")
    words = ["stream", "2", record, "--seconds", SECONDS, "--json", "--home", server.home]
    sending = subprocess.Popen([BODYTWIN, *map(str, words)], stdout=subprocess.PIPE, text=True)
    page.wait_for_function("() => window.__monitor && window.__monitor.received > 100")
    one.context.set_offline(True)
    page.wait_for_timeout(3000)
    one.context.set_offline(False)
    sent = json.loads(sending.communicate(timeout=60)[0])
    assert sent["acknowledged"] == sent["frames"]
    page.wait_for_function(f"() => window.__monitor.lastSeq >= {sent['frames'] - 1}")
    seen = page.evaluate("() => window.__monitor")
    assert seen["missing"] == 0
    assert seen["received"] == sent["frames"]
    assert page.get_by_text("/min").count() > 0
    assert not one.strangers


def test_the_heart_rate_that_is_shown_is_that_of_the_record(visit, server, record):
    one = visit()
    page = one.patient("1", "Live")
    words = ["stream", "1", record, "--seconds", 20, "--home", server.home]
    sending = subprocess.Popen([BODYTWIN, *map(str, words)], stdout=subprocess.PIPE, text=True)
    page.get_by_text("/min").first.wait_for()
    page.wait_for_timeout(9000)
    text = page.locator("main").inner_text()
    sending.communicate(timeout=60)
    rates = [float(w) for w in text.replace("\n", " ").split() if w.replace(".", "").isdigit()]
    assert any(66 <= r <= 82 for r in rates), text
