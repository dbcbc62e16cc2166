r"""A mixture of multivariate Student-t distributions, and its fit to weighted draws.

.. math::
    q(z) = \sum_c \alpha_c\, t_\nu(z; \mu_c, S_c)                            \tag{1}

Heavier tails than a Gaussian keep importance weights bounded. With weights w
and responsibilities :math:`\rho_{c} = \alpha_c t_\nu(z;\mu_c,S_c)/q(z)`, one
update that lowers the Kullback-Leibler divergence from the target is

.. math::
    \alpha_c = \sum w \rho_c, \quad
    \mu_c = \frac{\sum w \rho_c \gamma_c z}{\sum w \rho_c \gamma_c}, \quad
    S_c = \frac{\sum w \rho_c \gamma_c (z-\mu_c)(z-\mu_c)^T}{\sum w \rho_c},
    \quad \gamma_c = \frac{\nu + p}{\nu + d_c^2(z)}.                         \tag{2}

Source: Cappe, Douc, Guillin, Marin & Robert, "Adaptive importance sampling in
general mixture classes", Stat. Comput. 18 (2008), section 4.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from bodytwin.numerics.inference.modes import Modes
from bodytwin.numerics.inference.problem import LOG_2PI, Array
from bodytwin.numerics.inference.sample import log_total


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """Equation (1): `weight` (c,), `location` (c, p), `scale` (c, p, p), `freedom` nu."""

    weight: Array
    location: Array
    scale: Array
    freedom: float

    @cached_property
    def _factor(self) -> Array:
        return np.asarray(np.linalg.cholesky(self.scale), dtype=np.float64)

    def draw(self, size: int, rng: np.random.Generator) -> Array:
        """Draws (size, p)."""
        which = rng.choice(len(self.weight), size=size, p=self.weight)
        normal = rng.standard_normal((size, self.location.shape[1]))
        stretch = np.sqrt(self.freedom / rng.chisquare(self.freedom, size))
        turned = np.einsum("kij,kj->ki", self._factor[which], normal)
        return self.location[which] + turned * stretch[:, None]

    def log_density(self, z: Array) -> Array:
        """Log of equation (1) at z (k, p), shape (k,)."""
        return log_total(self._parts(z)[0])

    def refitted(self, z: Array, log_weights: Array) -> "Mixture":
        """One update (2), drawn towards what was where few draws carry the weight."""
        joint, distance = self._parts(z)
        p = z.shape[1]
        share = np.exp(joint - log_total(joint))
        w = share * np.exp(log_weights - log_total(log_weights))
        gamma = (self.freedom + p) / (self.freedom + distance)
        mass = w.sum(axis=1)
        effective = mass**2 / np.maximum(np.sum(w * w, axis=1), 1e-300)
        trust = effective / (effective + 4 * p)
        pulled = w * gamma
        centre = pulled @ z / np.maximum(pulled.sum(axis=1), 1e-300)[:, None]
        d = z - centre[:, None, :]
        spread = np.einsum("ck,cki,ckj->cij", pulled, d, d)
        spread /= np.maximum(mass, 1e-300)[:, None, None]
        weight = np.maximum(mass, 0.01)
        t = trust[:, None]
        return Mixture(
            weight=weight / weight.sum(),
            location=t * centre + (1 - t) * self.location,
            scale=t[..., None] * spread + (1 - t[..., None]) * 1.5 * self.scale,
            freedom=self.freedom,
        )

    def widened(self, location: Array, scale: Array, share: float) -> "Mixture":
        """The same, with one more component that has `share` of the weight."""
        return Mixture(
            weight=np.concatenate([(1 - share) * self.weight, [share]]),
            location=np.concatenate([self.location, location[None]]),
            scale=np.concatenate([self.scale, scale[None]]),
            freedom=self.freedom,
        )

    def _parts(self, z: Array) -> tuple[Array, Array]:
        """Log weight times density of each component, and squared distance, both (c, k)."""
        p, nu = z.shape[1], self.freedom
        d = z - self.location[:, None, :]
        white = np.linalg.solve(self._factor, np.swapaxes(d, 1, 2))
        distance = np.sum(white * white, axis=1)
        log_root = np.log(np.diagonal(self._factor, axis1=1, axis2=2)).sum(axis=1)
        constant = gammaln((nu + p) / 2) - gammaln(nu / 2) - 0.5 * p * np.log(nu * np.pi)
        shape = constant - 0.5 * (nu + p) * np.log1p(distance / nu)
        with np.errstate(divide="ignore"):
            return np.log(self.weight)[:, None] + shape - log_root[:, None], distance


def around(modes: Modes, *, freedom: float) -> Mixture:
    """Two components at each of `modes`, weighted by its Laplace evidence.

    One has the curvature of the mode; the other is twice as wide, for the
    refit to shape: posteriors of few observations have one long side.
    """
    log_mass = laplace_evidence(modes)
    weight = np.maximum(np.exp(log_mass - log_mass.max()), 0.02)
    scale = covariances(modes.hessian)
    return Mixture(
        weight=np.concatenate([0.7 * weight, 0.3 * weight]) / weight.sum(),
        location=np.concatenate([modes.z, modes.z]),
        scale=np.concatenate([scale, 4 * scale]),
        freedom=freedom,
    )


def laplace_evidence(modes: Modes) -> Array:
    """Log of the mass of the Gaussian that touches the posterior at each mode, (k,)."""
    p = modes.z.shape[1]
    log_det = np.linalg.slogdet(covariances(modes.hessian)).logabsdet
    return modes.log_posterior + 0.5 * (p * LOG_2PI + log_det)


def covariances(hessian: Array) -> Array:
    """Inverses of `hessian` (k, p, p), with curvature that is not upward taken as its size."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diagonal(hessian, axis1=1, axis2=2)), 1e-300))
    values, vectors = np.linalg.eigh(scale[:, :, None] * hessian * scale[:, None, :])
    turned = scale[:, :, None] * vectors / np.sqrt(np.maximum(np.abs(values), 1e-6))[:, None, :]
    return turned @ np.swapaxes(turned, 1, 2)
