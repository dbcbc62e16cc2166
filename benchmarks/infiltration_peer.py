"""A plain Runge-Kutta of fourth order for a tumour that infiltrates, with NumPy or PyTorch.

Run by benchmarks/infiltration.py with an interpreter that has PyTorch; prints CPU seconds as JSON.
"""

import json
import sys
import time


def faces(library, diffusion, spacing_mm):
    """Harmonic means of the diffusion between neighbours, along each axis."""
    found = []
    for axis, h in enumerate(spacing_mm):
        n = diffusion.shape[axis]
        a, b = (library.moveaxis(diffusion, axis, 0)[s] for s in (slice(0, n - 1), slice(1, n)))
        both = library.where(a + b > 0, a + b, library.ones_like(a))
        found.append(library.moveaxis(2 * a * b / both / h**2, 0, axis))
    return found


def slope(u, weights, rate):
    """Growth, and what flows through the faces."""
    change = rate * u * (1 - u)
    for axis, weight in enumerate(weights):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        flow = weight * (u[tuple(high)] - u[tuple(low)])
        change[tuple(low)] += flow
        change[tuple(high)] -= flow
    return change


def runge_kutta(u, weights, rate, step, steps):
    """The density after some steps."""
    for _ in range(steps):
        a = slope(u, weights, rate)
        b = slope(u + 0.5 * step * a, weights, rate)
        c = slope(u + 0.5 * step * b, weights, rate)
        d = slope(u + step * c, weights, rate)
        u = u + step / 6 * (a + 2 * b + 2 * c + d)
    return u


def main():
    """CPU seconds of PyTorch on one thread, and what it comes to."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    path, spacing, rate, step, days = json.loads(sys.argv[1])
    given, found = np.load(path), {"version": torch.__version__.split("+")[0]}
    for name in ("float64", "float32"):
        kind = getattr(torch, name)
        diffusion, u = (torch.tensor(given[k], dtype=kind) for k in ("diffusion", "start"))
        weights = faces(torch, diffusion, spacing)
        with torch.no_grad():
            before = time.process_time()
            u = runge_kutta(u, weights, rate, step, round(days / step))
            found[name] = time.process_time() - before
        found[f"{name}_total"] = float(u.sum())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
