"""What every command does alike: options, answers on stdout, messages on stderr, exit codes."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import Any

import typer

from bodytwin.cli import options
from bodytwin.cli.exits import failure
from bodytwin.errors import BodytwinError

EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {}
"""Command lines shown beneath the help of each command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found: `shape` for programs, `words` for people."""

    shape: dict[str, Any]
    words: str


def command(
    *examples: str, wishes: bool = False
) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Make a command of a function: its own arguments, and those that all commands have.

    The answer is printed, or what went wrong; errors become exit codes. With
    `wishes` the function is handed, as `wish`, what to personalise.
    """

    def decorate(function: Callable[..., Answer]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            as_json, traceback = given["as_json"], given["traceback"]
            try:
                if wishes:
                    given["wish"] = options.wish(**{n: given[n] for n in options.WISHES})
                answer = function(**{k: v for k, v in given.items() if k in taken})
            except (BodytwinError, KeyboardInterrupt) as error:
                _fail(error, as_json=as_json)
            except Exception as error:
                if traceback:
                    raise
                _fail(error, as_json=as_json)
            else:
                print(_dumped(answer.shape) if as_json else answer.words)

        shared = {**(options.WISHES if wishes else {}), **options.COMMON}
        taken = signature(function).parameters
        own = [p for n, p in taken.items() if n != "wish" and n not in shared]
        every = [*own, *(_option(name, *what) for name, what in shared.items())]
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__annotations__ = {p.name: p.annotation for p in every}
        setattr(run, "__signature__", Signature(every))  # noqa: B010
        EXAMPLES[run] = examples
        return run

    return decorate


def _option(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


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
