"""Numbers, units and names as people read them."""

import math
import re

_SUPERSCRIPT = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_MICRO = re.compile(r"(?<![A-Za-z\[{])u(?=(?:g|mol|L|l|m|s|U|kat)(?![A-Za-z]))")
_POWER = re.compile(r"10[*^](-?\+?\d+)")
UNKNOWN = "not known"
NOISE = 1e-12
"""Smallest error of a result of order one that is not rounding of the computer."""
GAP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def number(x: float, digits: int = 3) -> str:
    """`digits` significant digits, thousands apart, powers of ten where it is long."""
    if not math.isfinite(x):
        return UNKNOWN if math.isnan(x) else ("∞" if x > 0 else "−∞")
    if x == 0:
        return "0"
    power = math.floor(math.log10(abs(float(f"{x:.{digits - 1}e}"))))
    if not -4 <= power < 6:
        mantissa = f"{x:.{digits - 1}e}".split("e")[0]
        text = f"{_trimmed(mantissa)} × 10{str(power).translate(_SUPERSCRIPT)}"
    else:
        places = max(digits - 1 - power, 0)
        text = f"{round(x, places):,.{places}f}".replace(",", THIN)
        text = _trimmed(text) if power < 0 else text
    return text.replace("-", "−", 1)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_unit(text: str, unit: str) -> str:
    """Append the unit, with a space that does not break."""
    said = unit_words(unit)
    return f"{text}{GAP}{said}" if said and text != UNKNOWN else text


def span(low: float, high: float, unit: str = "") -> str:
    """Say an interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return with_unit(f"{number(low)} to {number(high)}", unit)


def with_error(value: float, error: float) -> tuple[str, str]:
    """Round a value to the second digit of its error, and say both."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return number(value), "error not known"
    if error <= NOISE:
        return number(value if abs(value) > NOISE else 0.0), "± 0"
    power = math.floor(math.log10(error))
    if not -6 <= power < 6:
        return number(value), f"± {number(error, 2)}"
    places = max(1 - power, 0)
    return f"{value:.{places}f}".replace("-", "−"), f"± {error:.{places}f}"


def exact(x: float) -> str:
    """Say a number that was prescribed, not estimated: every digit given, none added."""
    return f"{x:.6g}" if math.isfinite(x) and abs(x) < 1e6 else number(x)


def lowered(text: str) -> str:
    """Begin in small letters, unless the first word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def unbroken(text: str) -> str:
    """Keep each number on a line with the word that follows it."""
    return re.sub(r"(?<=\d) (?=\S)", GAP, text)


def percent(p: float) -> str:
    """Say a probability, never rounded to a certainty that was not found."""
    if not math.isfinite(p):
        return UNKNOWN
    if 0 < p <= 0.005:
        return f"under{GAP}1{THIN}%"
    if 0.995 <= p < 1:
        return f"over{GAP}99{THIN}%"
    return f"{p * 100:.0f}{THIN}%"


def percent_span(low: float, high: float) -> str:
    """Say an interval of probabilities."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    fine = any(0 < p < 0.005 or 0.995 < p < 1 for p in (low, high))
    a, b = (f"{p * 100:.{1 if fine and 0 < p < 1 else 0}f}" for p in (low, high))
    return f"{a} to {b}{THIN}%"


def unit_words(unit: str) -> str:
    """UCUM as it is printed: 10*9/L with a raised 9, ug with a Greek letter; "1" says nothing."""
    if unit in ("", "1"):
        return ""
    raised = _POWER.sub(lambda m: "10" + m[1].translate(_SUPERSCRIPT), unit)
    return _MICRO.sub("µ", raised).replace(".", "·").replace("{", "").replace("}", "")


def name_words(name: str, unit: str = "") -> str:
    """Take underscores from a name, and the unit that stands beside it."""
    suffix = "_" + unit.lower().replace("/", "_per_").replace(".", "_").lstrip("_")
    bare = name[: -len(suffix)] if unit and name.lower().endswith(suffix) else name
    bare = bare.replace("_", " ").strip()
    return bare[:1].upper() + bare[1:]


def hours(h: float) -> str:
    """Say a length of time: minutes, hours to two days, then days."""
    if not math.isfinite(h):
        return UNKNOWN
    if abs(h) < 1 and h != 0:
        return f"{number(h * 60, 2)}{GAP}min"
    if abs(h) < 48:
        return f"{_trimmed(f'{h:.1f}')}{GAP}h"
    return f"{_trimmed(f'{h / 24:.1f}')}{GAP}days"


def clock(h: float) -> str:
    """Say a point in time after the origin of the case."""
    if not math.isfinite(h):
        return UNKNOWN
    return f"{_trimmed(f'{h:.1f}')}{GAP}h"


def shortened(text: str, width: float, size: float = 12.0) -> str:
    """As much of `text` as fits `width` px at a font size of `size` px."""
    most = max(int(width / (0.54 * size)), 4)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
