# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# pyright: reportCallIssue=false
# numba infers the types of kernel arguments; the docstrings state them.

"""exp and log in single precision, written so that a compiler can do eight at a time.

A loop that calls the mathematics library is not vectorised; these are polynomials
on the bits of the number, within 2e-7 of the exact value (exp: relative, for
arguments from -87 to 88, outside which it stays at its value there; log: absolute
near 1, otherwise relative, for normal positive numbers).
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

F = np.float32
_LOG2E, _LN2_HIGH, _LN2_LOW = F(1.4426950408889634), F(0.693359375), F(-2.12194440e-4)
_LOWEST, _HIGHEST, _SHIFT, _HALF, _ONE = F(-87.0), F(88.0), F(256.5), F(0.5), F(1.0)
_E = tuple(F(1.0 / k) for k in (5040, 720, 120, 24, 6))
_E0, _E1, _E2, _E3, _E4 = _E
_TWO, _SQRT2 = F(2.0), F(1.4142135623730951)
_L1, _L3, _L5, _L7 = F(2.0), F(2.0 / 3), F(2.0 / 5), F(2.0 / 7)
_L9 = F(2.0 / 9)


@intrinsic
def _as_float(_context, _bits):
    def build(context, builder, signature, args):  # noqa: ARG001
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), build


@intrinsic
def _as_bits(_context, _value):
    def build(context, builder, signature, args):  # noqa: ARG001
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), build


@njit(error_model="numpy")
def exp(x):
    """Exponential of the float32 `x`."""
    x = min(max(x, _LOWEST), _HIGHEST)
    whole = np.int32(x * _LOG2E + _SHIFT) - np.int32(256)
    part = F(whole)
    r = (x - part * _LN2_HIGH) - part * _LN2_LOW
    p = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _HALF
    return (p * r * r + r + _ONE) * _as_float(np.int32((whole + np.int32(127)) << np.int32(23)))


@njit(error_model="numpy")
def log(x):
    """Natural logarithm of the positive float32 `x`."""
    bits = _as_bits(x)
    power = np.int32((bits >> np.int32(23)) - np.int32(127))
    m = _as_float(np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)))
    big = m > _SQRT2
    m = m * _HALF if big else m
    e = F(power) + (_ONE if big else F(0.0))
    s = (m - _ONE) / (m + _ONE)
    q = s * s
    p = (((_L9 * q + _L7) * q + _L5) * q + _L3) * q + _L1
    return e * _LN2_HIGH + (e * _LN2_LOW + s * p)


@njit(error_model="numpy")
def sigmoid(x, middle, slope, height):
    """`height` / (1 + exp((middle - x) / slope)); a negative slope makes it fall."""
    return F(height) / (_ONE + exp((F(middle) - x) * F(1.0 / slope)))


@njit(error_model="numpy")
def bell(x, middle, width, height):
    """`height` exp(-(x - middle)^2 / width)."""
    d = x - F(middle)
    return F(height) * exp(d * d * F(-1.0 / width))


@njit(error_model="numpy")
def exponential(x, rate, offset, height):
    """`height` exp(rate (x - offset))."""
    return F(height) * exp(F(rate) * (x - F(offset)))


@njit(error_model="numpy")
def nearer(x, steady, z):
    """`x` after z time constants on its way to `steady`: 1 - exp(-z) as z / (1 + z/2 + z^2/12).

    Within 1e-4 up to z = 0.6, and never past `steady` beyond.
    """
    return x + (steady - x) * z / (_ONE + z * (_HALF + z * F(1.0 / 12.0)))
