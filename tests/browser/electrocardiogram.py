"""Two minutes of record 100 of the MIT-BIH database, as a WFDB record."""

import zlib
from pathlib import Path

import numpy as np

EXCERPT = Path(__file__).parents[1] / "service" / "data" / "mitdb-100-mlii-2min.i16.z"


def written(folder: Path) -> Path:
    """Write the record, and return its header."""
    samples = np.frombuffer(zlib.decompress(EXCERPT.read_bytes()), dtype="<i2")
    (folder / "ecg.dat").write_bytes(samples.tobytes())
    total = int(samples.astype(np.int64).sum()) & 0xFFFF
    total = total - 65536 if total > 32767 else total
    signal = f"ecg.dat 16 200(1024)/mV 11 1024 {samples[0]} {total} 0 MLII"
    (folder / "ecg.hea").write_text(f"ecg 1 360 {len(samples)}\n{signal}\n")
    return folder / "ecg.hea"
