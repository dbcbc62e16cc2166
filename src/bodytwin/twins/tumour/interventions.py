"""What can be done: treatment goes on, stops, or is changed for another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError
from bodytwin.twins.tumour.model.path import Exposure
from bodytwin.twins.tumour.parameters import HOURS_PER_A

WEEK_H = 168.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """The treatment of now goes on."""

    start_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Treatment ends at `start_h`."""

    start_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Another treatment of the kinds that the population had takes over at `start_h`."""

    start_h: float


TumourPlan = Plan["Continue | Stop | Switch"]


def exposed(exposure: Exposure, plan: "TumourPlan | None") -> Exposure:
    """When treatment acts, the plan carried out."""
    for item in plan.interventions if plan else ():
        at = item.start_h / HOURS_PER_A
        match item:
            case Stop() if exposure.next_a <= at:
                exposure = replace(exposure, next_stop_a=min(exposure.next_stop_a, at))
            case Stop():
                exposure = replace(exposure, stop_a=min(exposure.stop_a, at))
            case Switch() if exposure.next_a == float("inf"):
                exposure = replace(exposure, stop_a=min(exposure.stop_a, at), next_a=at)
            case Switch():
                raise InvalidPlanError(
                    "Treatment was changed once already, or is twice in this plan; the model "
                    "knows one change."
                )
            case Continue():
                pass
    return exposure


_PART = re.compile(
    r"^(?P<what>continue|stop|switch)(?:\s+in\s+(?P<weeks>\d+(?:\.\d+)?)\s*weeks?)?$"
)
SYNTAX = 'Write "continue", "stop", "stop in 6 weeks", "switch", or "switch in 4 weeks then stop".'
KINDS = {"continue": Continue, "stop": Stop, "switch": Switch}


def interventions_from_text(text: str, *, now_h: float) -> Sequence[Continue | Stop | Switch]:
    """Read a plan as people write it; each "in N weeks" counts from the part before."""
    found: list[Continue | Stop | Switch] = []
    at = now_h
    for part in text.strip().lower().split(" then "):
        read = _PART.match(part.strip())
        if read is None:
            raise InvalidPlanError(f"Cannot read this plan. {SYNTAX}")
        at += float(read["weeks"] or 0.0) * WEEK_H
        found.append(KINDS[read["what"]](start_h=at))
    return found
