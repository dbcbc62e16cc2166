"""The command about pregnancies."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bodytwin.cli import options
from bodytwin.cli.command import Answer, command
from bodytwin.cli.session import opened
from bodytwin.cli.table import band, table

To = Annotated[Path | None, typer.Option("--to", help="Where to write a page (.html).")]
Shape = dict[str, Any]
LIMITS = (
    "Intervals hold what the studies leave open, not how much hospitals and countries differ, "
    "which is more."
)


@command("bodytwin pregnancy 3f2a --to sheet.html", "bodytwin pregnancy 3f2a --json")
def pregnancy(
    *, patient: options.Patient, seed: options.Seed = 0, to: To = None, home: options.Home
) -> Answer:
    """Say how long a pregnancy may last, and what trials found.

    Chances of an early birth beside those of all women, after every visit, and what
    randomised trials found of what could be done. Nothing is ranked.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service.expecting import sheet, write_sheet
    from bodytwin.service.people import patient_called

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        shape = sheet(workspace, who, seed=seed, progress=report)
        if to is not None:
            write_sheet(shape, to)
    return Answer(shape=shape, words=_after(shape) if "born_wk" in shape else _words(shape))


@command(
    "bodytwin uterus 3f2a --to uterus.html",
    "bodytwin uterus 3f2a --measures ultrasound.toml --draws 20 --seed 1",
)
def uterus(
    *,
    patient: options.Patient,
    measures: Annotated[
        Path | None,
        typer.Option("--measures", help="TOML of ultrasound measures that are not in the record."),
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="How many women who could be her to compute directly.")
    ] = 6,
    seed: options.Seed = 0,
    to: To = None,
    home: options.Home,
) -> Answer:
    """Say how much uterus and cervix stretch under their load.

    A solid is made of the measures, its shape without the load is found, and stretch is
    counted from there. For study: it says nothing of how long the pregnancy lasts.
    """
    from bodytwin.cli.progress import progress
    from bodytwin.service.expecting import burden, write_burden
    from bodytwin.service.people import patient_called

    with opened(home) as workspace, progress() as report:
        who = patient_called(workspace, patient)
        shape = burden(workspace, who, measures, draws=draws, seed=seed, progress=report)
        if to is not None:
            write_burden(shape, to)
    told = {k: v for k, v in shape.items() if k not in ("section", "view")}
    return Answer(shape=told, words=_loaded(told))


def _loaded(shape: Shape) -> str:
    rows = [(r["words"], band(r)) for r in shape["readings"]]
    last, kpa, direct = shape["weeks"][-1], shape["pressure_kpa"], shape["direct"]
    tried = [(c["words"], _changed(c)) for c in shape["changes"]]
    return "\n".join([
        f"{shape['week']:.1f} weeks, pressure {kpa['mean']:.2f} kPa (sd {kpa['sd']:.2f}); "
        f"{shape['computed']} women who could be her.",
        table(("what", "median [90 % interval]"), rows),
        f"  At {last['week']:.0f} weeks the stretch about the internal os is "
        f"{band(last['softens'])}; with a cervix that softens half as fast, as progesterone is "
        "thought to make it, "
        f"{band(last['slower'])}.",
        table(("what would change it", "stretch about the internal os"), tried),
        "  Less stretch is not fewer early births: --to and `bodytwin compare` tell of trials.",
        f"  {direct['computed']} of {direct['draws']} women were also computed directly: of "
        f"{direct['of']} readings {direct['held']} lay within the 95 % intervals of the emulator.",
        *(f"  Not computed: {why}" for why in direct["failed"][:1]),
        f"  {shape['statement']}",
    ])  # fmt: skip


def _changed(c: Shape) -> str:
    if "median" not in c:
        return "not computed"
    return f"{c['median']:+.0f} % [{c['low90']:+.0f} to {c['high90']:+.0f}]"


def of_hundred(share: float) -> str:
    """A share as people count: of 100, or of 1000 where it is small."""
    return f"{100 * share:.0f} of 100" if share >= 0.01 else f"{1000 * share:.0f} of 1000"


def _range(c: Shape) -> str:
    return f"{c['of'] * c['low90']:.0f} to {c['of'] * c['high90']:.0f}"


def _counted(c: Shape, which: str) -> str:
    return f"{c['of'] * c[which]:.0f} of {c['of']}"


def _words(shape: Shape) -> str:
    days, born = shape["gestation_d"], shape["born"]
    theirs = born["population"]
    alike = "two children" if shape["found"]["children"] == 2 else "one child"
    rows = [
        (
            f"before {c['before_wk']} weeks",
            f"{_counted(c, 'mean')} [{_range(c)}]",
            _counted(c, "population"),
        )
        for c in shape["chances"]
    ]
    header = ("birth", "women like her [90 % interval]", f"all women with {alike}")
    return "\n".join([
        f"{days // 7} weeks and {days % 7} days; {_found(shape['found'])}.",
        table(header, rows) if rows else "  No week that is asked for is still ahead.",
        f"  Half of women like her give birth by {born['median']:.1f} weeks, nine of ten between "
        f"{born['low90']:.1f} and {born['high90']:.1f}; of all women half by "
        f"{theirs['median']:.1f}, nine of ten between {theirs['low90']:.1f} and "
        f"{theirs['high90']:.1f}.",
        *(_option(o) for o in shape["options"] if o["plan"] != "watchful waiting"),
        *(
            f"  {line}"
            for line in (
                LIMITS,
                shape["mechanics"],
                *shape["assumed"],
                *shape["left_out"],
                shape["statement"],
                f"Registered as forecast {shape['registered'][:12]}. Nothing is ranked. Research "
                "software, not a medical device.",
            )
        ),
    ])  # fmt: skip


def _after(shape: Shape) -> str:
    lines = [f"The child was born at {shape['born_wk']:.1f} weeks."]
    for f in shape["forecasts"]:
        days = f["gestation_d"]
        lines.append(
            f"  Foretold at {days // 7} weeks and {days % 7} days: {f['median']:.1f} "
            f"[{f['low90']:.1f} to {f['high90']:.1f}] weeks; CRPS {f['crps']:.2f} weeks, "
            f"all women {f['crps_population']:.2f}."
        )
        lines += [
            f"    Before {b['before_wk']} weeks: {of_hundred(b['chance'])}, Brier score "
            f"{b['score']:.3f}; all women {of_hundred(b['population'])}, "
            f"{b['score_population']:.3f}."
            for b in f["brier"]
        ]
    if not shape["forecasts"]:
        lines.append("  No forecast of it was registered, so there is nothing to score.")
    return "\n".join(lines)


def _found(found: Shape) -> str:
    said = [f"{found['children']} child" + ("ren" if found["children"] == 2 else "")]
    if found["cervical_length_mm"] is not None:
        said.append(
            f"cervix {found['cervical_length_mm']:g} mm at {found['visit_wk']} weeks, shorter in "
            f"{of_hundred(found['share_shorter'])} women"
        )
    said += [found["history"]] if found["history"] else []
    said += [f"fibronectin {found['fibronectin']}"] if found["fibronectin"] else []
    return ", ".join(said)


def _option(o: Shape) -> str:
    name = f"  {o['plan'].capitalize()}"
    found = " ".join([o["finding"], *(f"In other women: {words}" for words in o["others"])])
    if not o["tried"]:
        return f"{name}: not applied to her. {found}"
    said = ", ".join(f"{_counted(c, 'mean')} before {c['before_wk']}" for c in o["chances"])
    return f"{name}: {said}. {found}"
