"""How a validation on a table is told."""

from typing import Any

Shape = dict[str, Any]
HEAD = (
    f"  {'ahead':<44}{'n':>6}  {'error':>10}{'last value':>12}{'trend':>12}"
    f"{'CRPS':>11}{'last value':>12}{'90 % held':>11}"
)


def table_validation(shape: Shape) -> str:
    """Errors beside those of both naive forecasts, for each horizon."""
    unit = shape["unit"]
    lines = [
        f"Forecast {shape['patients']} patients with {shape['variant']}, the population learned in "
        f"{shape['folds']} folds without those who were forecast; mean absolute error and CRPS in "
        f"{unit}.",
        HEAD,
        *(_row(h) for h in shape["horizons"]),
    ]
    held = shape["held_out"]
    if held:
        most = shape["largest"]
        lines += [
            _row(held),
            f"  of the largest value ({most:g} {unit}): error {held['mae'] / most:.6f}, "
            f"last value {held['mae_last'] / most:.6f}",
        ]
    if shape["left_out"]:
        lines.append(f"  Left out: {shape['left_out']} patients whom the twin cannot see.")
    return "\n".join([*lines, shape["verdict"]])


def _row(h: Shape) -> str:
    return (
        f"  {h['words']:<44}{h['forecasts']:>6}  {h['mae']:>10.4g}{h['mae_last']:>12.4g}"
        f"{h['mae_trend']:>12.4g}{h['crps']:>11.4g}{h['crps_last']:>12.4g}"
        f"{h['coverage90']:>11.3f}"
    )
