"""What a twin is, and the verbs written once for all of them."""

from bodytwin.contract.average import average_forecasts, average_options, model_weights
from bodytwin.contract.case import Case, ErrorModel, Measurement, Target
from bodytwin.contract.catalogue import catalogue
from bodytwin.contract.check import check_twin
from bodytwin.contract.compare import compare
from bodytwin.contract.comparison import Comparison, Option, Verdict
from bodytwin.contract.cross_validate import cross_validate
from bodytwin.contract.forecast import Band, Forecast
from bodytwin.contract.foresee import forecast
from bodytwin.contract.next_measurement import Worth, next_measurement
from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.contract.personalise import affordable, personalise, update
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Fit, MethodRecord, Posterior
from bodytwin.contract.replay import Replayed, replay
from bodytwin.contract.twin import (
    ConditioningTwin,
    ExpensiveTwin,
    ForeseeingTwin,
    LearningTwin,
    Outcome,
    PlanningTwin,
    Twin,
    Utility,
    Variant,
    WeighingTwin,
)

__all__ = [
    "Band",
    "Case",
    "Comparison",
    "ConditioningTwin",
    "ErrorModel",
    "ExpensiveTwin",
    "Fit",
    "Forecast",
    "ForeseeingTwin",
    "LearningTwin",
    "Measurement",
    "MethodRecord",
    "Option",
    "Outcome",
    "Parameter",
    "Plan",
    "PlanningTwin",
    "Posterior",
    "Prior",
    "Replayed",
    "Target",
    "Transform",
    "Twin",
    "Utility",
    "Variant",
    "Verdict",
    "WeighingTwin",
    "Worth",
    "affordable",
    "average_forecasts",
    "average_options",
    "catalogue",
    "check_twin",
    "compare",
    "cross_validate",
    "forecast",
    "model_weights",
    "next_measurement",
    "personalise",
    "replay",
    "update",
]
