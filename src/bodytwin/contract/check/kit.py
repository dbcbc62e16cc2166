"""Run every check over one twin. To add a check, write a function and name it in its CHECKS.

The first line of a check's docstring is the sentence that should be true. It
returns words for the report, and raises where the sentence is not true.
"""

import inspect
from collections.abc import Callable

from bodytwin.contract.check import of_inference, of_outcomes, of_record, of_simulator
from bodytwin.contract.check.report import CheckReport, CheckResult
from bodytwin.contract.check.subject import Broken, Subject
from bodytwin.contract.twin import Twin
from bodytwin.numerics.inference.sample import Method
from bodytwin.record import Record

_CHECKS = (*of_record.CHECKS, *of_simulator.CHECKS, *of_outcomes.CHECKS, *of_inference.CHECKS)


def check_twin(
    twin: Twin,
    record: Record,
    *,
    variant: str,
    seed: int = 0,
    method: Method | None = None,
    simulations: int = 60,
) -> CheckReport:
    """Try a twin on a record that it can see, before the record's last fact too.

    `method` recovers `simulations` simulated patients; the default is the one
    that `personalise` uses.
    """
    subject = Subject(
        twin=twin,
        record=record,
        variant=variant,
        seed=seed,
        method=method,
        simulations=simulations,
    )
    return CheckReport(
        twin=twin.name,
        version=twin.version,
        variant=variant,
        results=tuple(_run(check, subject) for check in _CHECKS),
    )


def _run(check: Callable[[Subject], str], subject: Subject) -> CheckResult:
    name = (inspect.getdoc(check) or check.__name__).splitlines()[0].rstrip(".")
    try:
        return CheckResult(name, True, check(subject))
    except Broken as broken:
        return CheckResult(name, False, str(broken))
    except Exception as error:
        return CheckResult(name, False, f"{type(error).__name__}: {error}")
