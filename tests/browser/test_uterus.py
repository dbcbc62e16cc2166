"""The page of a uterus: turned, coloured, taken through the weeks, and beside an option."""

import pytest

from bodytwin.twins.pregnancy.model.template import Counts
from tests.browser.conftest import DATA
from tests.cli.conftest import Terminal

DRAWN = """c => {
    const t = document.createElement('canvas');
    [t.width, t.height] = [c.width, c.height];
    const pen = t.getContext('2d');
    pen.drawImage(c, 0, 0);
    const seen = pen.getImageData(0, 0, t.width, t.height).data;
    let sum = 0, filled = 0;
    for (let i = 0; i < seen.length; i += 4) {
        filled += seen[i + 3] > 0;
        sum = (31 * sum + seen[i] + 7 * seen[i + 1] + 3 * seen[i + 2]) % 1000003;
    }
    return {sum, share: filled / (t.width * t.height)};
}"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uterus")
    terminal, page = Terminal(folder), folder / "uterus.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bodytwin.twins.pregnancy.direct.MESH", Counts())
        patch.setattr("bodytwin.twins.pregnancy.load.AHEAD_WK", 4.0)
        for name in ("short_cervix.fhir.json", "short_cervix_ultrasound.fhir.json"):
            read = terminal.json("import", DATA / "pregnancy" / name)
        (mother,) = read["files"][0]["patients"]
        terminal.json("uterus", mother, "--draws", "5", "--to", page)
    return page


@pytest.fixture
def page(chromium, said):
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    page, faults, asked = context.new_page(), [], []
    page.set_default_timeout(20_000)
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("request", lambda r: asked.append(r.url))
    page.goto(said.as_uri())
    page.locator("#view").wait_for()
    yield page
    assert faults == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    context.close()


def own(page):
    """The picture of her as she is."""
    return page.locator(".stages canvas").first.evaluate(DRAWN)


def beside(page):
    """The picture of the option beside."""
    return page.locator(".stages canvas").nth(1).evaluate(DRAWN)


def test_a_uterus_is_drawn_turned_and_put_back(page):
    first = own(page)
    assert first["share"] > 0.05
    page.locator(".stages canvas").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    turned = own(page)
    assert turned["sum"] != first["sum"]
    page.get_by_role("button", name="As at first").click()
    assert own(page)["sum"] == first["sum"]
    page.get_by_role("button", name="Closer").click()
    assert own(page)["sum"] != first["sum"]


def test_a_slider_goes_through_the_weeks(page):
    first, told = own(page), page.locator("#told").text_content()
    slider = page.get_by_role("slider", name="Week")
    slider.fill(slider.get_attribute("max"))
    assert page.locator("#told").text_content() != told
    assert own(page)["sum"] != first["sum"]


def test_an_option_is_shown_beside_today(page):
    names = page.get_by_label("Compare with").locator("option").all_text_contents()
    assert any("pessary" in name.lower() for name in names)
    assert any("cerclage" in name.lower() for name in names)
    before = beside(page)
    page.get_by_label("Compare with").select_option(index=len(names) - 1)
    assert beside(page)["sum"] != before["sum"]
    assert own(page)["share"] > 0.05


def test_colours_say_how_unsure_a_stretch_is(page):
    first, ramp = own(page), page.locator("#most").text_content()
    page.get_by_label("how unsure it is").check()
    assert own(page)["sum"] != first["sum"]
    assert page.locator("#most").text_content() != ramp
