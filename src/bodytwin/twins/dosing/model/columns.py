"""Where each structural parameter stands in the parameter array of the kernels."""

PK = (
    "clearance_l_per_h",
    "central_volume_l",
    "intercompartmental_l_per_h",
    "peripheral_volume_l",
    "second_intercompartmental_l_per_h",
    "second_peripheral_volume_l",
    "absorption_per_h",
    "lag_h",
    "bioavailability",
    "zero_order_duration_h",
    "zero_order_fraction",
    "max_elimination_per_h",
    "michaelis_constant_per_l",
)
"""Columns 0 to 12, shared by all structures but the glucose model."""

CL, V1, Q2, V2, Q3, V3, KA, LAG, BIO, ZERO_H, ZERO_SHARE, VMAX, KM = range(13)
PD = 13
"""First column of a structure's own effect parameters."""
WIDTH = 18

NEUTROPENIA = ("baseline_1e9_per_l", "mean_transit_h", "slope_l_per_amount", "feedback")
TURNOVER = ("baseline", "loss_per_h", "maximal_inhibition", "half_inhibition_per_l", "hill")
GLUCOSE = (
    "glucose_effectiveness_per_min",
    "insulin_action_decay_per_min",
    "insulin_sensitivity_per_min_per_mu_per_l",
    "glucose_volume_l",
    "insulin_clearance_per_min",
    "insulin_volume_l",
    "baseline_glucose_mg_per_dl",
    "baseline_insulin_mu_per_l",
)

DEFAULTS = {
    "clearance_l_per_h": 0.0,
    "intercompartmental_l_per_h": 0.0,
    "peripheral_volume_l": 1.0,
    "second_intercompartmental_l_per_h": 0.0,
    "second_peripheral_volume_l": 1.0,
    "absorption_per_h": 1.0,
    "lag_h": 0.0,
    "bioavailability": 1.0,
    "zero_order_duration_h": 0.0,
    "zero_order_fraction": 0.0,
    "max_elimination_per_h": 0.0,
    "michaelis_constant_per_l": 1.0,
    "hill": 1.0,
}
"""Neutral values of parameters that a model does not use."""
