"""The page as a person uses it, on a real server with real patients."""

import zipfile

import pytest

PLANS = ("2 mg every 12 h", "3 mg every 12 h")
VIEWS = ("Timeline", "Twins", "Organ", "Live", "Who looked and why", "Consent")
WIDTHS = {"phone": (360, 740), "desk": (1440, 900), "wall": (2560, 1440)}


def test_the_first_view_is_light(chromium, server):
    context = chromium.new_context()
    page, sizes = context.new_page(), []
    page.on("response", lambda r: sizes.append(int(r.headers.get("content-length", 0))))
    page.goto(server.link)
    page.get_by_role("link", name="2", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= 10
    assert 0 < sum(sizes) <= 800_000
    assert "token" not in page.url
    context.close()


def test_a_person_finds_where_a_number_comes_from(visit):
    one = visit()
    page = one.patient("2")
    page.get_by_role("slider", name="Concentration").focus()
    page.keyboard.press("Enter")
    page.get_by_text("row 28").first.wait_for()
    assert page.get_by_text("33", exact=False).count() > 0
    assert not one.faults
    assert not one.strangers


def test_a_person_personalises_tries_plans_and_registers_a_forecast(visit):
    one = visit()
    page = one.patient("2", "Twins")
    page.get_by_role("button", name="Personalise").click()
    page.get_by_role("heading", name="What was learned of this patient").wait_for()
    assert page.get_by_role("cell", name="Clearance").count() == 1
    page.locator("#plan-0").fill(PLANS[0])
    page.get_by_role("button", name="Another plan").click()
    page.locator("#plan-1").fill(PLANS[1])
    page.get_by_role("button", name="Compare 2 plans").click()
    page.get_by_role("heading", name="Outcomes").wait_for()
    assert page.get_by_text("Best of these, probability").count() == 1
    assert page.get_by_text("is best with probability").count() > 0
    assert page.get_by_role("columnheader", name="Against the first plan").count() > 0
    page.locator("#f-at").fill("+12h")
    page.get_by_role("button", name="Register a forecast").click()
    page.get_by_text("no outcome yet").first.wait_for()
    assert not one.faults
    assert not one.strangers


def test_a_heart_turns_and_says_what_stands_at_a_point(visit):
    one = visit()
    page = one.patient("2", "Organ")
    canvas = page.locator("main canvas").first
    canvas.wait_for()
    page.get_by_text("Activation time").first.wait_for()
    before = canvas.screenshot()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("±").first.wait_for()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 160, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_timeout(1500)
    assert canvas.screenshot() != before
    assert not one.faults
    assert not one.strangers


def test_leave_taken_back_is_refused_at_once_and_stands_in_the_log(visit):
    one = visit()
    page = one.patient("3", "Consent")
    care = page.get_by_role("group", name="May those who treat you use your twin?")
    care.get_by_text("No, deny").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text("Nothing changed yet").wait_for()
    page.goto(one.server.url)
    page.get_by_role("heading", name="Patients").wait_for()
    page.get_by_role("link", name="4", exact=True).first.wait_for()
    page.get_by_role("link", name="3", exact=True).first.click()
    page.get_by_role("heading", name="You may not see this").first.wait_for()
    page.get_by_role("tab", name="Who looked and why").click()
    page.get_by_text("was not allowed to").first.wait_for()
    assert not one.faults


def test_a_twin_is_taken_along_as_one_file(visit, tmp_path):
    one = visit()
    page = one.patient("2", "Take along or erase")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    place = tmp_path / "twin.zip"
    download.value.save_as(place)
    with zipfile.ZipFile(place) as held:
        assert {"bundle.json", "twin.json", "audit.json"} <= set(held.namelist())
    assert not one.faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_fits_its_window(visit, width, scheme):
    across, down = WIDTHS[width]
    one = visit(viewport={"width": across, "height": down}, color_scheme=scheme)
    page = one.patient("2")
    for view in VIEWS:
        page.get_by_role("tab", name=view).click()
        page.wait_for_function("() => !document.querySelector('[role=status] .skeleton')")
        page.wait_for_timeout(400)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= across, view
    assert not one.faults
    assert not one.strangers


def test_a_keyboard_is_enough_to_reach_a_forecast(visit):
    page = visit().page
    page.get_by_role("searchbox").first.focus()
    page.keyboard.type("2")
    page.get_by_role("link", name="2", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Measured").wait_for()
    page.get_by_role("tab", name="Timeline").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="Phenobarbital").wait_for()
    page.get_by_role("button", name="Personalise").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What was learned of this patient").wait_for()
