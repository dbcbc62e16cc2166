"""The pictures of the page in the documentation: `uv run python -m tests.browser.pictures`."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import BODYTWIN, DATA, FLAGS, ROOT, Server, Visit, bodytwin, filled
from tests.browser.electrocardiogram import written

PICTURES = ROOT / "docs" / "images"
HEART = (
    DATA / "heart" / "ventricles.ply", "--new", "--length-unit", "mm", "--turned",
    "--taken", "2026-03-05T10:15Z", "--scar", "radius 24",
)  # fmt: skip
PLANS = ("2 mg every 12 h", "3 mg every 12 h", "4 mg every 12 h")


def views(visit: Visit, home: Path, ecg: Path) -> None:
    page = visit.page
    take(page, "patients")
    visit.patient("2")
    page.get_by_role("slider", name="Concentration").focus()
    page.keyboard.press("Enter")
    page.get_by_text("row 28").first.wait_for()
    take(page, "timeline")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Twins").click()
    page.get_by_role("button", name="Personalise").click()
    page.get_by_role("heading", name="What was learned of this patient").wait_for()
    for i, plan in enumerate(PLANS):
        if i:
            page.get_by_role("button", name="Another plan").click()
        page.locator(f"#plan-{i}").fill(plan)
    page.get_by_role("button", name="Compare 3 plans").click()
    page.get_by_role("heading", name="Outcomes").wait_for()
    take(page, "twin", whole=True)
    page.get_by_role("tab", name="Organ").click()
    page.locator("main canvas").first.wait_for()
    page.wait_for_timeout(4000)
    take(page, "organ")
    page.get_by_role("tab", name="Live").click()
    words = [BODYTWIN, "stream", "2", ecg, "--seconds", "16", "--home", home]
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL):
        page.wait_for_timeout(14_000)
        take(page, "live")
    for tab, name in (("Who looked and why", "audit"), ("Consent", "consent")):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(1500)
        take(page, name)


def heart(visit: Visit) -> None:
    page = visit.patient("Heart A", "Heart")
    page.locator(".heart-stage canvas").wait_for(timeout=120_000)
    page.get_by_role("button", name="Stimulate from every site").click()
    page.get_by_role("heading", name="From which sites").wait_for(timeout=900_000)
    page.wait_for_timeout(3000)
    take(page, "heart", whole=True)


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / f"page-{name}.png", full_page=whole)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    home = filled(folder)
    server = Server(home)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        views(
            Visit(browser, server, viewport={"width": 1280, "height": 800}), home, written(folder)
        )
        bodytwin("image", "Heart A", *HEART, home=home)
        heart(Visit(browser, server, viewport={"width": 1280, "height": 800}))
        browser.close()
    server.stop()
    shutil.rmtree(folder)
