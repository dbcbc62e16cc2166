"""The heart on the page: seen in three dimensions, stimulated, burnt, and stopped."""

import pytest

from tests.browser.conftest import DATA, Server, Visit, bodytwin


@pytest.fixture(scope="module")
def visit(chromium, tmp_path_factory):
    home = tmp_path_factory.mktemp("heart") / "home"
    bodytwin(
        "image", "Heart A", DATA / "heart" / "ventricles.ply", "--new",
        *("--length-unit", "mm", "--turned", "--taken", "2026-03-05T10:15Z"),
        *("--scar", "radius 24"),
        home=home,
    )  # fmt: skip
    server = Server(home)
    found = Visit(chromium, server)
    page = found.patient("Heart A", "Heart")
    page.locator(".heart-stage canvas").wait_for(timeout=120_000)
    yield found
    found.context.close()
    server.stop()


def test_the_heart_is_drawn_with_its_scar_and_nothing_is_fetched_from_outside(visit):
    page = visit.page
    page.get_by_text("healthy muscle 130.2 mL").wait_for()
    drawn = page.locator(".heart-stage canvas").evaluate(
        """c => {
            const t = document.createElement('canvas');
            [t.width, t.height] = [c.width, c.height];
            const pen = t.getContext('2d');
            pen.drawImage(c, 0, 0);
            const seen = pen.getImageData(0, 0, t.width, t.height).data;
            return seen.filter((v, i) => i % 4 === 3 && v > 0).length / (t.width * t.height);
        }"""
    )
    assert 0.05 < drawn < 0.9
    assert visit.strangers == []
    assert visit.faults == []


def test_a_click_places_a_lesion_and_the_quick_answer_says_what_it_lacks(visit):
    page = visit.page
    again = page.get_by_role("button", name="Try again from all sites")
    assert again.is_disabled()
    page.locator(".heart-stage canvas").click()
    page.get_by_text("Point, 5 mm").wait_for()
    assert again.is_enabled()
    page.get_by_text("Nothing was learned of this heart yet.").wait_for(timeout=60_000)
    page.get_by_role("button", name="Remove lesion 1").click()
    assert again.is_disabled()


def test_a_test_from_every_site_shows_how_far_it_is_and_can_be_stopped(visit):
    page = visit.page
    page.get_by_role("button", name="Stimulate from every site").click()
    page.get_by_text("Stimulating from segment").wait_for(timeout=60_000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stimulate from every site").wait_for()
    assert visit.faults == []
