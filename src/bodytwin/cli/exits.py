"""Exit codes, and errors in plain words."""

from dataclasses import dataclass
from enum import IntEnum

from bodytwin.errors import (
    BodytwinError,
    InvalidInputError,
    NotFoundError,
    NumericalError,
    Refusal,
    StoreError,
)


class Exit(IntEnum):
    """What the exit code of every command means."""

    OK = 0
    FAULT = 1
    USAGE = 2
    INPUT = 3
    REFUSED = 4
    NOT_FOUND = 5
    STORE = 6
    NUMERICAL = 7
    STOPPED = 130


MEANING: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAULT: "a fault of bodytwin itself",
    Exit.USAGE: "the command was not understood",
    Exit.INPUT: "bad input: a file, a time, a unit, a plan",
    Exit.REFUSED: "bodytwin could compute and will not; the reasons are printed",
    Exit.NOT_FOUND: "no such patient, twin, posterior or forecast",
    Exit.STORE: "the store cannot be opened, or is not as it was written",
    Exit.NUMERICAL: "a computation failed or did not converge",
    Exit.STOPPED: "stopped with Ctrl-C; the store is as it was before the step",
}

_OF_ERROR: tuple[tuple[type[BodytwinError], Exit], ...] = (
    (InvalidInputError, Exit.INPUT),
    (NotFoundError, Exit.NOT_FOUND),
    (Refusal, Exit.REFUSED),
    (NumericalError, Exit.NUMERICAL),
    (StoreError, Exit.STORE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, for people and for programs."""

    exit: Exit
    kind: str
    message: str
    reasons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The failure as printed."""
        if len(self.reasons) > 1:
            return "\n".join(["Refused:", *(f"  - {r}" for r in self.reasons)])
        lead = "Refused: " if self.exit is Exit.REFUSED else ""
        return lead + self.message


def failure(error: BaseException) -> Failure:
    """Sort an error into an exit code."""
    if isinstance(error, KeyboardInterrupt):
        return Failure(exit=Exit.STOPPED, kind="Stopped", message="Stopped. Nothing was half kept.")
    if isinstance(error, BodytwinError):
        code = next((c for kind, c in _OF_ERROR if isinstance(error, kind)), Exit.FAULT)
        reasons = error.reasons if isinstance(error, Refusal) else ()
        return Failure(exit=code, kind=type(error).__name__, message=str(error), reasons=reasons)
    return Failure(
        exit=Exit.FAULT,
        kind=type(error).__name__,
        message=f"A fault of bodytwin itself ({type(error).__name__}). Run the same command with "
        "--traceback and report what it prints, after taking out anything private.",
    )
