r"""Where does the energy of photons go, followed one by one through water of several densities?

A small Monte Carlo, used once to make the kernels of the engine and once to have something to hold
it against. Photons fly between collisions in layers of water (Woodcock 1965) and meet electrons
(Klein & Nishina 1929, free electrons at rest), are absorbed by the photoelectric effect or make
pairs. What of the published attenuation is not Klein-Nishina is pair production above 1.022 MeV;
what of the published energy absorption is not transfer by Klein-Nishina is photoelectric below.
Coherent scattering is left out.

Electrons lose energy continuously (ESTAR) in steps of a share of their energy and turn once at a
random place in each (random hinge, as in PENELOPE), by angles whose mean cosine is
:math:`e^{-s G}` with the first transport coefficient of the screened Rutherford cross-section

.. math::
    G = \frac{N_A}{A} \sum_i n_i Z_i (Z_i + 1)\, 2\pi r_e^2 \Big(\frac{mc^2}{\beta pc}\Big)^2
        \Big[\ln\frac{1 + \eta_i}{\eta_i} - \frac{1}{1 + \eta_i}\Big],                    \tag{1}

:math:`\eta` being the screening of Moliere. Bremsstrahlung is a photon now and then from a spectrum
1/k with the mean loss right; positrons annihilate at rest. No energy straggling, no knock-on
electrons of their own.

Not for: anything but checks and kernels.
"""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit

PHYSICS = tomllib.loads((Path(__file__).parent / "physics.toml").read_text())
REST = 0.51099895
RADIUS_CM, AVOGADRO, FINE = 2.8179403e-13, 6.02214076e23, 1 / 137.035999
ELECTRONS_PER_G = AVOGADRO * 10 / 18.01528
LOW_PHOTON, LOW_ELECTRON, LOSS = 0.01, 0.03, 0.06
LAYER_CM = 0.25
GRID = np.linspace(np.log(0.01), np.log(7.0), 400)


@dataclass(frozen=True)
class Spectrum:
    """Photons at `energy_mev` with the shares of energy fluence of each, summing to one."""

    energy_mev: np.ndarray
    share: np.ndarray


def _of(table, name, energy):
    said = PHYSICS[table]
    return np.exp(np.interp(np.log(energy), np.log(said["energy_mev"]), np.log(said[name])))


def attenuation(energy):
    """Of water, cm2/g."""
    return _of("water", "attenuation_cm2_per_g", energy)


def absorption(energy):
    """Of energy in water, cm2/g."""
    return _of("water", "absorption_cm2_per_g", energy)


def spectrum(step_mev=0.25, filter_g_per_cm2=0.0):
    """6 MV in bins, behind so much water."""
    said, edges = PHYSICS["spectrum"], np.arange(0.0, 5.76, step_mev)
    share, fine = np.zeros(len(edges)), step_mev / 50
    for n, edge in enumerate(edges):
        e = edge + fine * (np.arange(50) + 0.5)
        e = e[(e > 0.2) & (e < said["electron_mev"])]
        top = said["electron_mev"]
        thin = 1 + said["c3"] * e / top + (e / top) ** 2
        thin *= np.log(top * (top - e) / e + 1.65) - 0.5
        through = _of("tungsten", "attenuation_cm2_per_g", e) * said["c1"] ** 2
        through += _of("aluminium", "attenuation_cm2_per_g", e) * said["c2"] ** 2
        share[n] = (np.maximum(thin, 0.0) * np.exp(-through)).sum()
    middle = np.maximum(edges + 0.5 * step_mev, 0.2)
    share *= np.exp(-attenuation(middle) * filter_g_per_cm2)
    return Spectrum(middle[share > 0], share[share > 0] / share.sum())


def _klein_nishina(energy):
    """Cross-section and that of transfer, cm2/g, by integration over the angle."""
    cosine = np.linspace(-1, 1, 4001)
    k = energy[:, None] / REST
    ratio = 1 / (1 + k * (1 - cosine))
    each = math.pi * RADIUS_CM**2 * ratio**2 * (ratio + 1 / ratio - 1 + cosine**2)
    return (
        np.trapezoid(each, cosine) * ELECTRONS_PER_G,
        np.trapezoid(each * (1 - ratio), cosine) * ELECTRONS_PER_G,
    )


