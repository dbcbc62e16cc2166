r"""How stiff are this woman's uterus and cervix in this week, and what holds them from outside?

The cervix follows the isotropic exponential that was fitted to living women, stiffer along the
fibres round its canal,

.. math::
    W = \tfrac{c}{2} (e^Q - 1), \qquad Q = 2a \left( \kappa E_{ff}^2 + E_{ss}^2 + E_{nn}^2
        + 2 E_{fs}^2 + 2 E_{fn}^2 + 2 E_{sn}^2 \right), \qquad c = \mu / a,                  \tag{1}

since :math:`I_1 - 3 = 2 \operatorname{tr} E^2` to second order where volume is kept, so that
:math:`A_1 (e^{a (I_1 - 3)} - 1)` is (1) with :math:`c = 2 A_1`, hence :math:`\mu = 2 A_1 a`. It
softens with the weeks,

.. math::
    \mu(w) = \mu_0 \, e^{-r (w - w_0)}.                                                  \tag{2}

The uterus is neo-Hookean with two families of fibres (`Holzapfel`). Both keep their volume: what
the water of the tissue does in hours and days, which makes it softer still, is not in it.

Source: data/tissue.toml, and the works named in it.
Not for: contractions, tearing, scars, the fetal membranes.
"""

from dataclasses import dataclass, fields, replace
from math import radians

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidParameterError, require_positive
from bodytwin.numerics.solid.material import Guccione, Holzapfel
from bodytwin.twins.pregnancy.model.quoted import Quoted, quoted, table

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Tissue:
    """Constants of (1) and (2) at the week of reference, of the uterus, and of what holds them."""

    cervix_shear_kpa: float
    cervix_stiffening: float
    cervix_fibre_ratio: float
    cervix_softening_per_wk: float
    uterus_shear_kpa: float
    uterus_fibre_kpa: float
    front_kpa_per_mm: float
    back_kpa_per_mm: float
    borne_share: float

    def __post_init__(self) -> None:
        require_positive(
            **{f.name: getattr(self, f.name) for f in fields(self) if "softening" not in f.name}
        )
        if not 0 <= self.cervix_softening_per_wk < 1:
            raise InvalidParameterError(
                f"cervix_softening_per_wk must be 0 to 1, got {self.cervix_softening_per_wk}."
            )

    def slower(self, share: float, *, since_wk: float) -> "Tissue":
        """With a cervix that from `since_wk` on softens at `share` of its rate.

        The constants are those that give the same modulus at `since_wk`.
        """
        if not 0 <= share <= 1:
            raise InvalidParameterError(f"share must be 0 to 1, got {share}.")
        gone = since_wk - reference_wk()
        kept = np.exp(-(1 - share) * self.cervix_softening_per_wk * gone)
        return replace(
            self,
            cervix_shear_kpa=float(self.cervix_shear_kpa * kept),
            cervix_softening_per_wk=share * self.cervix_softening_per_wk,
        )

    def cervix(self, *, week: float) -> Guccione:
        """Equation (1) with the modulus (2) has in a week."""
        gone = week - reference_wk()
        shear = self.cervix_shear_kpa * np.exp(-self.cervix_softening_per_wk * gone)
        b = 2 * self.cervix_stiffening
        return Guccione(
            c_kpa=float(2 * shear / b), b_fibre=self.cervix_fibre_ratio * b, b_across=b, b_shear=b
        )

    def uterus(self) -> Holzapfel:
        """The law of the uterus."""
        said = table("tissue")["uterus"]
        return Holzapfel(
            shear_kpa=self.uterus_shear_kpa,
            k1_kpa=self.uterus_fibre_kpa,
            k2=said["fibre_stiffening"],
            dispersion=0.0,
            angle_rad=radians(said["fibre_angle_deg"]),
        )

    def bulk_kpa(self) -> float:
        """Resistance against a change of volume, high enough to count as none."""
        largest = max(self.cervix_shear_kpa, self.uterus_shear_kpa)
        return float(table("tissue")["bulk"]["over_shear"]) * largest


def reference_wk() -> float:
    """The week for which the stiffness of the cervix was read."""
    return float(table("tissue")["cervix"]["reference_wk"])


def published() -> dict[str, Quoted]:
    """What is known of each constant of `Tissue`, by name."""
    said = table("tissue")
    outside = said["outside"]
    return {
        "cervix_shear_kpa": quoted(said["cervix"]["shear_kpa"]),
        "cervix_stiffening": quoted(said["cervix"]["stiffening"]),
        "cervix_fibre_ratio": quoted(said["cervix"]["fibre_ratio"]),
        "cervix_softening_per_wk": quoted(said["cervix"]["softening_per_wk"]),
        "uterus_shear_kpa": quoted(said["uterus"]["shear_kpa"]),
        "uterus_fibre_kpa": quoted(said["uterus"]["fibre_kpa"]),
        "front_kpa_per_mm": quoted(outside["front_kpa_per_mm"]),
        "back_kpa_per_mm": quoted(outside["back_kpa_per_mm"]),
        "borne_share": quoted(outside["borne_share"]),
    }


def tissues(deviates: Array) -> tuple[Tissue, ...]:
    """One tissue for each row of standard normal `deviates` (draw, 9), in the order of `Tissue`."""
    known = published()
    columns = {name: known[name].at(z) for name, z in zip(known, deviates.T, strict=True)}
    return tuple(
        Tissue(**{name: float(values[i]) for name, values in columns.items()})
        for i in range(len(deviates))
    )
