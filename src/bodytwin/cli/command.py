"""What every command does alike: options, answers on stdout, messages on stderr, exit codes."""

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bodytwin.cli.exits import failure
from bodytwin.errors import BodytwinError

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the store [BODYTWIN_HOME, else the usual one].", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON and nothing else.")]
Traceback = Annotated[
    bool, typer.Option("--traceback", help="On a fault, print where it happened.", hidden=True)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found: `shape` for programs, `words` for people."""

    shape: dict[str, Any]
    words: str


def command(function: Callable[..., Answer]) -> Callable[..., None]:
    """Print the answer of a command, or what went wrong; errors become exit codes."""

    @functools.wraps(function)
    def run(*args: Any, **given: Any) -> None:
        as_json = bool(given.get("as_json"))
        try:
            answer = function(*args, **given)
        except (BodytwinError, KeyboardInterrupt) as error:
            _fail(error, as_json=as_json)
        except Exception as error:
            if given.get("traceback"):
                raise
            _fail(error, as_json=as_json)
        else:
            print(_dumped(answer.shape) if as_json else answer.words)

    run.__annotations__ = {**function.__annotations__, "return": None}
    return run


def _fail(error: BaseException, *, as_json: bool) -> None:
    said = failure(error)
    if as_json:
        shape = {
            "kind": said.kind,
            "exit_code": int(said.exit),
            "message": said.message,
            "reasons": list(said.reasons),
        }
        print(_dumped({"error": shape}))
    print(said.words, file=sys.stderr)
    raise typer.Exit(int(said.exit))


def _dumped(shape: dict[str, Any]) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False, allow_nan=False)
