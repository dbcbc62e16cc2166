"""A page about one heart: in three dimensions, its circuits, its ECG, and what would end them."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bodytwin.report.svg import tag, text

Shape = Mapping[str, Any]
MM_PER_S, PIXELS_PER_MM = 25.0, 4.0
COLUMN_S, ROW_MM = 2.5, 22.0
COLUMNS = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))
ECG_WORDS = (
    "The same {seconds:g} s in every lead, 25 mm/s, {gain:g} mm/mV. Twelve leads by lead field on "
    "a trunk without borders and electrodes of a template: shapes may be compared, amplitudes not."
)


def render_heart(
    *, title: str, view: Shape, arrays: Shape, screen: Shape, search: Shape | None
) -> str:
    """The page as one HTML document: nothing is fetched from outside.

    `view` is the header of the heart, `arrays` its packed arrays, `screen` and `search` the
    answers of the studies of these names.
    """
    circuits = list(screen["circuits"])
    ecg = _ecg(circuits[0]["ecg"]) if circuits else ("", 0.0)
    environment = Environment(
        loader=PackageLoader("bodytwin.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(drawing=Markup)
    data = {
        "arrays": arrays,
        "circuits": [{k: c[k] for k in ("arrays", "cycle_length_ms", "path_mm")} for c in circuits],
        "marks": _marks(view, screen, search),
    }
    return environment.get_template("heart.html").render(
        title=title,
        about=_about(screen, search),
        facts=_facts(view, screen),
        circuits=circuits,
        lesions=search["lesions"] if search else [],
        search=search,
        after=bool(search),
        ecg=ecg[0],
        ecg_words=ECG_WORDS.format(gain=ecg[1], seconds=COLUMN_S),
        control=screen.get("control", {}).get("words", ""),
        sites=_sites(screen, search),
        remarks=[screen["based_on"], *screen["remarks"]],
        data=Markup(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")),
        script=Markup((files("bodytwin.report") / "templates" / "heart.js").read_text("utf-8")),
    )


def _about(screen: Shape, search: Shape | None) -> str:
    words = (
        f"A tachycardia could be induced in {_share(screen)} of the hearts that fit what is known."
    )
    return f"{words} {search['words']}" if search else words


def _facts(view: Shape, screen: Shape) -> list[tuple[str, str]]:
    volumes = view["volumes_ml"]
    return [
        ("Muscle", f"{sum(volumes.values()):g} mL"),
        ("Scar", f"{volumes['scar']:g} mL"),
        ("Border zone", f"{volumes['border']:g} mL"),
        ("Hearts drawn", f"{screen['draws']}"),
    ]


def _marks(view: Shape, screen: Shape, search: Shape | None) -> list[Shape]:
    induced = {s["site"] for s in screen["sites"] if s["probability"] > 0}
    marks: list[Shape] = [
        {
            "at": site["position_mm"],
            "colour": "--harm" if site["name"] in induced else "--aim",
        }
        for site in view["sites"]
    ]
    lesions = search["lesions"] if search else []
    marks += [{"at": p, "colour": "--seen"} for i in lesions for p in i["positions_mm"]]
    return marks


def _sites(screen: Shape, search: Shape | None) -> list[Shape]:
    after = {s["site"]: s for s in search["after"]["sites"]} if search else {}
    return [
        {
            **s,
            "said": _share(s),
            "intervals": " ".join(f"{c:.0f}" for c in s["coupling_intervals_ms"]),
            "erp": _whole(s["erp_ms"]),
            "cycle": _whole(s["cycle_length_ms"]),
            "after_said": _share(after[s["site"]]) if after else "",
            "after_probability": after[s["site"]]["probability"] if after else 0.0,
        }
        for s in screen["sites"]
    ]


def _share(s: Shape) -> str:
    p, low, high = (round(100 * s[k]) for k in ("probability", "low", "high"))
    return f"{p} % ({low} to {high})"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _ecg(shape: Shape) -> tuple[str, float]:
    """Twelve leads in four columns and a rhythm strip, and the gain in mm/mV."""
    leads = dict(zip(shape["leads"], shape["mv"], strict=True))
    largest = max((abs(v) for mv in leads.values() for v in mv), default=1.0)
    gain = next((g for g in (10.0, 20.0, 50.0, 100.0, 200.0) if largest * g > 4.0), 200.0)
    step_s = (shape["time_ms"][1] - shape["time_ms"][0]) / 1000.0
    part, column = int(COLUMN_S / step_s), COLUMN_S * MM_PER_S
    width, height = 4 * column, 3 * ROW_MM
    pieces = [_grid(width, height)]
    for c, names in enumerate(COLUMNS):
        for r, name in enumerate(names):
            pieces.append(_lead(leads[name][-part:], c * column, r, name, gain, step_s))
    box = f"0 0 {width * PIXELS_PER_MM:.0f} {height * PIXELS_PER_MM:.0f}"
    drawn = tag("svg", *pieces, viewBox=box, class_="ecg", role="img",
                aria_label="Twelve-lead electrocardiogram of the tachycardia")  # fmt: skip
    return drawn, gain


def _grid(width: float, height: float) -> str:
    p = PIXELS_PER_MM
    lines = [
        tag("line", x1=x * p, y1=0.0, x2=x * p, y2=height * p, class_="grid")
        for x in range(0, int(width) + 1, 5)
    ]
    lines += [
        tag("line", x1=0.0, y1=y * p, x2=width * p, y2=y * p, class_="grid")
        for y in range(0, int(height) + 1, 5)
    ]
    return "".join(lines)


def _lead(mv: Sequence[float], left: float, row: int, name: str, gain: float, step_s: float) -> str:
    p, middle = PIXELS_PER_MM, (row + 0.5) * ROW_MM
    points = " ".join(
        f"{(left + k * step_s * MM_PER_S) * p:.1f},{(middle - v * gain) * p:.1f}"
        for k, v in enumerate(mv)
    )
    label = text(name, (left + 1.0) * p, (row * ROW_MM + 5.0) * p)
    return tag("polyline", points=points, class_="lead") + label
