"""A strip of drained tissue in pure tension, against adaptive integration of the law."""

from math import cosh, exp, log, pi, sinh, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from bodytwin.numerics import solid
from bodytwin.numerics.solid import field
from bodytwin.numerics.solid.material import ChainFibres, Drained, Gathered, NeoHookean

SHEAR_KPA, LAME_KPA, XI_KPA, LOCKING, GATHERED = 0.4, 0.9, 12.0, 2.4, 1.0


def inverse_langevin(y):
    return brentq(lambda b: cosh(b) / sinh(b) - 1 / b - y, 1e-6, 500.0, xtol=1e-14)


def pull(square):
    """Derivative of the energy of one fibre by the square of its stretch."""
    if square <= 1:
        return 0.0
    slack = inverse_langevin(1 / LOCKING)
    b = inverse_langevin(sqrt(square) / LOCKING)
    return 0.5 * XI_KPA * LOCKING * (b / sqrt(square) - slack)


def second_piola(along, across):
    """Along the fibres and across, each by integration over the angle with the fibres."""

    def share(t):
        return exp(GATHERED * (2 * t * t - 1))

    def square(t):
        return (along * t) ** 2 + across**2 * (1 - t * t)

    taut = sqrt(max(0.0, (1 - across**2) / (along**2 - across**2)))

    def summed(of):
        return quad(of, taut, 1.0, epsabs=1e-11, epsrel=1e-10)[0] * 2 * pi

    whole = 2 * pi * quad(share, 0.0, 1.0, epsrel=1e-12)[0]
    lengthwise = summed(lambda t: 2 * pull(square(t)) * t * t * share(t)) / whole
    sideways = summed(lambda t: pull(square(t)) * (1 - t * t) * share(t)) / whole
    swell = log(along * across**2)

    def ground(stretch):
        return SHEAR_KPA + (LAME_KPA * swell - SHEAR_KPA) / stretch**2

    return ground(along) + lengthwise, ground(across) + sideways


def published(along):
    """Width over that at rest, and force over the area at rest, of a strip stretched by `along`."""
    across = brentq(lambda x: second_piola(along, x)[1], 0.3, 1.2, xtol=1e-12)
    return across, along * second_piola(along, across)[0]


def computed(along, degree):
    law = Drained(
        shear_kpa=SHEAR_KPA,
        lame_kpa=LAME_KPA,
        fibres=ChainFibres(stiffness_kpa=XI_KPA, locking_stretch=LOCKING),
        spread=Gathered(concentration=GATHERED),
        degree=degree,
    )
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    held = [solid.Held(mesh.nodes_where(lambda x, i=i: x[:, i] < 1e-9), i) for i in range(3)]
    far = mesh.nodes_where(lambda x: x[:, 0] > 1 - 1e-9)
    found = solid.solve(solid.body(mesh, law), [], [*held, solid.Held(far, 0, along - 1)])
    side = mesh.nodes_where(lambda x: x[:, 1] > 1 - 1e-9)
    across = 1 + found.displacement_mm[side, 1]
    assert np.ptp(across) < 1e-9
    return across[0], found.reaction_mn[far, 0].sum()


@pytest.mark.parametrize("along", [1.1, 1.4, 1.8])
def test_a_strip_in_tension_bears_the_stress_of_the_law(along, record_property):
    exact = published(along)
    rough, fine = (computed(along, degree) for degree in (17, 41))
    off = np.array([np.divide(one, exact) - 1 for one in (rough, fine)])
    print(along, exact, off)
    record_property("relative_error_of_width_and_force", off.tolist())
    assert np.abs(off[0]).max() < 1e-3
    assert np.abs(off[1]).max() < 3e-4


def layered():
    """Three layers across x whose inner nodes are moved at random, the walls between kept flat."""
    size, rng = np.array([3.0, 2.0, 2.0]), np.random.default_rng(0)

    def crooked(x):
        inside = ((x > 1e-9) & (x < size - 1e-9)).all(axis=1)
        by = inside[:, None] * rng.uniform(-0.05, 0.05, x.shape)
        by[np.abs(x[:, 0] - np.round(x[:, 0])) < 1e-9, 0] = 0.0
        return x + by

    return solid.box((3, 2, 2), size_mm=tuple(size)).moved(crooked)


def test_crooked_layers_of_three_laws_stretch_evenly_each_and_bear_one_stress(record_property):
    mesh = layered()
    drained = Drained(
        shear_kpa=SHEAR_KPA,
        lame_kpa=LAME_KPA,
        fibres=ChainFibres(stiffness_kpa=XI_KPA, locking_stretch=LOCKING),
        spread=Gathered(concentration=GATHERED),
    )
    region = np.floor(mesh.positions_mm[mesh.cells].mean(axis=1)[:, 0]).astype(int)
    made = solid.body(
        mesh, (drained, NeoHookean(3.0), NeoHookean(0.5)), bulk_kpa=10.0, law_of=region
    )
    x = mesh.positions_mm
    sides = [np.flatnonzero((x[:, i] < 1e-9) | (x[:, i] > 2 - 1e-9)) for i in (1, 2)]
    near, far = np.flatnonzero(x[:, 0] < 1e-9), np.flatnonzero(x[:, 0] > 3 - 1e-9)
    held = [solid.Held(sides[0], 1), solid.Held(sides[1], 2)]
    held += [solid.Held(near, 0), solid.Held(far, 0, 0.6)]
    found = solid.solve(made, [], held)
    f = field.deformation(mesh, found.displacement_mm)
    stress = field.cauchy_kpa(made, found.displacement_mm)[..., 0, 0]
    uneven = max(np.ptp(f[region == one], axis=(0, 1)).max() for one in range(3))
    print("uneven", uneven, "stretches", [f[region == one].mean() for one in range(3)])
    record_property("uneven", float(uneven))
    assert uneven < 1e-8
    np.testing.assert_allclose(stress, stress[0, 0], rtol=1e-7)
    assert stress[0, 0] > 0.1
