"""The unknowns of one course: what is really delivered, and how tumour and organs answer.

Which unknowns there are depends on the case: those of the tumour's curve and those of each organ
that was delineated, as far as they were published with an interval. An interval is taken as that
of a logarithm that is normally distributed, of one width.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.special import ndtri

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.contract.twin import Variant
from bodytwin.twins.radiotherapy.model.ntcp_sets import NtcpSet, ntcp_set
from bodytwin.twins.radiotherapy.model.published import Estimate
from bodytwin.twins.radiotherapy.model.tcp_sets import TcpSet, tcp_set

DELIVERED = "delivered_share"
TUMOUR = "tumour"
DELIVERED_SD = 0.035
DELIVERED_SOURCE = (
    "Mijnheer, Battermann & Wambersie 1987, Radiother Oncol 8:237, "
    "doi 10.1016/S0167-8140(87)80247-5: 3.5 % as one standard deviation at the reference point"
)
UNITS = {"td50_gy": "Gy", "d50_gy": "Gy", "alpha_per_gy": "Gy-1", "alpha_beta_gy": "Gy"}


@cache
def table(name: str) -> Mapping[str, Any]:
    """A file of this twin: variants or organs."""
    path = files("bodytwin.twins.radiotherapy") / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def variants() -> dict[str, Variant]:
    """What the twin may be asked about."""
    return {
        name: Variant(
            name=name,
            title=row["title"],
            population=row["population"],
            source=tumour_of(name).source
            if row["tumour"]
            else "the sets of each organ (ntcp.toml)",
            subject=row["subject"],
        )
        for name, row in table("variants").items()
    }


def site_of(variant: str) -> str:
    """The part of the body."""
    return table("variants")[variant]["site"]


def has_tumour(variant: str) -> bool:
    """Whether control of a tumour is asked about."""
    return bool(table("variants")[variant]["tumour"])


@cache
def tumour_of(variant: str) -> TcpSet:
    """The set of the tumour; NotFoundError where there is none."""
    return tcp_set(table("variants")[variant]["tumour"])


@cache
def complication_of(organ: str) -> NtcpSet | None:
    """The set of an organ, where there is one that says how sure it is."""
    key = table("organs")[organ].get("ntcp")
    if key is None:
        return None
    found = ntcp_set(key)
    return None if len(found.fixed) == len(found.parameters) else found


def prior_of(variant: str, organs: Sequence[str]) -> Prior:
    """The unknowns of a variant and the organs that are there, independent of each other."""
    made = [
        Parameter(
            name=DELIVERED,
            unit="1",
            median=1.0,
            sd=DELIVERED_SD,
            transform=Transform.LOG,
            source=DELIVERED_SOURCE,
        )
    ]
    if has_tumour(variant):
        found = tumour_of(variant)
        made += _unknowns(TUMOUR, found.parameters, found.source)
    for organ in organs:
        complication = complication_of(organ)
        if complication is not None:
            made += _unknowns(organ, complication.parameters, complication.source)
    return Prior(parameters=tuple(made), correlation=np.eye(len(made)))


def _unknowns(whose: str, given: Mapping[str, Estimate], source: str) -> list[Parameter]:
    return [
        Parameter(
            name=f"{whose}.{name}",
            unit=UNITS.get(name, "1"),
            median=e.value,
            sd=_log_sd(e),
            transform=Transform.LOG,
            source=source,
        )
        for name, e in given.items()
        if e.has_interval
    ]


def _log_sd(e: Estimate) -> float:
    assert e.low is not None
    assert e.high is not None
    width = 2.0 * float(ndtri(0.5 + 0.5 * e.level))
    return math.log(e.high / e.low) / width
