"""Answers in short sentences and small tables; every number with its unit and interval."""

from collections.abc import Callable, Sequence
from typing import Any

from bodytwin.cli.table import band, day, number, percent, short, table

Shape = dict[str, Any]
MOST_FACTS = 60
MOST_OPTIONS = 8
MOST_COLUMNS = 6
"""Beyond these, plans stand side by side and what they lead to below each other."""
MOST_OUTCOMES = 12


def imported(shape: Shape) -> str:
    """What each file brought."""
    return "\n".join(_file(f) for f in shape["files"])


def _file(f: Shape) -> str:
    who = f["patients"]
    lines = [
        f"Read by {f['reader']}: {f['new']} new facts of {len(who)} patient(s), "
        f"{f['known']} known already."
    ]
    if 0 < len(who) <= 3:
        lines.append(f"  Patient(s): {', '.join(who)}")
    lines += [f"  {words}" for words in f["remarks"]]
    if f["not_read"]:
        lines.append(
            f"  Not read: {', '.join(f'{n} {what}' for what, n in f['not_read'].items())}."
        )
    lines += [f"  Held back, {h['path']} ({h['kind']}): {h['reason']}" for h in f["held_back"][:20]]
    if len(f["held_back"]) > 20:
        lines.append(f"  … and {len(f['held_back']) - 20} more; --json lists them all.")
    return "\n".join(lines)


def patients(shape: Shape) -> str:
    """Everyone in the store."""
    found = shape["patients"]
    if not found:
        return "There is nobody in the store yet. `bodytwin import` reads a file."
    rows = [
        [
            p["patient"],
            p["name"],
            *(str(p[kind]) for kind in ("observations", "treatments", "covariates")),
            day(p["first"]),
            day(p["last"]),
        ]
        for p in found
    ]
    header = ["patient", "name", "measured", "given", "covariates", "first (UTC)", "last (UTC)"]
    return table(header, rows, indent="")


def timeline(shape: Shape) -> str:
    """Facts of one patient in order of time."""
    facts = shape["facts"]
    rows = [
        [day(f["time"]), f["kind"], f["display"] or f["code"], _amount(f), _standing(f)]
        for f in facts[-MOST_FACTS:]
    ]
    head = f"Patient {shape['patient']}: {len(facts)} facts, times in UTC."
    if len(facts) > MOST_FACTS:
        head += f" The last {MOST_FACTS} are shown; --json lists all."
    return head + "\n" + table(["time", "kind", "what", "value", "standing"], rows)


def _amount(f: Shape) -> str:
    unit = "" if f["unit"] == "1" else f" {f['unit']}"
    how = f" {f['route']}" if f["route"] else ""
    if f["duration_h"]:
        how += f" over {number(f['duration_h'])} h"
    return f"{f['comparator'] or ''}{number(f['value'], 6)}{unit}{how}"


def _standing(f: Shape) -> str:
    notes = [w for w in ("conflict", "superseded") if f[w]]
    if len(f["sources"]) > 1:
        notes.append(f"{len(f['sources'])} sources")
    if f["zone_assumed"]:
        notes.append("zone assumed")
    return ", ".join(notes)


def twins(shape: Shape) -> str:
    """The installed twins."""
    parts: list[str] = []
    for t in shape["twins"]:
        rows = [[v["name"], v["subject"], v["level"].lower(), v["title"]] for v in t["variants"]]
        parts.append(
            f"{t['name']} {t['version']}: {t['question']}\n"
            f"  For: {t['population']}\n  Not for: {t['not_for']}\n"
            + table(["model", "of", "level", "title"], rows)
        )
    parts += [f"{name} cannot be used: {why}" for name, why in shape["broken"].items()]
    return "\n\n".join(parts) or "No twin is installed."


def personalised(shape: Shape) -> str:
    """Posteriors, with what the data taught."""
    lines = [f"Patient {shape['patient']}, data up to {day(shape['as_of'])} UTC."]
    for q in shape["posteriors"]:
        weight = f", weight {percent(q['weight'])}" if len(shape["posteriors"]) > 1 else ""
        lines += [
            "",
            f"{q['variant']}{weight}, {q['measurements']} measurement(s)",
            f"  Posterior {short(q['id'])}",
            table(
                ["parameter", "median [90 % interval]", "population", "learned"],
                [
                    [p["name"], band(p), number(p["population_median"]), percent(p["learned"])]
                    for p in q["parameters"]
                ],
            ),
            f"  {q['fit']}",
            *(f"  Assumed: {a}" for a in q["assumed"]),
            *(f"  Left out: {a}" for a in q["left_out"]),
            *([] if q["trusted"] else [f"  NOT TRUSTED: {q['method_reason']}"]),
        ]
    return "\n".join([*lines, *_refused(shape["refused"])])