def tables():
    """Rows over GRID: attenuation, share of Compton, of pairs; losses; equation (1)."""
    energy = np.exp(GRID)
    compton, transfer = _klein_nishina(energy)
    pair = np.where(energy > 2 * REST, np.maximum(attenuation(energy) - compton, 0), 0)
    photo = np.where(energy < 0.5, np.maximum(absorption(energy) - transfer, 0), 0)
    total = compton + pair + photo
    momentum = np.sqrt(energy * (energy + 2 * REST))
    beta = momentum / (energy + REST)
    turn = np.zeros_like(energy)
    for count, z in ((2, 1), (1, 8)):
        screen = (FINE * REST / (0.885 * momentum)) ** 2 * z ** (2 / 3)
        screen = 0.25 * screen * (1.13 + 3.76 * (FINE * z / beta) ** 2)
        each = np.log((1 + screen) / screen) - 1 / (1 + screen)
        turn += count * z * (z + 1) * each
    turn *= 2 * math.pi * RADIUS_CM**2 * (REST / (beta * momentum)) ** 2 * AVOGADRO / 18.01528
    collision = _of("electrons", "collision_mev_cm2_per_g", np.minimum(energy, 6.0))
    radiative = _of("electrons", "radiative_mev_cm2_per_g", np.minimum(energy, 6.0))
    return np.array([total, compton / total, pair / total, collision, radiative, turn])


@njit(cache=True)
def _at(table, row, energy):
    place = (math.log(energy) - GRID[0]) / (GRID[1] - GRID[0])
    low = min(max(int(place), 0), len(GRID) - 2)
    part = min(max(place - low, 0.0), 1.0)
    return (1 - part) * table[row, low] + part * table[row, low + 1]


@njit(cache=True)
def _turned(d, cosine, phi):
    sine = math.sqrt(max(0.0, 1 - cosine * cosine))
    a, b = sine * math.cos(phi), sine * math.sin(phi)
    across = math.sqrt(d[0] * d[0] + d[2] * d[2])
    if across < 1e-9:
        return np.array([a, math.copysign(cosine, d[1] * cosine), b])
    x = d[0] * cosine + (a * d[0] * d[1] - b * d[2]) / across
    y = d[1] * cosine - a * across
    z = d[2] * cosine + (a * d[2] * d[1] + b * d[0]) / across
    return np.array([x, y, z])


@njit(cache=True)
def _compton(energy, rng):
    """Energy left to the photon and cosine of its turn, by rejection from below."""
    k = energy / REST
    low = 1 / (1 + 2 * k)
    a, b = -math.log(low), 0.5 * (1 - low * low)
    while True:
        if rng.random() * (a + b) < a:
            e = math.exp(-a * rng.random())
        else:
            e = math.sqrt(low * low + (1 - low * low) * rng.random())
        t = (1 - e) / (k * e)
        if rng.random() < 1 - e * t * (2 - t) / (1 + e * e):
            return e * energy, 1 - t


@njit(cache=True)
def _density(y, edges, densities):
    """Of the layer at y; nothing before the first edge and behind the last."""
    if y < edges[0] or y >= edges[-1]:
        return 0.0
    n = 0
    while y >= edges[n + 1]:
        n += 1
    return densities[n]


@njit(cache=True)
def _score(tally, at, energy, kind, primary):
    """Kind 0: angle and radius from the origin; kind 1: depth within square fields."""
    if kind == 0:
        radius = math.sqrt(at[0] ** 2 + at[1] ** 2 + at[2] ** 2)
        angle = math.acos(min(1.0, max(-1.0, at[1] / max(radius, 1e-12))))
        n = min(int(angle / math.pi * tally.shape[1]), tally.shape[1] - 1)
        m = int((math.log10(max(radius, 1e-9)) + 3.0) * 20.0)
        tally[0 if primary else 1, n, min(max(m, 0), tally.shape[2] - 1)] += energy
    else:
        m = int(at[1] / LAYER_CM)
        if 0 <= m < tally.shape[2]:
            off = max(abs(at[0]), abs(at[2]))
            for f in range(tally.shape[1]):
                if off < tally[1, f, 0]:
                    tally[0, f, m] += energy


