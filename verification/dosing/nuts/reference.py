"""A vancomycin patient in NumPyro: nothing of bodytwin is used.

Goti 2018, six infusions. Each infusion adds a difference of two biexponentials.
"""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import jit, random
from numpyro.infer import MCMC, NUTS

TYPICAL = {"clearance": 4.5, "central": 58.4, "between": 6.5, "peripheral": 38.4}
LOG_SD = np.sqrt(np.log1p(np.array([0.398, 0.816, 0.571]) ** 2))
ADDITIVE, PROPORTIONAL = 3.4, 0.227


def level(t, start, amount, length, clearance, v1, q, v2):
    """Level at `t` (n,) from infusions (m,) into the first of two compartments."""
    k10, k12, k21 = clearance / v1, q / v1, q / v2
    total, product = k10 + k12 + k21, k10 * k21
    fast = (total + jnp.sqrt(total**2 - 4 * product)) / 2
    slow = product / fast
    share_fast = (fast - k21) / (fast - slow) / v1
    share_slow = (k21 - slow) / (fast - slow) / v1

    def filled(since):
        """Per unit rate, after a constant inflow since `since` hours ago."""
        s = jnp.maximum(since, 0.0)
        return -share_fast / fast * jnp.expm1(-fast * s) - share_slow / slow * jnp.expm1(-slow * s)

    since = t[:, None] - start
    return jnp.sum(amount / length * (filled(since) - filled(since - length)), axis=1)


def patient(t, y, start, amount, length, weight, creatinine_clearance):
    """One patient without haemodialysis; the parameters are in litres and hours."""
    with numpyro.plate("parameter", 3):
        u = numpyro.sample("u", dist.Normal(0.0, 1.0))
    size = weight / 70
    middle = jnp.array([
        TYPICAL["clearance"] * (creatinine_clearance / 120) ** 0.8,
        TYPICAL["central"] * size,
        TYPICAL["peripheral"] * size,
    ])  # fmt: skip
    clearance, v1, v2 = numpyro.deterministic("theta", middle * jnp.exp(LOG_SD * u))
    f = level(t, start, amount, length, clearance, v1, TYPICAL["between"], v2)
    sd = jnp.sqrt(ADDITIVE**2 + (PROPORTIONAL * f) ** 2)
    numpyro.sample("y", dist.Normal(f, sd), obs=y)


def sampler(warmup, draws, chains=4):
    return MCMC(
        NUTS(patient, dense_mass=True),
        num_warmup=warmup,
        num_samples=draws,
        num_chains=chains,
        chain_method="vectorized",
        progress_bar=False,
    )


def run(mcmc, data, seed=0):
    """Draws of clearance, central and peripheral volume, (chain, draw, 3)."""
    mcmc.run(random.PRNGKey(seed), **{k: jnp.asarray(v) for k, v in data.items()})
    return np.asarray(mcmc.get_samples(group_by_chain=True)["theta"])


def compiled(warmup, draws, seed=0):
    """A function of the data whose whole run is compiled once, at its first call."""

    def whole(key, data):
        mcmc = sampler(warmup, draws)
        mcmc.run(key, **data)
        return mcmc.get_samples(group_by_chain=True)["theta"]

    once = jit(whole)
    return lambda data: np.asarray(
        once(random.PRNGKey(seed), {k: jnp.asarray(v) for k, v in data.items()})
    )
