# ruff: noqa: D103
"""Our FHIR reader against fhir.resources: equal rows, and at least 20 times as fast."""

import sys
import time
import timeit
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BUNDLES = sorted((HERE.parent / "examples" / "data" / "synthea").glob("*.json"))
WANTED = 20.0
ROUNDS = 3


@pytest.fixture(scope="module")
def sides():
    pytest.importorskip("fhir.resources", reason="the peer is in the group 'oracles'")
    sys.path.insert(0, str(HERE))
    import fhir_import

    return fhir_import


@pytest.mark.parametrize("path", BUNDLES, ids=lambda p: p.stem)
def test_both_readers_find_the_same_rows(sides, path):
    data = path.read_bytes()
    mine = sorted(sides.ours(data))
    assert mine
    assert mine == sorted(sides.peer(data))


def test_reading_is_at_least_twenty_times_as_fast(sides):
    files = [path.read_bytes() for path in BUNDLES]
    megabytes = sum(map(len, files)) / 1e6

    def cpu_s(read, passes):
        def work():
            for data in files:
                read(data)

        return timeit.timeit(work, number=passes, timer=time.process_time) / passes

    rounds = [(cpu_s(sides.ours, 5), cpu_s(sides.peer, 1)) for _ in range(1 + ROUNDS)][1:]
    ours_s, peer_s = (min(times) for times in zip(*rounds, strict=True))
    print(
        f"\nbodytwin {megabytes / ours_s:.0f} MB/s, fhir.resources {megabytes / peer_s:.2f} MB/s, "
        f"ratio {peer_s / ours_s:.1f}"
    )
    assert peer_s / ours_s >= WANTED