def _refused(refused: dict[str, list[str]]) -> list[str]:
    if not refused:
        return []
    return ["", "Models left out:", *(f"  {n}: {' '.join(why)}" for n, why in refused.items())]


STANDING = {
    "prospective": "registered before the moment it speaks of",
    "unseen": "registered before its outcome was known here",
    "replay": "a replay: the outcome was known and kept from the model",
}


def registered(shape: Shape) -> str:
    """A forecast, with what the population and the last value would have said."""
    rows = [
        [day(t["time"]), t["quantity"], band(t), band(t["population"], unit=False),
         number(t["last_value"])]
        for t in shape["targets"]
    ]  # fmt: skip
    header = ["time (UTC)", "what", "will be measured", "population says", "last value"]
    return "\n".join(
        [
            f"Forecast {short(shape['id'])} by {shape['variant']}, plan: {shape['plan']}",
            table(header, rows),
            f"  Median [90 % interval]; {STANDING[shape['standing']]}.",
            *(f"  {r}" for r in shape["remarks"]),
        ]
    )


def compared(shape: Shape) -> str:
    """Plans side by side; of many proposals those most often on target, in their order."""
    options, note = _most_on_target(shape["options"])
    first = options[0]["outcomes"]
    aimed = [o["name"] for o in first if o["probability_in_target"] is not None]
    harmful = [o["name"] for o in first if o["probability_of_harm"] is not None]
    chances = [o["name"] for o in first if o["unit"] == "1"]
    shown = list(dict.fromkeys([*aimed, *harmful, *chances]))
    others = [o["name"] for o in first if o["name"] not in shown]
    if not aimed and len(shown) + len(others) <= MOST_OUTCOMES:
        shown += others
    rows = [
        [(_named(_outcome(options[0], n)), *_bands(options, n)) for n in shown],
        [(f"{n} in target", *_shares(options, n, "probability_in_target")) for n in aimed],
        [(f"{n} harmful", *_shares(options, n, "probability_of_harm")) for n in harmful],
    ]
    across = [("plan", *(o["plan"] for o in options)), *(r for part in rows for r in part)]
    if len(across) - 1 <= MOST_COLUMNS:
        across = list(zip(*across, strict=True))
    lines = [
        f"Patient {shape['patient']}, {shape['variant']}; median [90 % interval], of what happens "
        "or not its probability.",
        table(across[0], across[1:]),
        *([f"  {note}"] if note else []),
        f"  {shape['ranking']}",
        f"  Aim: {shape['utility']}",
        *(f"  {r}" for r in shape["remarks"]),
    ]
    return "\n".join(lines)


def _named(o: Shape) -> str:
    return o["name"] if o["unit"] == "1" else f"{o['name']} [{o['unit']}]"


def _bands(options: Sequence[Shape], name: str) -> list[str]:
    return [_band(_outcome(o, name)) for o in options]


def _band(o: Shape) -> str:
    if o["probability"] is not None:
        return percent(o["probability"])
    if o["unit"] != "1" or not 0.0 <= o["low90"] <= o["high90"] <= 1.0:
        return band(o, unit=False)
    low, median, high = (f"{100 * o[k]:.1f}" for k in ("low90", "median", "high90"))
    return f"{median} % [{low} to {high}]"


def _shares(options: Sequence[Shape], name: str, key: str) -> list[str]:
    return [percent(_outcome(o, name)[key]) for o in options]


def _outcome(option: Shape, name: str) -> Shape:
    return next(o for o in option["outcomes"] if o["name"] == name)


def _most_on_target(options: Sequence[Shape]) -> tuple[Sequence[Shape], str]:
    if len(options) <= MOST_OPTIONS:
        return options, ""

    def on_target(o: Shape) -> float:
        return sum(x["probability_in_target"] or 0.0 for x in o["outcomes"])

    kept = sorted(options, key=on_target, reverse=True)[:MOST_OPTIONS]
    return [o for o in options if o in kept], (
        f"{len(options)} plans were tried; shown are the {MOST_OPTIONS} most often in target, "
        "in order of size. --json holds all."
    )


