"""Derivatives of every law against complex steps of energies written a second time, in NumPy."""

import numpy as np
import pytest

from bodytwin.errors import InvalidParameterError
from bodytwin.numerics.solid.composition import packed
from bodytwin.numerics.solid.material import (
    ChainFibres,
    Drained,
    Ellipsoid,
    Gathered,
    Guccione,
    Holzapfel,
    MooneyRivlin,
    NeoHookean,
    PowerFibres,
    Yeoh,
)
from bodytwin.numerics.solid.material.directions import sampled
from bodytwin.numerics.solid.material.isochoric import respond

ACTIVE_KPA = 7.0


def inv1(c):
    return np.trace(c)


def inv2(c):
    return (np.trace(c) ** 2 - np.trace(c @ c)) / 2


def neo_hookean(c, axes):
    return 1.5 * (inv1(c) - 3)


def mooney_rivlin(c, axes):
    return 1.2 * (inv1(c) - 3) + 0.7 * (inv2(c) - 3)


def yeoh(c, axes):
    x = inv1(c) - 3
    return 1.1 * x + 2.3 * x**2 + 0.9 * x**3


def guccione(c, axes):
    e = axes @ (c - np.eye(3)) @ axes.T / 2
    q = 8 * e[0, 0] ** 2 + 2 * (e[1, 1] ** 2 + e[2, 2] ** 2 + e[1, 2] ** 2 + e[2, 1] ** 2)
    q += 4 * (e[0, 1] ** 2 + e[1, 0] ** 2 + e[0, 2] ** 2 + e[2, 0] ** 2)
    return (np.exp(q) - 1) * 2.0 / 2


def holzapfel(c, axes):
    w = 3.0 / 2 * (inv1(c) - 3)
    for sign in (1, -1):
        a = np.cos(0.6) * axes[0] + sign * np.sin(0.6) * axes[1]
        e = 0.1 * (inv1(c) - 3) + (1 - 3 * 0.1) * (a @ c @ a - 1)
        if e.real > 0:
            w = w + 5.0 / (2 * 1.5) * (np.exp(1.5 * e**2) - 1)
    return w


def ground(c):
    swell = np.log(np.linalg.det(c)) / 2
    return 0.4 / 2 * (inv1(c) - 3 - 2 * swell) + 0.9 / 2 * swell**2


def power(square):
    return 6.0 / (0.3 * 2.5) * (np.exp(0.3 * (square - 1) ** 2.5) - 1)


def chain(square):
    """By the integral of its slope, b from the definition of the inverse Langevin function."""

    def b(y):
        found = 3 * y
        for _ in range(30):
            off = 1 / np.tanh(found) - 1 / found - y
            found = found - off / (1 / found**2 - 1 / np.sinh(found) ** 2)
        return found

    at, weight = np.polynomial.legendre.leggauss(24)
    y = np.sqrt(1 + np.multiply.outer(square - 1, (at + 1) / 2)) / 2.4
    slopes = b(y) / (2.4 * y) - b(np.array(1 / 2.4 + 0j))
    return 0.5 * 12.0 * 2.4 * (slopes @ weight) / 2 * (square - 1)


def drained(fibre, spread):
    along, share = sampled(spread, 17)

    def energy(c, axes):
        square = np.einsum("di,ij,dj->d", along @ axes, c, along @ axes)
        taut = square.real > 1
        return ground(c) + share[taut] @ fibre(square[taut])

    return energy


EVENLY, ROUND = Gathered(concentration=1.0), Ellipsoid(semi_axes=(3.0, 1.0, 0.5))
POWER = PowerFibres(stiffness_kpa=6.0, power=2.5, growth=0.3)
CHAIN = ChainFibres(stiffness_kpa=12.0, locking_stretch=2.4)
LAWS = [
    (Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=POWER, spread=ROUND), drained(power, ROUND)),
    (Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=CHAIN, spread=EVENLY), drained(chain, EVENLY)),
    (NeoHookean(shear_kpa=3.0), neo_hookean),
    (MooneyRivlin(c1_kpa=1.2, c2_kpa=0.7), mooney_rivlin),
    (Yeoh(c1_kpa=1.1, c2_kpa=2.3, c3_kpa=0.9), yeoh),
    (Guccione(c_kpa=2.0, b_fibre=8.0, b_across=2.0, b_shear=4.0), guccione),
    (Holzapfel(shear_kpa=3.0, k1_kpa=5.0, k2=1.5, dispersion=0.1, angle_rad=0.6), holzapfel),
]


def independent_kpa(energy, f, axes):
    c = f.T @ f
    free = energy.__qualname__.startswith("drained")
    bar = c if free else np.linalg.det(c) ** (-1 / 3) * c
    return energy(bar, axes) + ACTIVE_KPA / 2 * (axes[0] @ c @ axes[0] - 1)


def ours(law, f, axes):
    kinds, constants = packed([law])
    s, a = np.empty((3, 3)), np.empty((9, 9))
    w = respond(kinds[0], constants[0], axes, ACTIVE_KPA, f, np.linalg.det(f), s, a, True)
    return w, f @ s, a


def shifted(law, f, axes, column, by):
    moved = f.copy().reshape(-1)
    moved[column] += by
    return ours(law, moved.reshape(3, 3), axes)[1].reshape(-1)


