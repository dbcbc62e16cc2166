"""Speeds of oblique plane waves: `python -m verification.rhythm.conduction.run` measures them."""

import sys
import tomllib
from pathlib import Path

from bodytwin.twins.rhythm.model.calibrate import Scheme, calibrated
from verification.rhythm.conduction.planes import speed_m_per_s

ALONG_M_PER_S, ACROSS_M_PER_S = 0.6, 0.25
SCHEMES = [Scheme(spacing_mm=h, dt_ms=dt) for h, dt in ((0.35, 0.02), (0.2, 0.02), (0.1, 0.01))]
FIBRES = {
    (1, 0, 0): [(1, 0, 0), (0, 1, 0), (0, 1, 1)],
    (4, 1, 0): [(4, 1, 0), (1, -4, 0)],
    (2, 1, 0): [(2, 1, 0), (1, -2, 0)],
    (1, 1, 0): [(1, 1, 0), (1, -1, 0), (1, -1, 1)],
    (2, 1, 1): [(2, 1, 1), (0, 1, -1), (1, -1, -1)],
    (1, 1, 1): [(1, 1, 1), (1, -1, 0), (1, 1, -2)],
}
"""Directions of fibres, and of waves: the first along them, the others across."""
PATH = Path(__file__).parent / "measured.toml"


def off(fibre, wave, scheme):
    """By what share a wave is faster than it was wished to be."""
    along, across = (
        calibrated(c, scheme).diffusion_mm2_per_ms for c in (ALONG_M_PER_S, ACROSS_M_PER_S)
    )
    wished = ALONG_M_PER_S if fibre == wave else ACROSS_M_PER_S
    found = speed_m_per_s(fibre=fibre, wave=wave, along=along, across=across, scheme=scheme)
    return found / wished - 1.0


def read():
    return tomllib.loads(PATH.read_text(encoding="utf-8"))["wave"]


def main():
    lines = [
        "# By what share plane waves are faster than wished (0.6 m/s along fibres, 0.25 across)."
    ]
    for scheme in SCHEMES:
        for fibre, waves in FIBRES.items():
            for wave in waves:
                share = off(fibre, wave, scheme)
                lines += ["", "[[wave]]", f"spacing_mm = {scheme.spacing_mm}"]
                lines += [f"dt_ms = {scheme.dt_ms}", f"fibre = {list(fibre)}"]
                lines += [f"wave = {list(wave)}", f"off = {share:.4f}"]
                print(scheme.spacing_mm, fibre, wave, f"{share:+.1%}", flush=True)
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
