"""What was found of a heart, in short sentences and small tables."""

from typing import Any

from bodytwin.cli.table import table

Shape = dict[str, Any]


def brought(shape: Shape) -> str:
    """An image that was kept."""
    volumes = ", ".join(f"{name} {ml:g} mL" for name, ml in shape["volumes_ml"].items())
    steps = " x ".join(f"{s:g}" for s in shape["spacing_mm"])
    known = "" if shape["added"]["new"] else "It was known already.\n"
    return "\n".join(
        [
            f"Image of patient {shape['added']['patients'][0]}, voxels of {steps} mm: {volumes}.",
            *(f"  {words}" for words in shape["remarks"]),
            known,
        ]
    ).rstrip()


def mapped(shape: Shape) -> str:
    """Maps that were kept."""
    lines = [
        f"{m['place'].capitalize()} in rhythm '{m['rhythm']}': {m['points']} points, "
        f"{m['times']} of them with a time, over {m['span_ms']:.0f} ms."
        for m in shape["maps"]
    ]
    if shape["held_back"]:
        lines.append(f"Held back: {len(shape['held_back'])}.")
    known = "" if shape["added"]["new"] else "It was known already."
    return "\n".join([*lines, *shape["remarks"], known]).rstrip()


def stimulated(shape: Shape) -> str:
    """Sites and what stimulation from each led to."""
    lines = [
        f"Under '{shape['plan']}' a tachycardia can be induced in {_share(shape)} of "
        f"{_hearts(shape['draws'])}.",
        shape["control"]["words"],
        "",
        table(
            ["site", "inducible", "S2, S3, S4, or burst (ms)", "refractory (ms)", "cycle (ms)"],
            [
                [
                    s["site"],
                    _share(s) if s["outcome"] != "no capture" else "no capture",
                    " ".join(f"{c:.0f}" for c in s["coupling_intervals_ms"]),
                    _whole(s["erp_ms"]),
                    _whole(s["cycle_length_ms"]),
                ]
                for s in shape["sites"]
            ],
        ),
        "",
    ]
    for c in shape["circuits"]:
        at = ", ".join(f"{q:.0f}" for q in c["exit_mm"])
        lines.append(
            f"{c['id'].capitalize()}: {c['words']} Cycle {c['cycle_length_ms']:.0f} ms "
            f"({c['low']:.0f} to {c['high']:.0f}); exit at {at} mm."
        )
    lines += [f"Based on: {shape['based_on']}", *shape["remarks"]]
    return "\n".join(lines)


def searched(shape: Shape) -> str:
    """Lesions that were found."""
    lines = [shape["words"]]
    for lesion in shape["lesions"]:
        points = " - ".join(" ".join(f"{q:.1f}" for q in p) for p in lesion["positions_mm"])
        lines.append(f"  {lesion['kind']} at {points} mm, radius {lesion['radius_mm']:g} mm")
    for r in shape["rounds"]:
        sites = ", ".join(r["inducible_sites"]) or "no site"
        lines.append(f"  Round {r['round']}: inducible from {sites}; {r['added']} lesions added.")
    lines += [f"As a plan: {shape['plan']}", f"Based on: {shape['based_on']}"]
    return "\n".join(lines)


def paced(shape: Shape) -> str:
    """How wide QRS becomes."""
    how = "paced from " + " and ".join(shape["sites"]) if shape["sites"] else "in sinus rhythm"
    return (
        f"QRS {how}: {shape['qrs_ms']:.0f} ms ({shape['low']:.0f} to {shape['high']:.0f} in 90 % "
        f"of {_hearts(shape['draws'])})."
    )


def rhythm(shape: Shape) -> str:
    """Everything from the image to the heart after ablation."""
    return "\n\n".join(
        [
            brought(shape["image"]),
            stimulated(shape["screen"]),
            searched(shape["search"]),
        ]
    )


def _hearts(n: int) -> str:
    return "1 heart" if n == 1 else f"{n} hearts"


def _share(s: Shape) -> str:
    p, low, high = (round(100 * s[k]) for k in ("probability", "low", "high"))
    return f"{p} % ({low} to {high})"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
