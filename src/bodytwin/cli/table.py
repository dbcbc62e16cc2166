"""Numbers and small tables for people."""

from collections.abc import Sequence
from typing import Any


def number(value: float | None, digits: int = 3) -> str:
    """Round to `digits` significant digits, without powers of ten where they can be avoided."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        text = f"{value:.{digits}g}"
        return f"{float(text):,.0f}".replace(",", " ") if "e" in text else text
    return f"{value:.{digits - 1}e}"


def band(shape: dict[str, Any], *, unit: bool = True) -> str:
    """Write median [90 % interval] and the unit."""
    text = f"{number(shape['median'])} [{number(shape['low90'])} to {number(shape['high90'])}]"
    return f"{text} {shape['unit']}" if unit and shape["unit"] != "1" else text


def percent(value: float | None) -> str:
    """Write a share of one as a percentage."""
    return "-" if value is None else f"{100 * value:.0f} %"


def day(text: str | None) -> str:
    """Write a time to the minute."""
    return "-" if text is None else text[:16].replace("T", " ")


def short(identity: str) -> str:
    """Write the first characters of an id, enough to name it."""
    return identity[:12]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "  ") -> str:
    """Align columns under a header."""
    lines = [list(header), *[list(r) for r in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    rule = ["-" * w for w in widths]
    return "\n".join(
        (indent + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True))).rstrip()
        for line in [lines[0], rule, *lines[1:]]
    )
