"""How much faster is our FHIR reader than fhir.resources, on the same files, to the same rows?

    python benchmarks/fhir_import.py [BUNDLE.json ...]

CPU time of this process, best of several. Both sides start from the bytes and end with the rows
(code, number as written, unit, instant) of every observation with a number. Exits with 1 unless
the rows are equal and the ratio is at least 20. Needs the dependency group `oracles`.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from bodytwin.importers import fhir

DEFAULT = Path(__file__).parents[1] / "examples" / "data" / "synthea"
WANTED = 20.0
TIMES = {"ours": 15, "peer": 2}
Row = tuple[str, str, str, datetime]


def ours(data: bytes) -> list[Row]:
    """Rows by bodytwin."""
    return [
        (o.code.code, o.quantity.text, o.quantity.unit, o.instant.moment)
        for record in fhir.read(data).records
        for o in record.observations
    ]


def peer(data: bytes) -> list[Row]:
    """Rows by fhir.resources."""
    return [
        row
        for entry in Bundle.model_validate_json(data).entry
        if entry.resource.get_resource_type() == "Observation"
        for row in _rows(entry.resource)
    ]


def _rows(observation: Any) -> Iterator[Row]:
    for part in (observation, *(observation.component or ())):
        if part.valueQuantity is not None:
            yield (
                part.code.coding[0].code,
                str(part.valueQuantity.value),
                part.valueQuantity.code,
                observation.effectiveDateTime.astimezone(UTC),
            )


def cpu_s(work: Callable[[bytes], list[Row]], data: bytes, repeats: int) -> float:
    """The least CPU time of several runs, in seconds."""
    taken: list[float] = []
    for _ in range(repeats):
        start = time.process_time()
        work(data)
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> int:
    """Compare and print; the exit status."""
    paths = [Path(p) for p in sys.argv[1:]] or sorted(DEFAULT.glob("*.json"))
    total = {"ours": 0.0, "peer": 0.0, "bytes": 0}
    for path in paths:
        data = path.read_bytes()
        mine, theirs = sorted(ours(data)), sorted(peer(data))
        if mine != theirs:
            print(f"{path.name}: the rows differ ({len(mine)} and {len(theirs)})")
            return 1
        times = {n: cpu_s(f, data, TIMES[n]) for n, f in (("ours", ours), ("peer", peer))}
        print(
            f"{path.name:40} {len(data) / 1e6:5.2f} MB {len(mine):5} rows  bodytwin "
            f"{times['ours'] * 1e3:7.2f} ms  fhir.resources {times['peer'] * 1e3:8.1f} ms  "
            f"{times['peer'] / times['ours']:6.1f} x"
        )
        for name, seconds in times.items():
            total[name] += seconds
        total["bytes"] += len(data)
    ratio = total["peer"] / total["ours"]
    print(
        f"together: bodytwin {total['bytes'] / total['ours'] / 1e6:.0f} MB/s, fhir.resources "
        f"{total['bytes'] / total['peer'] / 1e6:.1f} MB/s, {ratio:.1f} x, equal rows"
    )
    return 0 if ratio >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
