"""What the kit found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: a sentence that should be true of the twin, whether it is, and what was seen."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All checks of one variant of a twin."""

    twin: str
    version: str
    variant: str
    results: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that did not pass."""
        return tuple(r for r in self.results if not r.passed)

    def __str__(self) -> str:
        kept = len(self.results) - len(self.failures)
        head = f"{self.twin} {self.version} / {self.variant}: {kept} of {len(self.results)} hold"
        lines = [
            f"  {'ok  ' if r.passed else 'FAIL'}  {r.name}" + (f": {r.words}" if r.words else "")
            for r in self.results
        ]
        return "\n".join([head, *lines])