def cases():
    rng = np.random.default_rng(4)
    for _ in range(12):
        f = np.eye(3) + 0.25 * rng.standard_normal((3, 3))
        if np.linalg.det(f) < 0.2:
            continue
        axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        yield f, axes


@pytest.mark.parametrize(("law", "energy"), LAWS, ids=lambda x: type(x).__name__)
def test_stress_is_the_derivative_of_an_energy_written_independently(law, energy):
    for f, axes in cases():
        w, first, _ = ours(law, f, axes)
        assert w == pytest.approx(independent_kpa(energy, f, axes), rel=1e-12)
        slope = np.empty((3, 3))
        for i in range(3):
            for k in range(3):
                moved = f.astype(complex)
                moved[i, k] += 1e-30j
                slope[i, k] = independent_kpa(energy, moved, axes).imag / 1e-30
        np.testing.assert_allclose(first, slope, rtol=1e-11, atol=1e-11 * np.abs(slope).max())


@pytest.mark.parametrize(("law", "energy"), LAWS, ids=lambda x: type(x).__name__)
def test_stiffness_is_the_derivative_of_the_stress(law, energy):
    for f, axes in cases():
        _, _, a = ours(law, f, axes)
        slope, h = np.empty((9, 9)), 1e-5
        for column in range(9):
            at = {n: shifted(law, f, axes, column, n * h) for n in (-2, -1, 1, 2)}
            slope[:, column] = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)
        np.testing.assert_allclose(a, slope, rtol=0, atol=1e-8 * np.abs(slope).max())


@pytest.mark.parametrize(("law", "energy"), LAWS, ids=lambda x: type(x).__name__)
def test_an_undeformed_tissue_stores_no_energy_and_bears_no_stress(law, energy):
    kinds, constants = packed([law])
    s, a = np.empty((3, 3)), np.empty((9, 9))
    w = respond(kinds[0], constants[0], np.eye(3), 0.0, np.eye(3), 1.0, s, a, True)
    assert w == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(s, 0.0, atol=1e-12)


@pytest.mark.parametrize("spread", [EVENLY, ROUND], ids=lambda x: type(x).__name__)
def test_taut_fibres_of_all_directions_are_summed_as_a_fine_integral_does(spread):
    at, weight = np.polynomial.legendre.leggauss(80)
    turn = np.arange(160) * 2 * np.pi / 160
    rim = np.sqrt(1 - at**2)
    n = np.stack(
        [rim[:, None] * np.cos(turn), rim[:, None] * np.sin(turn), at[:, None] + 0 * turn], axis=-1
    ).reshape(-1, 3)
    share = np.repeat(weight, 160) * spread.density(n)
    f = np.diag([1.5, 1.2, 1.1])
    exact = np.dot(share, power(np.sum((n @ f) ** 2, axis=1))) / share.sum()
    law = Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=POWER, spread=spread, degree=41)
    w = ours(law, f, np.eye(3))[0] - ACTIVE_KPA / 2 * (1.5**2 - 1) - ground(f.T @ f)
    assert w == pytest.approx(exact, rel=1e-4 if spread is ROUND else 1e-8)


def test_55_directions_in_pure_tension_are_within_three_per_cent_of_1202():
    f = np.diag([1.4, 0.9, 0.9])
    rough, fine = (
        ours(Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=CHAIN, spread=EVENLY, degree=d), f,
             np.eye(3))[1][0, 0]
        for d in (17, 41)
    )  # fmt: skip
    assert rough == pytest.approx(fine, rel=0.03)


def test_a_chain_beyond_its_locking_stretch_has_no_energy():
    law = Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=CHAIN, spread=EVENLY)
    assert np.isnan(ours(law, np.diag([2.5, 1.0, 1.0]), np.eye(3))[0])


def test_a_turned_tissue_turns_its_stress():
    rng = np.random.default_rng(2)
    law = Drained(shear_kpa=0.4, lame_kpa=0.9, fibres=CHAIN, spread=EVENLY)
    for f, axes in cases():
        turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        turn *= np.sign(np.linalg.det(turn))
        w, first, _ = ours(law, f, axes)
        again, turned, _ = ours(law, turn @ f, axes)
        assert again == pytest.approx(w, rel=1e-12)
        np.testing.assert_allclose(turned, turn @ first, atol=1e-11 * np.abs(first).max())


def test_collagen_carries_no_compression():
    law = Holzapfel(shear_kpa=3.0, k1_kpa=50.0, k2=1.5, dispersion=0.0, angle_rad=0.0)
    f = np.diag([0.8, 1.25**0.5, 1.25**0.5])
    with_fibres = ours(law, f, np.eye(3))[0]
    without = ours(NeoHookean(shear_kpa=3.0), f, np.eye(3))[0]
    assert with_fibres == pytest.approx(without, rel=1e-12)


def test_a_stiffness_that_is_not_positive_is_refused():
    with pytest.raises(InvalidParameterError, match="shear_kpa must be positive"):
        NeoHookean(shear_kpa=-1.0)
    with pytest.raises(InvalidParameterError, match="dispersion must be 0 to 1/3"):
        Holzapfel(shear_kpa=1.0, k1_kpa=1.0, k2=1.0, dispersion=0.5, angle_rad=0.0)
