"""How the numbers of data/collapsed_cone_6mv.toml and of reference.toml were made.

Run by hand, about four minutes of one core; both files hold what it prints:

    python -m verification.radiotherapy.collapsed_cone.derive kernels
    python -m verification.radiotherapy.collapsed_cone.derive slabs
"""

import sys

import numpy as np
from scipy.optimize import minimize_scalar

from verification.radiotherapy.collapsed_cone import monte_carlo as mc

SEED, KERNEL_PHOTONS, SLAB_PHOTONS = 2026, 2_000_000, 3_000_000
ANGLES, RADII, FILTER_G_PER_CM2, LACKING_MM = 48, 100, 10.0, 80.0
HALF_FIELDS_CM = (1.5, 2.5, 5.0)
SLABS = {
    "water": ([0.0, 30.0], [1.0]),
    "lung": ([0.0, 5.0, 15.0, 30.0], [1.0, 0.25, 1.0]),
}


def kernel_tally(count=KERNEL_PHOTONS):
    """Shares of energy by first and later collisions, angles and radii; energy of all sent is 1.

    Photons are those behind 100 mm of water, drawn by how often they collide.
    """
    beam, tables = mc.spectrum(filter_g_per_cm2=FILTER_G_PER_CM2), mc.tables()
    often = beam.share / beam.energy_mev
    often *= np.interp(np.log(beam.energy_mev), mc.GRID, tables[0])
    tally = np.zeros((2, ANGLES, RADII))
    edges, chances = np.array([-400.0, 400.0]), np.cumsum(often) / often.sum()
    rng = np.random.default_rng(SEED)
    sent = mc.follow(tables, beam.energy_mev, chances, count, edges, np.array([1.0]), tally, 0, rng)
    return tally / sent


def slab_tally(name, count=SLAB_PHOTONS, seed=SEED):
    """Dose in cm2/g per energy fluence on the axis of parallel fields, (fields, layers).

    A pencil beam is followed; what it leaves within the square of a field is what all pencils of
    the field leave on its axis.
    """
    beam = mc.spectrum()
    edges, densities = (np.array(part) for part in SLABS[name])
    often = beam.share / beam.energy_mev
    tally = np.zeros((2, len(HALF_FIELDS_CM), round(edges[-1] / mc.LAYER_CM)))
    tally[1, :, 0] = HALF_FIELDS_CM
    sent = mc.follow(
        mc.tables(), beam.energy_mev, np.cumsum(often) / often.sum(), count, edges, densities,
        tally, 1, np.random.default_rng(seed),
    )  # fmt: skip
    middle = mc.LAYER_CM * (np.arange(tally.shape[2]) + 0.5)
    density = densities[np.searchsorted(edges, middle) - 1]
    return tally[0] / (sent * mc.LAYER_CM * density)


def row(values):
    return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"


def fitted(part):
    """Share and radius in mm of B and of C in each angle, for the tally (angles, radii) of S.

    Energy and mean radius are those of the tally; c is given and C found by least squares of the
    energy within 2 to 400 mm.
    """
    middle = 10 * 10 ** ((np.arange(RADII) + 0.5) / 20 - 3)
    edge = 10 * 10 ** ((np.arange(RADII) + 1.0) / 20 - 3)
    use = (edge > 2.0) & (edge < 400.0)
    found = []
    for row_of in part:
        mean, within = (row_of * middle).sum() / row_of.sum(), np.cumsum(row_of) / row_of.sum()

        def off(q, mean=mean, within=within):
            rate = (1 + q) / (mean + q * LACKING_MM)
            curve = (1 + q) * np.exp(-rate * edge[use]) - q * np.exp(-edge[use] / LACKING_MM)
            return ((1 - curve - within[use]) ** 2).sum()

        q = minimize_scalar(off, bounds=(0.0, 4.0), method="bounded").x
        found.append(((1 + q) * row_of.sum(), (mean + q * LACKING_MM) / (1 + q), q * row_of.sum()))
    share, radius, lacking = np.array(found).T / np.array([[part.sum()], [1.0], [part.sum()]])
    return share, radius, lacking


def print_kernels(tally):
    beam = mc.spectrum()
    print("[photons]")
    print("energy_mev =", row(beam.energy_mev))
    print("energy_share =", row(beam.share))
    print("attenuation_cm2_per_g =", row(mc.attenuation(beam.energy_mev)))
    print("absorption_cm2_per_g =", row(mc.absorption(beam.energy_mev)))
    radius_mm = 10 * 10 ** ((np.arange(RADII) + 0.5) / 20 - 3)
    angle = tally[0].sum(axis=1)
    mean = (tally[0] * radius_mm).sum(axis=1) / np.maximum(angle, 1e-30)
    share, radius, lacking = fitted(tally[1])
    print("\n[kernels]")
    print("primary_share =", row(angle / angle.sum()))
    print("primary_radius_mm =", row(np.where(angle > 0, mean, mean[angle > 0].min())))
    print("scatter_share =", row(share))
    print("scatter_radius_mm =", row(radius))
    print("lacking_share =", row(lacking))
    print("lacking_radius_mm =", row(np.full(ANGLES, LACKING_MM)))


def print_slabs():
    for name in SLABS:
        print(f"[{name}]")
        for half, dose in zip(HALF_FIELDS_CM, slab_tally(name), strict=True):
            print(f"field_{20 * half:g}_mm =", row(dose.reshape(-1, 2).mean(axis=1)))


if __name__ == "__main__":
    if sys.argv[1] == "kernels":
        print_kernels(kernel_tally())
    else:
        print_slabs()
