"""The same equation by another way: one ordinary equation per voxel, written out, and SciPy."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import coo_array


def operator(diffusion, inside, spacing_mm):
    """Sparse matrix of div D grad on the voxels inside, face by face."""
    number = {tuple(c): i for i, c in enumerate(np.argwhere(inside))}
    rows, columns, values = [], [], []
    for cell, i in number.items():
        for axis, h in enumerate(spacing_mm):
            for sign in (-1, 1):
                beside = list(cell)
                beside[axis] += sign
                j = number.get(tuple(beside))
                if j is not None:
                    a, b = diffusion[cell], diffusion[tuple(beside)]
                    flow = 1.0 / (0.5 * h / a + 0.5 * h / b) / h
                    rows += [i, i]
                    columns += [j, i]
                    values += [flow, -flow]
    return coo_array((values, (rows, columns)), shape=(len(number),) * 2).tocsr()


def solved(u, matrix, *, rate_per_d, drugs, breaks):
    """The density of the voxels inside at the last of `breaks`, between which k(t) is smooth."""

    for start, end in zip(breaks, breaks[1:], strict=False):
        acting = [d for d in drugs if d.time_d <= start]

        def slope(t, v, acting=acting):
            k = sum(d.kill_per_d * np.exp(-(t - d.time_d) / d.decay_d) for d in acting)
            return matrix @ v + rate_per_d * v * (1 - v) - k * v

        u = solve_ivp(slope, (start, end), u, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    return u


def round_tumour(diffusion, rate_per_d, *, width_mm, duration_d, radius_mm=58.0, count=580):
    """Burden in mm3 of a tumour that depends on the radius only, in thin shells."""
    edge = np.linspace(0.0, radius_mm, count + 1)
    middle, volume, h = 0.5 * (edge[1:] + edge[:-1]), np.diff(edge**3) / 3.0, radius_mm / count

    def slope(_, u):
        flow = np.pad(diffusion * edge[1:-1] ** 2 * np.diff(u) / h, 1)
        return np.diff(flow) / volume + rate_per_d * u * (1 - u)

    start = np.exp(-(middle**2) / 2 / width_mm**2)
    how = {"method": "LSODA", "lband": 1, "uband": 1, "rtol": 1e-7, "atol": 1e-12}
    return 4 * np.pi * float(volume @ solve_ivp(slope, (0, duration_d), start, **how).y[:, -1])
