"""Which dose, how often, keeps this patient's drug level or response in range?

For patients like those of each published model, with at least the covariates
that it needs. Not for patients outside those ranges, nor for interactions that
a model does not name.
"""

from bodytwin.twins.dosing.twin import TWIN

__all__ = ["TWIN"]
