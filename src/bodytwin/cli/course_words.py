"""What was found of a course of radiotherapy, in short sentences and small tables."""

from typing import Any

from bodytwin.cli.table import table

Shape = dict[str, Any]


def brought(shape: Shape) -> str:
    """A course that was kept."""
    steps = " x ".join(f"{s:.2f}" for s in shape["spacing_mm"])
    dose = shape["greatest_dose_gy"]
    lines = [
        f"Course of patient {shape['added']['patients'][0]}, voxels of {steps} mm, "
        + ("no dose yet" if dose is None else f"dose up to {dose:.1f} Gy")
        + (f" in {shape['fractions']} fractions." if shape["fractions"] else "."),
        table(
            ["region", "volume (mL)", "prescribed (Gy)"],
            [
                [
                    r["name"],
                    f"{r['volume_ml']:.1f}",
                    "" if r["prescribed_gy"] is None else f"{r['prescribed_gy']:g}",
                ]
                for r in shape["regions"]
            ],
        ),
        *shape["remarks"],
    ]
    if shape["held_back"]:
        lines.append(f"Held back: {len(shape['held_back'])}.")
        lines += [f"  {h['path']}: {h['reason']}" for h in shape["held_back"]]
    if not shape["added"]["new"]:
        lines.append("It was known already.")
    return "\n".join(lines)


def noted(shape: Shape) -> str:
    """Fractions that were noted."""
    return f"Noted {shape['new']} fraction(s) of patient {shape['patients'][0]}."


def studied(shape: Shape) -> str:
    """Doses and effects of each option."""
    each = shape["prescribed_gy"] / shape["fractions"]
    lines = [
        f"{shape['prescribed_gy']:g} Gy to {shape['target']} in {shape['fractions']} fractions of "
        f"{each:.3g} Gy; {shape['given']} given."
    ]
    if "change" in shape:
        lines.append(f"Then the anatomy changes: {shape['change']}.")
    if "beamlets" in shape:
        lines.append(
            f"Planned: {len(shape['beams'])} beams, {shape['beamlets']} beamlets, "
            f"{shape['seconds']:.0f} s."
        )
    names = [o["name"] for o in shape["options"]]
    lines += ["", table(["at the end of the course", *names], _effects(shape["options"]))]
    for option in shape["options"]:
        lines += ["", f"Doses in Gy, {option['name']}:", _doses(option["regions"])]
    lines += [
        "",
        "Shown side by side and not ranked: this model has not been held against what became of "
        "patients.",
        f"Based on: {shape['based_on']}.",
        *shape["remarks"],
        *shape["left_out"],
    ]
    return "\n".join(lines)


def _effects(options: list[Shape]) -> list[list[str]]:
    rows: list[list[str]] = []
    for k, first in enumerate(options[0]["outcomes"]):
        cells = [_cell(o["outcomes"][k]) for o in options]
        rows.append([first["name"].replace("_", " "), *cells])
    return rows


def _cell(o: Shape) -> str:
    if o["unit"] == "1":
        mean, low, high = (100 * o[k] for k in ("mean", "low", "high"))
        return f"{mean:.1f} % ({low:.1f} to {high:.1f})"
    over = " over its limit" if o.get("beyond", 0.0) > 0.5 else ""
    return f"{o['median']:.1f} {o['unit']} ({o['low']:.1f} to {o['high']:.1f}){over}"


def _doses(regions: list[Shape]) -> str:
    keys = ("mean_gy", "d98_gy", "d95_gy", "d50_gy", "d2_gy")
    return table(
        ["region", "volume (mL)", "mean", "D98", "D95", "D50", "D2"],
        [[r["name"], f"{r['volume_ml']:.1f}", *(f"{r[k]:.1f}" for k in keys)] for r in regions],
    )
