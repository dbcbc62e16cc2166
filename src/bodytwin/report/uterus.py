"""A page about the load that uterus and cervix bear: in three dimensions, in numbers, in time."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bodytwin.report.axis import Scale, marks, rounded_up, value_axis
from bodytwin.report.svg import curve, line, ribbon, tag, text
from bodytwin.report.words import number, span

Shape = Mapping[str, Any]
HEIGHT, MARGIN = 520.0, 14.0
WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 720.0, 290.0, 46.0, 16.0, 26.0, 42.0
CORNERS = ((0, 1, 4, 3), (1, 2, 5, 4), (3, 4, 7, 6), (4, 5, 8, 7))
"""A face of nine nodes is drawn as four."""
STEPS = ("#e8eef2", "#c9dbe6", "#a3c4d8", "#74a6c4", "#4686ad", "#1f6690", "#0f4a6e", "#08324c")


def render_uterus(answer: Shape) -> str:
    """The page as one HTML document: nothing is fetched from outside."""
    environment = Environment(
        loader=PackageLoader("bodytwin.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(drawing=Markup, number=number, span=_span)
    low, high = _range(answer["section"])
    return environment.get_template("uterus.html").render(
        load=answer,
        drawing=_section(answer["section"], low, high),
        weeks=_weeks(answer["weeks"]),
        data=Markup(json.dumps(answer["view"], separators=(",", ":")).replace("<", "\\u003c")),
        script=Markup((files("bodytwin.report") / "templates" / "uterus.js").read_text("utf-8")),
        steps=[
            (colour, f"{100 * (low + (k + 0.5) / len(STEPS) * (high - low) - 1):.1f} %")
            for k, colour in enumerate(STEPS)
        ],
        measures=[(n.rpartition("_")[0].replace("_", " "), v, n) for n, v in
                  answer["measures"].items()],
    )  # fmt: skip


def _weeks(rows: Sequence[Shape]) -> Markup:
    """The stretch about the internal os by week, and with a cervix that softens half as fast."""
    if len(rows) < 2:
        return Markup("")
    at = np.array([r["week"] for r in rows])
    own, slower = (
        {end: np.array([r[name][end] for r in rows]) for end in ("low90", "median", "high90")}
        for name in ("softens", "slower")
    )
    top = rounded_up(0.0, float(own["high90"].max()))
    x = Scale(float(at[0]), float(at[-1]), LEFT, WIDE - RIGHT)
    y = Scale(0.0, top, HIGH - BOTTOM, TOP)
    across = x.all(at)
    parts = [
        value_axis(y, LEFT, WIDE - RIGHT, marks(0.0, top)),
        ribbon(across, y.all(own["low90"]), y.all(own["high90"]), "twin band90"),
        curve(across, y.all(own["median"]), "twin median"),
        curve(across, y.all(slower["median"]), "slower"),
        line(LEFT, HIGH - BOTTOM, WIDE - RIGHT, HIGH - BOTTOM, "axis"),
    ]
    for week in range(int(np.ceil(at[0])), int(at[-1]) + 1, 2):
        parts.append(text(f"{week}", x(week), HIGH - BOTTOM + 17, "mark mid"))
    parts.append(text("weeks", WIDE - RIGHT, HIGH - 6, "unit end"))
    parts.append(text("%", LEFT - 7, TOP - 12, "unit end"))
    return Markup(
        tag(
            "svg", *parts, viewBox=f"0 0 {WIDE:.0f} {HIGH:.0f}", role="img",
            aria_label="Stretch about the internal os by week, with its 90 % interval",
        )
    )  # fmt: skip


def _span(r: Shape) -> str:
    return span(r["low90"], r["high90"])


def _range(section: Shape) -> tuple[float, float]:
    every = sorted(v for face in section["stretch"] for v in face)
    return every[0], every[int(0.98 * (len(every) - 1))]


def _section(section: Shape, low: float, high: float) -> Markup:
    """The sagittal section, front to the left, each part of a face in the colour of its mean."""
    places = section["place_mm"]
    across = [-p[0] for face in places for p in face]
    up = [p[1] for face in places for p in face]
    left, right, bottom, top = min(across), max(across), min(up), max(up)
    scale = (HEIGHT - 2 * MARGIN) / (top - bottom)
    width = (right - left) * scale + 2 * MARGIN + 60

    def at(p: list[float]) -> str:
        return f"{MARGIN + (-p[0] - left) * scale:.1f},{MARGIN + (top - p[1]) * scale:.1f}"

    parts: list[str] = []
    for face, values in zip(places, section["stretch"], strict=True):
        for corners in CORNERS:
            mean = sum(values[k] for k in corners) / 4
            step = int((mean - low) / max(high - low, 1e-9) * len(STEPS))
            colour = STEPS[min(max(step, 0), len(STEPS) - 1)]
            points = " ".join(at(face[k]) for k in corners)
            parts.append(tag("polygon", points=points, fill=colour, stroke=colour))
    foot = MARGIN + (right - left) * scale
    parts.append(line(foot, HEIGHT - 8, foot + 20 * scale, HEIGHT - 8, "axis"))
    parts.append(text("2 cm", foot + 10 * scale, HEIGHT - 13, "mark mid"))
    return Markup(
        tag(
            "svg", *parts, viewBox=f"0 0 {width:.0f} {HEIGHT:.0f}", role="img", class_="section",
            aria_label="Section of uterus and cervix from the side, darker where stretched more",
        )
    )  # fmt: skip
