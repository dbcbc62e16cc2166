"""A page about a course of radiotherapy: dose on the anatomy, histograms, and what it does."""

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bodytwin.report.axis import Scale, mark_words, marks, value_axis
from bodytwin.report.svg import line, tag, text
from bodytwin.report.words import number, with_unit

Shape = Mapping[str, Any]
COLOURS = (
    "#d1495b", "#e08e45", "#c9a227", "#2e86ab", "#3a9e6e", "#8d6bb8", "#5f7d95", "#b05c8f",
    "#6b8e23", "#a0522d", "#4682b4", "#708090",
)  # fmt: skip
WIDTH, HEIGHT, LEFT, BOTTOM = 720.0, 380.0, 46.0, 46.0
DASHES = ("", "6 4", "2 3", "9 3 2 3")


def render_course(*, title: str, view: Shape, arrays: Shape, answer: Shape) -> str:
    """The page as one HTML document: nothing is fetched from outside.

    `view` is the header of the anatomy, `arrays` its packed arrays, `answer` that of a study.
    """
    colours = {r["name"]: COLOURS[k % len(COLOURS)] for k, r in enumerate(view["regions"])}
    doses = _doses(arrays, answer)
    data = {
        "shape": view["shape"],
        "spacing_mm": view["spacing_mm"],
        "regions": [
            {"name": r["name"], "colour": colours[r["name"]], "target": r["target"]}
            for r in view["regions"]
        ],
        "prescribed_gy": view["prescribed_gy"],
        "arrays": {n: _gzipped(arrays[n]) for n in ("image", "regions")},
        "surfaces": _surfaces(arrays),
        "doses": [{"name": name, "array": _gzipped(packed)} for name, packed in doses.items()],
    }
    environment = Environment(
        loader=PackageLoader("bodytwin.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(drawing=Markup)
    return environment.get_template("course.html").render(
        title=title,
        about=_about(answer),
        facts=_facts(view, answer),
        doses=list(doses),
        regions=[(r["name"], colours[r["name"]]) for r in view["regions"]],
        dvh=_dvh(answer["options"], colours),
        options=[
            {"name": o["name"], "dash": DASHES[k % len(DASHES)]}
            for k, o in enumerate(answer["options"])
        ],
        effects=_effects(answer["options"]),
        tables=[_table(o) for o in answer["options"]],
        remarks=[*answer["remarks"], *answer["left_out"], f"Based on {answer['based_on']}."],
        data=Markup(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")),
        script=Markup((files("bodytwin.report") / "templates" / "course.js").read_text("utf-8")),
    )


def _doses(arrays: Shape, answer: Shape) -> dict[str, Shape]:
    """The doses that can be shown, by the name of the option."""
    new: Shape = answer.get("arrays", {})
    found: dict[str, Shape] = {}
    for k, option in enumerate(answer["options"]):
        if f"dose {k}" in new:
            found[option["name"]] = new[f"dose {k}"]
        elif k == 0 and "dose" in arrays:
            found[option["name"]] = arrays["dose"]
    return found


def _gzipped(packed: Shape) -> Shape:
    body = gzip.compress(b64decode(packed["base64"]), 6, mtime=0)
    return {**packed, "base64": b64encode(body).decode()}


def _surfaces(arrays: Shape) -> list[Shape]:
    names = [n.removeprefix("vertices ") for n in arrays if n.startswith("vertices ")]
    return [
        {
            "name": name,
            "vertices": _gzipped(arrays[f"vertices {name}"]),
            "triangles": _gzipped(arrays[f"triangles {name}"]),
        }
        for name in names
    ]


def _about(answer: Shape) -> str:
    each = answer["prescribed_gy"] / answer["fractions"]
    said = (
        f"{answer['prescribed_gy']:g} Gy to {answer['target']} in {answer['fractions']} fractions "
        f"of {each:.3g} Gy"
    )
    if "change" in answer:
        return (
            f"{said}. After {answer['given']} of them the anatomy changed ({answer['change']}): "
            "go on with the plan, or plan anew?"
        )
    given = answer["given"]
    return f"{said}, of which {given} were given." if given else f"{said}."


def _facts(view: Shape, answer: Shape) -> list[tuple[str, str]]:
    size = " × ".join(f"{s:.1f}" for s in view["spacing_mm"])
    target = next(r for r in view["regions"] if r["name"] == view["target"])
    found = [
        ("Target", f"{view['target']}, {target['volume_ml']:.0f} mL"),
        ("Voxels", f"{size} mm"),
        ("Draws", f"{answer['draws']}"),
    ]
    if "beamlets" in answer:
        found.append(("New plan", f"{len(answer['beams'])} beams, {answer['beamlets']} beamlets"))
    return found


def _dvh(options: Sequence[Shape], colours: Mapping[str, str]) -> str:
    top = max(o["dose_gy"][-1] for o in options)
    x = Scale(0.0, top, LEFT, WIDTH - 8.0)
    y = Scale(0.0, 100.0, HEIGHT - BOTTOM, 10.0)
    at = marks(0.0, top, 8)
    pieces = [value_axis(y, LEFT, WIDTH - 8.0, [0.0, 25.0, 50.0, 75.0, 100.0])]
    pieces.append(line(LEFT, y(0.0), WIDTH - 8.0, y(0.0), "axis"))
    for dose, words in zip(at, mark_words(at), strict=True):
        pieces.append(line(x(dose), y(0.0), x(dose), y(0.0) + 4, "tick"))
        pieces.append(text(words, x(dose), y(0.0) + 17, "mark mid"))
    pieces.append(text("Dose (Gy)", (LEFT + WIDTH) / 2, HEIGHT - 8.0, "unit mid"))
    pieces.append(text("Volume (%)", 4.0, -8.0, "unit"))
    for k, option in enumerate(options):
        for name, percent in option["percent"].items():
            points = " ".join(
                f"{x(d):.1f},{y(p):.1f}" for d, p in zip(option["dose_gy"], percent, strict=True)
            )
            pieces.append(
                tag(
                    "polyline",
                    tag("title", f"{name}, {option['name']}"),
                    points=points,
                    class_="curve",
                    stroke=colours.get(name, "#888"),
                    stroke_dasharray=DASHES[k % len(DASHES)],
                )
            )
    return tag(
        "svg", *pieces, viewBox=f"0 -22 {WIDTH:.0f} {HEIGHT + 22:.0f}", class_="dvh", role="img",
        aria_label="Dose-volume histograms; the numbers are in the tables below",
    )  # fmt: skip


def _effects(options: Sequence[Shape]) -> list[Shape]:
    """A row for each outcome with a cell for each option."""
    names = list(dict.fromkeys(o["name"] for option in options for o in option["outcomes"]))
    rows: list[Shape] = []
    for name in names:
        found = [
            next((o for o in option["outcomes"] if o["name"] == name), None) for option in options
        ]
        first = next(o for o in found if o is not None)
        rows.append({"words": first["words"], "cells": [_cell(o) for o in found]})
    return rows


def _cell(o: Shape | None) -> Shape:
    if o is None:
        return {"value": "not told", "range": "", "harm": False}
    if o["unit"] == "1":
        value, low, high = (f"{100 * o[k]:.1f}" for k in ("mean", "low", "high"))
        return {"value": f"{value} %", "range": f"({low} to {high})", "harm": False}
    value = with_unit(number(o["median"]), o["unit"])
    low, high = number(o["low"]), number(o["high"])
    return {
        "value": value,
        "range": f"({low} to {high})",
        "harm": o.get("beyond", 0.0) > 0.5,
    }


def _table(option: Shape) -> Shape:
    return {
        "name": option["name"],
        "rows": [
            [
                r["name"],
                f"{r['volume_ml']:.1f}",
                "" if r["prescribed_gy"] is None else f"{r['prescribed_gy']:g}",
                *(f"{r[k]:.1f}" for k in ("mean_gy", "d98_gy", "d95_gy", "d50_gy", "d2_gy")),
            ]
            for r in option["regions"]
        ],
    }
