"""A sheet about one pregnancy that mother and doctor can both read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bodytwin.report.svg import line, tag, text

Shape = Mapping[str, Any]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720.0, 330.0, 44.0, 20.0, 14.0, 40.0
PEOPLE, ACROSS = 100, 20
MAIN_WK = (34, 37, 35, 32, 28)


def render_pregnancy(answer: Shape) -> str:
    """The sheet as one HTML document: nothing is fetched from outside, and there is no script."""
    return (
        _environment()
        .get_template("pregnancy.html")
        .render(
            sheet=answer,
            alike="two children" if answer["found"]["children"] == 2 else "one child",
            findings=_findings(answer["found"]),
            main=_main(answer["chances"]),
            people=_people,
            curve=_curve(answer),
            at=_day(answer["at"]),
            visits=[v | {"day": _day(v["at"])} for v in answer["visits"]],
            marks=[c["before_wk"] for c in answer["chances"]],
            tried=[o for o in answer["options"] if o["tried"]],
            others=[o for o in answer["options"] if not o["tried"]],
        )
    )


def render_born(answer: Shape) -> str:
    """What was foretold, held against the birth, as one HTML document."""
    return (
        _environment()
        .get_template("born.html")
        .render(
            sheet=answer,
            rows=[f | {"day": _day(f["at"])} for f in answer["forecasts"]],
            marks=(34, 37),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bodytwin.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        count=count_words, counted=counted, hundred=of_hundred, range=of_range, weeks=weeks_words
    )
    return environment


def of_hundred(share: float) -> str:
    """A share as people count: of 100, or of 1000 where it is small."""
    return f"{100 * share:.0f} of 100" if share >= 0.01 else f"{1000 * share:.0f} of 1000"


def count_words(share: float) -> str:
    """How many of 100, with a decimal where it is fewer than one."""
    return f"{100 * share:.0f}" if share >= 0.01 else f"{100 * share:.1f}"


def of_range(c: Shape) -> str:
    """The 90 % interval of a chance, counted as its middle is."""
    return f"{c['of'] * c['low90']:.0f} to {c['of'] * c['high90']:.0f}"


def counted(c: Shape, which: str = "mean") -> str:
    """A chance as people count it, hers and that of all women of as many."""
    return f"{c['of'] * c[which]:.0f} of {c['of']}"


def weeks_words(days: int) -> str:
    """Days of gestation as weeks and days."""
    return f"{days // 7} weeks and {days % 7} day{'' if days % 7 == 1 else 's'}"


def _main(rows: Sequence[Shape]) -> Shape | None:
    """The chance that is drawn as women: the first of these weeks that is ahead."""
    by_week = {c["before_wk"]: c for c in rows}
    return next((by_week[w] for w in MAIN_WK if w in by_week), None)


def _findings(found: Shape) -> list[str]:
    said = ["Twins" if found["children"] == 2 else "One child"]
    if found["cervical_length_mm"] is not None:
        said.append(
            f"cervix {found['cervical_length_mm']:.0f} mm long at {found['visit_wk']} weeks "
            f"({of_hundred(found['share_shorter'])} women have a shorter one)"
        )
    said += [found["history"]] if found["history"] else []
    said += [f"fibronectin test {found['fibronectin']}"] if found["fibronectin"] else []
    return said


def _day(stamp: str) -> str:
    at = datetime.fromisoformat(stamp)
    return f"{at.day} {at:%B %Y}"


def _people(share: float, low: float, high: float) -> Markup:
    """A hundred women: those who give birth early, those within the interval, the others."""
    sure, middle, most = (round(PEOPLE * v) for v in (low, share, high))
    marks: list[str] = []
    for k in range(PEOPLE):
        kind = "early" if k < middle else "maybe" if k < most else "late"
        kind += " sure" if k < sure else ""
        x, y = 9 + 18 * (k % ACROSS), 9 + 18 * (k // ACROSS)
        marks.append(tag("circle", cx=x, cy=y, r=6.2, class_=kind))
    height = 18 * (PEOPLE // ACROSS)
    words = f"{middle} of {PEOPLE} women, 90 % interval {sure} to {most}"
    return Markup(
        tag(
            "svg", *marks, viewBox=f"0 0 {18 * ACROSS} {height}", class_="people", role="img",
            aria_label=words,
        )
    )  # fmt: skip


def _curve(answer: Shape) -> Markup:
    """The share still pregnant by week, hers with its band, all women's beside it."""
    c = answer["curve"]
    first, last = float(c["week"][0]), 42.0

    def x(week: float) -> float:
        return LEFT + (min(week, last) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    def path(values: Sequence[float]) -> str:
        return " ".join(f"{x(w):.1f},{y(v):.1f}" for w, v in zip(c["week"], values, strict=True))

    band = path(c["high90"]) + " " + " ".join(reversed(path(c["low90"]).split()))
    parts = [tag("polygon", points=band, class_="twin band90")]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(line(LEFT, y(share), WIDTH - RIGHT, y(share), "grid"))
        parts.append(text(f"{100 * share:.0f}", LEFT - 7, y(share) + 4, "mark end"))
    step = 1 if last - first <= 10 else 2
    for week in range(int(first), int(last) + 1, step):
        parts.append(text(str(week), x(week), HEIGHT - 20, "mark mid"))
    for week in (34, 37):
        if first < week:
            parts.append(line(x(week), TOP, x(week), HEIGHT - BOTTOM, "aim-edge"))
    parts.append(tag("polyline", points=path(c["population"]), class_="theirs"))
    parts.append(tag("polyline", points=path(c["median"]), class_="hers"))
    parts.append(text("week of pregnancy", (LEFT + WIDTH) / 2, HEIGHT - 3, "unit mid"))
    words = "Share still pregnant by week, of women like her and of all women"
    return Markup(tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=words))
