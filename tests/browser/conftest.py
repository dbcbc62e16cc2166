"""A real server with real patients, and a real browser that nobody can see."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.heart import activation

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
BODYTWIN = Path(sys.executable).with_name("bodytwin")
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
]


def bodytwin(*words, home):
    done = subprocess.run(
        [BODYTWIN, *map(str, words), "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Server:
    """`bodytwin serve` in a folder of its own."""

    def __init__(self, home):
        self.home = home
        self.process = subprocess.Popen(
            [BODYTWIN, "serve", "--port", "0", "--no-open", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        self.link = re.search(r"http://\S+", line)[0]
        self.url = self.link.partition("/#")[0]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) in (0, -signal.SIGTERM)
        self.process.stdout.close()


def filled(folder):
    """A store with neonates, an adult, somebody with a long record, and a heart."""
    home, heart = folder / "home", folder / "activation.ply"
    bodytwin("import", DATA / "phenobarbital_neonates.csv", home=home)
    bodytwin("import", DATA / "theophylline_subject_1.fhir.json", home=home)
    bodytwin("import", DATA / "synthea" / "clemente_kreiger.json", home=home)
    heart.write_bytes(activation((DATA / "heart" / "ventricles.ply").read_bytes()))
    bodytwin(
        "field", "2", heart,
        *("--title", "Activation of the ventricles", "--quantity", "activation time"),
        *("--unit", "ms", "--values", "activation_ms", "--sd", "activation_sd_ms"),
        *("--length-unit", "mm"),
        home=home,
    )  # fmt: skip
    return home


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="session")
def server(home):
    found = Server(home)
    yield found
    found.stop()


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as play:
        path = (
            shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
        )
        if path is None and not Path(play.chromium.executable_path).exists():
            pytest.skip("no Chromium: install one, or run `playwright install chromium`")
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One person's visit: the page, and everything it said and asked for meanwhile."""

    def __init__(self, browser, server, **more):
        self.server = server
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **more})
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.said, self.asked = [], []
        self.page.on("console", lambda m: self.said.append((m.type, m.text)))
        self.page.on("pageerror", lambda e: self.said.append(("pageerror", str(e))))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.goto(server.link)
        self.page.get_by_role("heading", name="Patients").wait_for()

    def patient(self, name, tab=None):
        self.page.get_by_role("link", name=name, exact=True).first.click()
        self.page.get_by_role("tab", name="Timeline").wait_for()
        if tab:
            self.page.get_by_role("tab", name=tab).click()
        return self.page

    @property
    def faults(self):
        """Errors of the page; that a refusal was refused is none, though browsers log it."""
        return [
            (kind, text)
            for kind, text in self.said
            if kind in ("error", "pageerror", "warning") and "status of 403" not in text
        ]

    @property
    def strangers(self):
        """Requests to anybody but the server."""
        mine = (self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")
        return [url for url in self.asked if not url.startswith(mine)]


@pytest.fixture
def visit(chromium, server):
    visits = []

    def begin(**more):
        visits.append(Visit(chromium, server, **more))
        return visits[-1]

    yield begin
    for one in visits:
        one.context.close()