@njit(cache=True)
def _electron(
    table, at, d, energy, edges, densities, tally, kind, primary, stack, top, positron, rng
):
    """Follows one until it stops; photons that it makes go on the stack."""
    at, d = at.copy(), d.copy()
    while energy > LOW_ELECTRON:
        density = _density(at[1], edges, densities)
        if density == 0.0:
            return top
        collision = _at(table, 3, energy)
        length = LOSS * energy / collision
        far = length / density
        if d[1] != 0.0:
            n = 0
            while n < len(edges) - 2 and at[1] >= edges[n + 1]:
                n += 1
            wall = edges[n + 1] if d[1] > 0 else edges[n]
            far = min(far, (wall - at[1]) / d[1] + 1e-6)
        length = far * density
        lost = min(collision * length, energy)
        part = rng.random()
        where = rng.random()
        if where < part:
            _score(tally, at + d * far * where, lost, kind, primary)
        at += d * far * part
        fall = 1 - math.exp(-length * _at(table, 5, energy))
        cosine = 1 + fall * math.log(1 - rng.random())
        d = _turned(d, max(cosine, -1.0), 2 * math.pi * rng.random())
        if where >= part:
            _score(tally, at + d * far * (where - part), lost, kind, primary)
        at += d * far * (1 - part)
        energy -= lost
        if energy > 2 * LOW_ELECTRON:
            wide = math.log(energy / LOW_ELECTRON)
            mean = (energy - LOW_ELECTRON) / wide
            if rng.random() < _at(table, 4, energy) * length / mean and top < len(stack):
                k = LOW_ELECTRON * math.exp(wide * rng.random())
                energy -= k
                stack[top, :3], stack[top, 3:6], stack[top, 6], stack[top, 7] = at, d, k, 0.0
                top += 1
    _score(tally, at, max(energy, 0.0), kind, primary)
    if positron and top + 1 < len(stack):
        cosine, phi = 2 * rng.random() - 1, 2 * math.pi * rng.random()
        for sign in (1.0, -1.0):
            stack[top, :3], stack[top, 6], stack[top, 7] = at, REST, 0.0
            stack[top, 3:6] = sign * _turned(np.array([0.0, 1.0, 0.0]), cosine, phi)
            top += 1
    return top


@njit(cache=True)
def follow(table, energies, chances, count, edges, densities, tally, kind, rng):
    """Photons along y from the origin; of kind 0 their first collision is there.

    Returns the energy that set out, in MeV; what is left behind is in the tally.
    """
    stack = np.zeros((64, 8))
    sent = 0.0
    for _ in range(count):
        first = energies[np.searchsorted(chances, rng.random())]
        sent += first
        top = 1
        stack[0, :3], stack[0, 3:6] = 0.0, 0.0
        stack[0, 4], stack[0, 6], stack[0, 7] = 1.0, first, 1.0
        while top > 0:
            top -= 1
            at, d = stack[top, :3].copy(), stack[top, 3:6].copy()
            energy, fresh = stack[top, 6], stack[top, 7] == 1.0
            while True:
                total = _at(table, 0, energy)
                if not (kind == 0 and fresh):
                    at += d * (-math.log(1 - rng.random()) / total)
                    if at[1] < edges[0] or at[1] > edges[-1] or np.abs(at).max() > 300.0:
                        break
                    if rng.random() > _density(at[1], edges, densities):
                        continue
                pick = rng.random()
                compton = _at(table, 1, energy)
                if pick < compton:
                    left, cosine = _compton(energy, rng)
                    phi = 2 * math.pi * rng.random()
                    moved = energy - left
                    p = math.sqrt(moved * (moved + 2 * REST))
                    along = (energy - left * cosine) / p if p > 0 else 1.0
                    e = _turned(d, min(1.0, along), phi + math.pi)
                    top = _electron(
                        table,
                        at,
                        e,
                        moved,
                        edges,
                        densities,
                        tally,
                        kind,
                        fresh,
                        stack,
                        top,
                        False,
                        rng,
                    )
                    d, energy, fresh = _turned(d, cosine, phi), left, False
                    if energy < LOW_PHOTON:
                        _score(tally, at, energy, kind, False)
                        break
                    continue
                if pick < compton + _at(table, 2, energy):
                    part = rng.random() * (energy - 2 * REST)
                    for k in range(2):
                        given = part if k == 0 else energy - 2 * REST - part
                        top = _electron(
                            table, at, d, given, edges, densities, tally, kind, fresh, stack, top,
                            k == 1, rng,
                        )  # fmt: skip
                else:
                    e = _turned(d, 2 * rng.random() - 1, 2 * math.pi * rng.random())
                    top = _electron(
                        table, at, e, energy, edges, densities, tally, kind, fresh, stack, top,
                        False, rng,
                    )  # fmt: skip
                break
    return sent
