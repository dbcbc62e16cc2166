"""Which equations a population model uses, and the parameters those need."""

from dataclasses import dataclass

from bodytwin.twins.dosing.model import columns
from bodytwin.twins.dosing.model.ode import DRUG_ONLY, GLUCOSE, NEUTROPENIA, TURNOVER

LEVEL, AREA, EFFECT = 0, 1, 2
"""Outputs of the kernels: concentration, area under the curve, effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """`required` and `optional` parameters; `effect` and `closed_form` choose the kernel.

    `quantities` maps what may be measured to an output of the kernel.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    effect: int
    closed_form: bool
    quantities: dict[str, int]
    columns: dict[str, int]


_PK_COLUMNS = {name: i for i, name in enumerate(columns.PK)}
_DISPOSITION = (
    "intercompartmental_l_per_h", "peripheral_volume_l",
    "second_intercompartmental_l_per_h", "second_peripheral_volume_l",
    "absorption_per_h", "lag_h", "bioavailability",
    "zero_order_duration_h", "zero_order_fraction",
)  # fmt: skip
_SATURABLE = ("max_elimination_per_h", "michaelis_constant_per_l")


def _effect_columns(names: tuple[str, ...]) -> dict[str, int]:
    return _PK_COLUMNS | {name: columns.PD + i for i, name in enumerate(names)}


STRUCTURES = {
    "linear": Structure(
        required=("clearance_l_per_h", "central_volume_l"),
        optional=_DISPOSITION,
        effect=DRUG_ONLY,
        closed_form=True,
        quantities={"concentration": LEVEL},
        columns=_PK_COLUMNS,
    ),
    "michaelis_menten": Structure(
        required=(*_SATURABLE, "central_volume_l"),
        optional=("clearance_l_per_h", *_DISPOSITION),
        effect=DRUG_ONLY,
        closed_form=False,
        quantities={"concentration": LEVEL},
        columns=_PK_COLUMNS,
    ),
    "neutropenia": Structure(
        required=("clearance_l_per_h", "central_volume_l", *columns.NEUTROPENIA),
        optional=(*_DISPOSITION, *_SATURABLE),
        effect=NEUTROPENIA,
        closed_form=False,
        quantities={"concentration": LEVEL, "neutrophils": EFFECT},
        columns=_effect_columns(columns.NEUTROPENIA),
    ),
    "turnover": Structure(
        required=("clearance_l_per_h", "central_volume_l", *columns.TURNOVER[:4]),
        optional=("hill", *_DISPOSITION),
        effect=TURNOVER,
        closed_form=False,
        quantities={"concentration": LEVEL, "response": EFFECT},
        columns=_effect_columns(columns.TURNOVER),
    ),
    "glucose_minimal": Structure(
        required=columns.GLUCOSE,
        optional=(),
        effect=GLUCOSE,
        closed_form=False,
        quantities={"insulin": LEVEL, "glucose": EFFECT},
        columns={name: i for i, name in enumerate(columns.GLUCOSE)},
    ),
}
