"""What every report shows, and what it never does."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from bodytwin.contract import Measurement
from bodytwin.report import AttainmentCurve, Chance, DoseGiven, Page, render
from bodytwin.report.words import unit_words
from bodytwin.validity.claim import Level
from tests.report.sample import (
    CONTEXT,
    GIVEN,
    ORIGIN,
    UNTIL_H,
    case,
    censored,
    comparison,
    evidence,
    forecast,
    measurements,
    planned,
    posterior,
    sample,
)

BAD = '<script>alert("x")</script>&\'"'
OUTSIDE = re.compile(r"""(?:src|href|action)\s*=\s*["'](?!#)|@import|url\((?!#)|<link|<iframe""")


@pytest.fixture(scope="module")
def page() -> Page:
    return sample()


@pytest.fixture(scope="module")
def html(page: Page) -> str:
    return render(page)


def drawings(html: str) -> list[ET.Element]:
    return [ET.fromstring(s) for s in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def said(html: str) -> str:
    bare = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    bare = unescape(re.sub(r"<[^>]+>", " ", bare))
    return re.sub(r"\s+", " ", bare.replace("\u202f", " "))


def test_needs_nothing_from_outside(html: str):
    assert not OUTSIDE.search(html)
    assert "http" not in html
    assert "<script" not in html
    assert not re.search(r"\son\w+=", html)


def test_the_same_page_gives_the_same_bytes(page: Page, html: str):
    assert render(page) == html


def test_is_small(html: str):
    assert len(html.encode()) < 1_000_000


class Balance(HTMLParser):
    VOID = frozenset({"meta", "br", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [v for k, v in attrs if k == "id" and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [v for k, v in attrs if k == "id" and v]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_element_is_closed_and_every_id_is_unique(html: str):
    balance = Balance()
    balance.feed(html)
    assert not balance.open
    assert len(set(balance.ids)) == len(balance.ids)


def test_every_link_leads_somewhere(html: str):
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in html


def test_every_figure_is_described_and_has_its_numbers(html: str):
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) >= 5
    for figure in figures:
        assert len(drawings(figure)) == 2
        for svg in drawings(figure):
            named = (svg.get("aria-labelledby") or "").split()
            texts = {e.get("id"): e.text for e in svg if e.tag in ("title", "desc")}
            assert all(texts[i] for i in named)
            assert len(named) == 2
        assert "<details" in figure
        assert "<td>" in figure


def test_no_drawing_holds_a_coordinate_that_is_not_a_number(html: str):
    for svg in drawings(html):
        for element in svg.iter():
            for name in ("x", "y", "d", "cx", "cy", "x1", "y1", "x2", "y2", "width", "height"):
                assert not re.search(r"nan|inf", element.get(name, ""))


def test_no_name_or_unit_can_become_markup(page: Page):
    bad_case = replace(page.case, patient=BAD, variant=BAD, assumed=(BAD,), left_out=(BAD,))
    seen = tuple(replace(m, quantity=BAD, unit=BAD, source=BAD) for m in page.case.measurements)
    levels = page.levels
    assert levels is not None
    targets = tuple(replace(t, quantity=BAD, unit=BAD) for t in levels.targets)
    bad = replace(
        page,
        title=BAD,
        about=BAD,
        posterior=replace(page.posterior, case=replace(bad_case, measurements=seen)),
        levels=replace(levels, targets=targets, plan=BAD),
        what_ifs=(replace(levels, targets=targets, plan=BAD),),
        doses=(DoseGiven(time_h=1, amount=2, unit=BAD, words=BAD),),
        evidence=evidence(BAD),
        commands=(BAD,),
        refused=(BAD,),
        remarks=(BAD,),
        versions={BAD: BAD},
        hashes={BAD: BAD},
    )
    html = render(bad)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    drawings(html)


def test_shows_every_unit(page: Page, html: str):
    words = said(html)
    units = [p.unit for p in page.posterior.prior.parameters]
    units += [m.unit for m in page.case.measurements] + [d.unit for d in page.doses]
    for unit in units:
        assert unit_words(unit) in words


def test_says_once_that_it_is_no_medical_device(html: str):
    assert html.count("not a medical device") == 1


def test_says_what_it_is_made_of(page: Page, html: str):
    words = said(html)
    for part in (
        page.patient, page.case.version, page.posterior.id, page.case.digest,
        page.sources[0].source_sha256, page.sources[0].path, page.commands[0].split(" --")[0],
        page.case.assumed[0], page.case.left_out[0], page.evidence[0].known_failures[0],
        page.context.question, page.context.not_for, page.refused[0],
    ):  # fmt: skip
        assert part in words


def test_a_withheld_ranking_says_why_and_names_no_best(page: Page):
    withheld = comparison(page.posterior, best=False)
    scored = evidence(level=Level.SCORED)
    html = render(replace(page, comparison=withheld, evidence=scored))
    assert withheld.ranking in html
    assert "Expected regret" not in html
    assert 'class="withheld"' in html
    assert 'class="best"' not in html


def test_the_best_plan_is_marked(page: Page, html: str):
    assert html.count('<tr class="best">') == 1


def test_every_key_number_has_its_interval(html: str):
    words = said(html)
    assert re.search(r"should read 33\.\d mg/L: nine times in ten from [\d.]+ to [\d.]+", words)
    assert re.search(r"population says [\d.]+ \([\d.]+ to [\d.]+", words)
    assert re.search(r"in \d+ % \(\d+ to \d+ %\)", words)
    assert re.search(r"\d+ % of measurements .* \(95 % interval \d+ to \d+ %\)", words)
    assert re.search(r"\d+ % (smaller|larger) than those of the population \(", words)


def test_every_result_in_the_options_has_an_interval_or_an_error(html: str):
    table = re.search(r"<table>\s*<caption[^>]*>Options<.*?</table>", html, re.DOTALL)
    assert table
    cells = re.findall(r"<td>(.*?)</td>", table[0])
    for cell in cells:
        assert 'class="range"' in cell or "every" in cell


def test_a_forecast_that_missed_is_said_to_be_outside(page: Page):
    missed = replace(page.judged[0].score, covered90=False, observed=80.0)
    html = render(replace(page, judged=(replace(page.judged[0], score=missed),)))
    assert "0 of 1 inside" in said(html)
    assert ">outside<" in html


def test_follows_light_and_dark_and_paper(html: str):
    for rule in ("prefers-color-scheme: dark", "@media print", "@page", "max-width: 560px"):
        assert rule in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["ink", "quiet", "twin", "population", "aim", "seen", "harm"])
def test_every_colour_of_text_is_readable(html: str, scheme: str, colour: str):
    style = re.findall(r":root \{(.*?)\}", html, re.DOTALL)[0 if scheme == "light" else 1]
    found = dict(re.findall(r"--(\w+): (#\w+);", style))
    assert contrast(found[colour], found["paper"]) >= 4.5


def contrast(a: str, b: str) -> float:
    bright, dim = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def bare(**changes) -> Page:
    q = changes.pop("posterior", posterior((), draws=200))
    return Page(
        title="A page",
        about="Little is known.",
        made_at=ORIGIN,
        context=CONTEXT,
        posterior=q,
        levels=changes.pop("levels", None),
        **changes,
    )


def checked(page: Page) -> str:
    html = render(page)
    balance = Balance()
    balance.feed(html)
    assert not balance.open
    for svg in drawings(html):
        for element in svg.iter():
            assert not re.search(r"\b(nan|inf)\b", element.get("d", "") + element.get("y", ""))
    return html


def test_a_page_with_nothing_says_so():
    words = said(checked(bare()))
    assert "There is nothing to draw" in words
    assert "No forecast was made" in words
    assert "Nothing was measured" in words


def test_no_measurement_still_gives_the_population():
    q = posterior((), draws=200)
    grid = np.linspace(0, UNTIL_H, 40)
    html = checked(bare(posterior=q, levels=forecast(q, grid, "hold", GIVEN, last=np.nan)))
    assert "Nothing has been measured yet" in html
    assert "last value carried forward: none" in said(html)


def test_one_plan_is_compared_with_nothing(page: Page):
    checked(replace(page, what_ifs=page.what_ifs[:1], comparison=None))


def test_draws_that_failed_leave_gaps(page: Page):
    levels = page.levels
    assert levels is not None
    holes = levels.latent.copy()
    holes[:, 50:60] = np.nan
    checked(replace(page, levels=replace(levels, latent=holes)))
    nothing = np.full_like(holes, np.nan)
    all_ = replace(levels, latent=nothing, observable=nothing, prior_observable=nothing)
    words = said(checked(replace(page, levels=all_, what_ifs=(all_,), foretold=())))
    assert "could not be computed" in words


@pytest.mark.parametrize("factor", [1e9, 1e-9, 0.0])
def test_huge_and_tiny_numbers_are_written_as_powers(page: Page, factor: float):
    levels = page.levels
    assert levels is not None
    many = replace(
        levels,
        latent=levels.latent * factor,
        observable=levels.observable * factor,
        prior_observable=levels.prior_observable * factor,
    )
    html = checked(replace(page, levels=many, what_ifs=(many,), foretold=(), aims=()))
    if factor:
        assert "× 10" in html


def test_values_beyond_a_limit_are_arrows(page: Page):
    html = checked(replace(page, posterior=replace(page.posterior, case=case(censored()))))
    assert html.count("seen arrow") == 4
    assert "below 5.00" in said(html)


def test_many_doses_and_measurements_stay_small(page: Page):
    doses = tuple(DoseGiven(time_h=float(k), amount=4.0 + k % 3, unit="mg") for k in range(200))
    seen: tuple[Measurement, ...] = tuple(
        replace(measurements()[0], time_h=float(k)) for k in range(200)
    )
    q = replace(page.posterior, case=case(seen))
    assert len(checked(replace(page, doses=doses, posterior=q))) < 1_000_000


def test_many_plans_are_cut_to_those_that_matter(page: Page):
    whatever = [(f"{a:g} mg every 12 h", a) for a in np.linspace(1, 9, 30)]
    grid = np.linspace(0, UNTIL_H, 40)
    plans = tuple(
        forecast(page.posterior, grid, n, (*GIVEN, *planned(float(a)))) for n, a in whatever
    )
    assert "21 further plans are not drawn" in checked(replace(page, what_ifs=plans))


def test_long_names_break(page: Page):
    long = "a_very_long_name_of_a_model_" * 6
    q = replace(page.posterior, case=replace(page.case, variant=long))
    plans = tuple(replace(f, plan=long + f.plan) for f in page.what_ifs)
    html = checked(replace(page, posterior=q, what_ifs=plans))
    assert "_<wbr>" in html
    assert "…" in html


def test_control_characters_do_not_break_a_drawing(page: Page):
    levels = page.levels
    assert levels is not None
    checked(replace(page, what_ifs=(replace(levels, plan="a\x00b\x1bc"),)))


def test_a_chance_comes_with_wilsons_interval():
    c = Chance.of(8, 10)
    assert (round(c.low, 3), round(c.high, 3)) == (0.490, 0.943)
    assert Chance.of(0, 0).value != Chance.of(0, 0).value


def test_attainment_can_be_taken_from_a_comparison(page: Page):
    assert page.comparison is not None
    curve = AttainmentCurve.of(page.comparison, "trough")
    assert curve.target == "15 to 40 mg/L"
    assert [d.label for d in curve.doses] == [o.plan for o in page.comparison.options]


def test_errors_of_measuring_below_zero_do_not_stretch_a_scale_of_positive_levels(page: Page):
    levels = page.levels
    assert levels is not None
    low = np.where(np.arange(levels.observable.shape[1]) < 3, -30.0, levels.observable)
    html = checked(replace(page, levels=replace(levels, observable=low)))
    figure = re.search(r'<figure id="levels0".*?</svg>', html, re.DOTALL)
    assert figure
    assert ">−" not in figure[0]


def test_trust_rests_on_validation_where_there_is_no_card(page: Page):
    words = said(render(replace(page, cards=())))
    assert "Beats the last value carried forward by 24 % (95 % interval 13 to 31)" in words
    assert "In this patient 3 of 3 measured values fell inside" in words
    bare_words = said(render(replace(page, cards=(), evidence=())))
    assert "treat every number as a hypothesis" in bare_words


def test_rounding_of_the_computer_is_nothing(page: Page):
    nothing = tuple(
        replace(w, expected_gain=1.3e-16, expected_gain_se=9e-18) for w in page.next_measurements
    )
    words = said(render(replace(page, next_measurements=nothing)))
    assert "None of these is expected to change the choice" in words
    assert "10⁻¹⁶" not in words


def test_the_answer_and_the_table_of_options_say_the_same_chances(page: Page):
    other = comparison(posterior(measurements(), draws=50))
    curve = AttainmentCurve.of(other, "trough")
    html = render(replace(page, attainment=(curve,)))
    table = re.search(r"<table>\s*<caption[^>]*>Options<.*?</table>", html, re.DOTALL)
    best = re.search(r'<tr class="best">.*?</tr>', table[0] if table else "", re.DOTALL)
    assert best
    chance = re.search(r"in (\d+) % \(([^)]*)\); highest level", said(html))
    assert chance
    assert all(part in said(best[0]) for part in chance.groups())


def test_a_replay_is_never_counted_as_registered_in_advance(page: Page, html: str):
    words = said(html)
    assert "2 registered before the outcome was known here" in words
    assert "1 replayed afterwards, with the outcome kept from the twin" in words
    assert html.count(">inside, replay<") == 2
    mine = tuple(replace(j, standing="") for j in page.judged[:1])
    assert "not stated to have been registered" in said(render(replace(page, judged=mine)))


def test_a_plan_never_best_among_the_draws_has_an_interval(html: str):
    table = re.search(r"<table>\s*<caption[^>]*>Options<.*?</table>", html, re.DOTALL)
    assert table
    assert "± 0 %" not in said(table[0])


def test_limits_of_harm_are_explained(page: Page, html: str):
    assert "limit of harm" in said(html)
    no_limit = tuple(replace(a, harm_above=None) for a in page.aims)
    assert "limit of harm" not in said(render(replace(page, aims=no_limit)))


def test_unknown_limits_are_not_drawn(page: Page):
    for broken in ({"low": np.nan}, {"harm_above": np.nan}):
        checked(replace(page, aims=tuple(replace(a, **broken) for a in page.aims)))
    score = replace(page.judged[0].score, high90=np.inf, low90=np.nan)
    html = checked(replace(page, judged=(replace(page.judged[0], score=score),)))
    assert not re.search(r'(?:width|height|x|y)="-?(?:nan|inf)', html)


def test_a_hash_is_listed_once(page: Page):
    html = render(replace(page, hashes={"case": page.case.digest}))
    assert html.count(page.case.digest) == 1


def test_an_average_of_models_says_so_and_a_single_model_does_not(page: Page):
    name = page.case.variant
    mixed = said(render(replace(page, weights={name: 0.7, "other_1990": 0.3})))
    assert "averaged with 1 more" in mixed
    assert "Models averaged" in mixed
    alone = said(render(replace(page, weights={name: 1.0})))
    assert "averaged" not in alone