def scoring(shape: Shape) -> str:
    """What was scored, and what waits."""
    done = shape["scored"]
    lines = [f"Scored {len(done)} forecast(s); {shape['waiting']} still wait for their outcome."]
    lines += [f"  {day(s['measured_at'])}: {s['words']} Judged {s['basis']}." for s in done]
    lines += [f"  {f}" for f in shape["failed"]]
    return "\n".join(lines)


def cards(found: Sequence[Shape]) -> list[str]:
    """Score cards, indented; of one patient alone, that there is only one."""
    return [
        "  " + c["words"].replace("\n", "\n  ")
        if c["patients"] > 1
        else f"  {c['variant']}: {c['forecasts']} forecast(s) of {c['quantity']} in one patient; "
        "nothing can be said of a model from one patient."
        for c in found
    ]


def evidence(shape: Shape) -> str:
    """Claims, cards and the log."""
    lines: list[str] = []
    for e in shape["evidence"]:
        lines += [f"{e['variant']}: {e['level'].lower()}", *_claims(e)]
    log = shape["log"]
    lines += ["", "Forecasts registered in this store:"]
    lines += cards(shape["cards"]) or ["  None of them has been scored yet."]
    if shape["replayed"]:
        lines += ["", "Replays:", *cards(shape["replayed"])]
    state = "sound" if log["sound"] else "NOT SOUND"
    lines += ["", f"Log: {log['entries']} entries, {state}, head {short(log['head'])}"]
    return "\n".join([*lines, *(f"  {f}" for f in log["faults"])])


def _claims(e: Shape) -> list[str]:
    lines: list[str] = []
    for claim in e["claims"]:
        lines.append(f"  {claim['words']}")
        for f in claim["findings"]:
            mark = "holds" if f["passed"] else "FAILS"
            lines.append(f"    {mark} ({f['support']}): {f['words']}")
    return lines + [f"  Known failure: {f}" for f in e["known_failures"]]


def validation(shape: Shape) -> str:
    """What a replay of all patients found."""
    lines = [
        f"Forecast {shape['patients']} patients with {shape['variant']}, "
        + _population(shape["learned_from"])
        + f"; {shape['withheld']} forecasts would not have been shown.",
        *cards(shape["cards"]),
    ]
    lines += [f"  Left out: {n} patients ({why})." for why, n in shape["left_out"].items()]
    return "\n".join(lines)


def _population(learned_from: int) -> str:
    if not learned_from:
        return "with the published population"
    return f"the population learned from others among {learned_from}"


def reproduced(shape: Shape) -> str:
    """Whether a posterior came out the same."""
    lines = [
        "The draws are the same to the bit."
        if shape["same_bits"]
        else f"The draws differ by at most {number(shape['largest_difference'])} of their size."
    ]
    return "\n".join("  " + line for line in [*lines, *shape["differences"]])


def written(shape: Shape) -> str:
    """Where a page was written."""
    return f"Wrote {shape['path']}"


OF_KIND: dict[str, Callable[[Shape], str]] = {
    "imported": imported,
    "personalised": personalised,
    "registered": registered,
    "scoring": scoring,
    "compared": compared,
    "validation": validation,
    "evidence": evidence,
    "reproduced": reproduced,
    "written": written,
}
"""How each kind of answer is told."""


def consents(shape: Shape) -> str:
    """What is allowed, in sentences."""
    lines: list[str] = []
    for c in shape["consents"]:
        state = "in force" if c["in_force"] else f"not in force ({c['status']})"
        lines += [f"{c['id']}: {state}", *(f"  {s}" for s in c["sentences"])]
    return "\n".join(lines or ["No consent is on file."])


def audit(shape: Shape) -> str:
    """Who looked, oldest first."""
    lines: list[str] = []
    for e in shape["entries"]:
        lines.append(f"{e['index']:>6}  {e['time'][:19]}  {e['words']}")
        lines += [f"{'':>27}  {reason}" for reason in e["reasons"]]
    return "\n".join(lines or ["Nobody has looked."])


def research(shape: Shape, unit: str) -> str:
    """One figure, with what the noise leaves open."""
    r = shape["released"]
    left = f"Of the budget {shape['epsilon_left']:g} is left."
    if r["value"] is None:
        return f"The group is too small: {r['n']}. {left}"
    return f"{r['value']:g} {unit} ({r['low']:g} to {r['high']:g} with the noise). {left}"
