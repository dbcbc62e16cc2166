# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What stress and stiffness follow from an energy of :math:`\bar C = J^{-2/3} C`?

With :math:`\bar S = 2\,\partial W/\partial\bar C` and
:math:`\bar{\mathbb{C}} = 4\,\partial^2 W/\partial\bar C^2`,

.. math::
    S = J^{-2/3} \left( \bar S - \tfrac13 (\bar S : C)\, C^{-1} \right)                  \tag{1}
.. math::
    \mathbb{C} = J^{-4/3}\, \mathbb{P} : \bar{\mathbb{C}} : \mathbb{P}^T
      + \tfrac23 J^{-2/3} (\bar S : C)\, \tilde{\mathbb{P}}
      - \tfrac23 (C^{-1} \otimes S + S \otimes C^{-1})                                   \tag{2}
.. math::
    A_{iKjL} = \frac{\partial P_{iK}}{\partial F_{jL}}
      = \delta_{ij} S_{KL} + F_{iM} F_{jN}\, \mathbb{C}_{MKNL}                           \tag{3}

with :math:`\mathbb{P} = \mathbb{I} - \tfrac13 C^{-1} \otimes C` and :math:`\tilde{\mathbb{P}} =
C^{-1} \odot C^{-1} - \tfrac13 C^{-1} \otimes C^{-1}`. Holzapfel, *Nonlinear Solid
Mechanics* (Wiley 2000), equations 6.91 and 6.168.

A law of C itself (`drained`) goes straight to (3). A muscle's active tension adds
:math:`T_a f \otimes f` to S.
"""

import numpy as np
from numba import njit

from bodytwin.numerics.solid.material import drained, guccione, holzapfel, rubber
from bodytwin.numerics.solid.material.vectors import FIRST, THEN, add_twofold, tensor, vector

_RUBBER, _GUCCIONE, _DRAINED = rubber.KIND, guccione.KIND, drained.KIND


@njit(cache=True, nogil=True)
def cofactor(f, out):
    """Write the cofactors of `f` (3, 3) to `out`, which is J F^-T; returns J."""
    for i in range(3):
        a, b = (i + 1) % 3, (i + 2) % 3
        for k in range(3):
            c, d = (k + 1) % 3, (k + 2) % 3
            out[i, k] = f[a, c] * f[b, d] - f[a, d] * f[b, c]
    return f[0, 0] * out[0, 0] + f[0, 1] * out[0, 1] + f[0, 2] * out[0, 2]


@njit(cache=True, nogil=True)
def respond(kind, constants, axes, active, f, j, stress, stiffness, wanted):  # noqa: PLR0913
    """Energy in kPa at the deformation gradient `f` (3, 3) of volume `j`.

    Writes S of (1) to `stress` (3, 3) and, if `wanted`, A of (3) to `stiffness` (9, 9).
    """
    c, ci = np.empty((3, 3)), np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            c[a, b] = f[0, a] * f[0, b] + f[1, a] * f[1, b] + f[2, a] * f[2, b]
    cofactor(c, ci)
    ci /= j * j
    full, s, t = np.empty(6), np.empty(6), np.empty((6, 6))
    vector(c, full)
    if kind == _DRAINED:
        energy = drained.respond(constants, axes, full, ci, j, s, t)
    else:
        energy = _freed(kind, constants, axes, full, ci, j, s, t, wanted)
    tensor(s, stress)
    along = axes[0]
    for a in range(3):
        for b in range(3):
            stress[a, b] += active * along[a] * along[b]
            energy += 0.5 * active * along[a] * along[b] * (c[a, b] - (1.0 if a == b else 0.0))
    if wanted:
        _mixed(f, stress, t, stiffness)
    return energy


@njit(cache=True, nogil=True)
def _freed(kind, constants, axes, full, ci, j, s, t, wanted):  # noqa: PLR0913
    """Equations (1) and (2) as vectors, for a law of C freed of its change of volume."""
    inverse, bar = np.empty(6), np.empty(6)
    vector(ci, inverse)
    shrunk = j ** (-2.0 / 3.0)
    for a in range(6):
        bar[a] = shrunk * full[a]
    if kind == _RUBBER:
        energy = rubber.respond(constants, bar, s, t)
    elif kind == _GUCCIONE:
        energy = guccione.respond(constants, axes, bar, s, t)
    else:
        energy = holzapfel.respond(constants, axes, bar, s, t)
    trace = 0.0
    for a in range(6):
        trace += s[a] * full[a]
    for a in range(6):
        s[a] = shrunk * (s[a] - trace / 3.0 * inverse[a])
    if wanted:
        _project(t, full, inverse, s, shrunk, trace)
        add_twofold(t, ci, 2.0 / 3.0 * shrunk * trace)
    return energy


@njit(cache=True, nogil=True)
def _project(t, full, inverse, s, shrunk, trace):
    """The parts of (2) that are made of single vectors, in place of `t`."""
    v = np.empty(6)
    along = 0.0
    for a in range(6):
        v[a] = 0.0
        for b in range(6):
            v[a] += t[a, b] * full[b]
        along += v[a] * full[a]
    quick = shrunk * shrunk
    own = quick * along / 9.0 - 2.0 / 9.0 * shrunk * trace
    for a in range(6):
        for b in range(6):
            t[a, b] = (
                quick * (t[a, b] - (inverse[a] * v[b] + v[a] * inverse[b]) / 3.0)
                + own * inverse[a] * inverse[b]
                - 2.0 / 3.0 * (inverse[a] * s[b] + s[a] * inverse[b])
            )


@njit(cache=True, nogil=True)
def _mixed(f, stress, t, out):
    """Equation (3)."""
    half = np.sqrt(0.5)
    turn, half_done = np.zeros((9, 6)), np.empty((9, 6))
    for i in range(3):
        for k in range(3):
            row = turn[3 * i + k]
            row[k] = f[i, k]
            for a in range(3, 6):
                if FIRST[a] == k:
                    row[a] = half * f[i, THEN[a]]
                elif THEN[a] == k:
                    row[a] = half * f[i, FIRST[a]]
    for a in range(9):
        for b in range(6):
            total = 0.0
            for c in range(6):
                total += turn[a, c] * t[c, b]
            half_done[a, b] = total
    for a in range(9):
        for b in range(a, 9):
            total = stress[a % 3, b % 3] if a // 3 == b // 3 else 0.0
            for c in range(6):
                total += half_done[a, c] * turn[b, c]
            out[a, b] = total
            out[b, a] = total
