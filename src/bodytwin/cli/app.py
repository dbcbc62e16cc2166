"""The commands, in the order in which they are used."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from bodytwin.cli import (
    courses,
    hearts,
    owning,
    predicting,
    pregnancies,
    records,
    serving,
    trust,
)
from bodytwin.cli.command import EXAMPLES
from bodytwin.cli.exits import MEANING

CODES = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANING.items())
EPILOG = f"\b\nExit codes:\n{CODES}"

app = typer.Typer(
    name="bodytwin",
    help="Virtual models of one patient's body, personalised from the record.\n\n"
    "\b\nA first look:\n  bodytwin demo\n\n\b\nA patient of yours:\n"
    "  bodytwin import bundle.json\n  bodytwin patients\n"
    "  bodytwin personalise <patient>\n"
    '  bodytwin forecast <patient> --at +12h --plan "1000 mg every 12 h"\n'
    "  bodytwin score",
    epilog=EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _examples(function: Callable[..., None]) -> str:
    lines = "\n".join(f"  {line}" for line in EXAMPLES[function])
    return f"\b\nExamples:\n{lines}"


for name, function in {
    "import": records.import_,
    "patients": records.patients,
    "timeline": records.timeline,
    "field": records.field,
    "image": hearts.image,
    "map": hearts.map_,
    "course": courses.course,
    "fractions": courses.fractions,
    "twins": trust.twins,
    "personalise": predicting.personalise,
    "forecast": predicting.forecast,
    "compare": predicting.compare,
    "score": predicting.score,
    "stimulate": hearts.stimulate,
    "ablate": hearts.ablate,
    "pace": hearts.pace,
    "rhythm": hearts.rhythm,
    "dose": courses.dose,
    "plan": courses.plan,
    "adapt": courses.adapt,
    "pregnancy": pregnancies.pregnancy,
    "uterus": pregnancies.uterus,
    "evidence": trust.evidence,
    "report": trust.report,
    "validate": trust.validate,
    "take-along": owning.take_along,
    "take-in": owning.take_in,
    "share": owning.share,
    "deidentify": owning.deidentify,
    "erase": owning.erase,
    "research": owning.research,
    "serve": serving.serve,
    "stream": serving.stream,
    "demo": trust.demo,
}.items():
    app.command(name, epilog=_examples(function))(function)

for group, (about, functions) in {
    "consent": (
        "What a patient allows.",
        {
            "show": owning.consent_show,
            "choose": owning.consent_choose,
            "bring": owning.consent_bring,
            "revoke": owning.consent_revoke,
        },
    ),
    "audit": (
        "Who looked and why, and whether the log is whole.",
        {
            "show": owning.audit_show,
            "head": owning.audit_head,
            "verify": owning.audit_verify,
        },
    ),
}.items():
    inner = typer.Typer(help=about, rich_markup_mode=None, no_args_is_help=True)
    for name, function in functions.items():
        inner.command(name, epilog=_examples(function))(function)
    app.add_typer(inner, name=group)


def _version(wanted: bool) -> None:
    if wanted:
        try:
            print(version("bodytwin"))
        except PackageNotFoundError:
            print("not installed")
        raise typer.Exit


@app.callback()
def everything(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Virtual models of one patient's body, personalised from the record."""
