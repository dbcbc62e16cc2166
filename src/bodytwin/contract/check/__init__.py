"""Does a twin keep the contract? One kit for every twin, our own and other people's.

    report = check_twin(TWIN, record, variant="paper_2020")
    assert report.ok, report

It looks for what makes a twin unusable however good its physiology: looking
ahead in time, results that change from one call to the next or with the
company of other draws, shapes and units that are missing, and an inference
that does not return what it promises.

Not for: whether the model is true. That is what validation is for.
"""

from bodytwin.contract.check.kit import check_twin
from bodytwin.contract.check.report import CheckReport, CheckResult

__all__ = ["CheckReport", "CheckResult", "check_twin"]
