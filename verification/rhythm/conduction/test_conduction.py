import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import stencil
from bodytwin.twins.rhythm.model.calibrate import Scheme, calibrated, speeds_m_per_s
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher
from verification.rhythm.conduction.planes import speed_m_per_s
from verification.rhythm.conduction.run import off, read

WORKING = Scheme(spacing_mm=0.35)
BLOCK_MM = (14.0, 4.2, 4.2)


def in_a_block(along_m_per_s, across_m_per_s, *, axis):
    """Speed of a wave down a block of tissue with fibres along `axis` of three."""
    shape = [round(s / WORKING.spacing_mm) for s in BLOCK_MM]
    voxels = Voxels.of_mask(np.ones(shape, bool), spacing_mm=WORKING.spacing_mm)
    n = voxels.count
    along, across = (
        np.full(n, calibrated(c, WORKING).diffusion_mm2_per_ms, np.float32)
        for c in (along_m_per_s, across_m_per_s)
    )
    made = stencil(
        voxels,
        fibre=np.tile(np.eye(3, dtype=np.float32)[axis], (n, 1)),
        along_mm2_per_ms=along,
        across_mm2_per_ms=across,
        blend=WORKING.blend,
    )
    tissue = Monodomain(
        stencil=made, membrane=ten_tusscher(), kinds=np.zeros(n, np.uint8), dt_ms=WORKING.dt_ms
    )
    x = voxels.cells[:, 0] * WORKING.spacing_mm
    pulse = Pulse(voxels=tuple(np.flatnonzero(x < 2.5).tolist()), start_ms=0.0)
    _, activity = tissue.run(tissue.rested(), [pulse], 12.0 / min(along_m_per_s, across_m_per_s))
    first = activity.first_ms(n)
    looked = (x > 5.0) & (x < 9.0)
    return 1.0 / np.polyfit(x[looked], first[looked], 1)[0]


@pytest.mark.parametrize(
    ("spacing_mm", "kind", "speed"),
    [(0.35, "epi", 0.6), (0.35, "epi", 0.2), (0.25, "epi", 0.3), (0.35, "border", 0.25)],
)
def test_a_strand_conducts_at_the_wished_speed(spacing_mm, kind, speed):
    scheme = Scheme(spacing_mm=spacing_mm, kind=kind)
    made = calibrated(speed, scheme)
    assert made.measured_m_per_s == pytest.approx(speed, rel=0.02)
    again = speeds_m_per_s(np.array([made.diffusion_mm2_per_ms]), scheme)[0]
    assert again == made.measured_m_per_s
    assert 0.0 < made.slowest_m_per_s < speed


@pytest.mark.parametrize(("axis", "wished"), [(0, 0.6), (1, 0.25)])
def test_a_block_along_the_grid_conducts_at_the_wished_speed(axis, wished):
    assert in_a_block(0.6, 0.25, axis=axis) == pytest.approx(wished, rel=0.02)


def test_planes_on_a_line_are_muscle_in_space():
    """The same wave by both ways, so that the table of oblique waves can be believed."""
    diffusion = calibrated(0.6, WORKING).diffusion_mm2_per_ms
    by_planes = speed_m_per_s(
        fibre=(1, 0, 0), wave=(1, 0, 0), along=diffusion, across=0.03, scheme=WORKING
    )
    assert by_planes == pytest.approx(in_a_block(0.6, 0.25, axis=0), rel=0.01)


@pytest.mark.parametrize(("fibre", "wave"), [((2, 1, 1), (2, 1, 1)), ((1, 1, 0), (1, -1, 1))])
def test_the_table_of_oblique_waves_is_what_the_code_still_gives(fibre, wave):
    kept = [w for w in read() if (w["fibre"], w["wave"]) == (list(fibre), list(wave))]
    wanted = next(w["off"] for w in kept if w["spacing_mm"] == WORKING.spacing_mm)
    assert off(fibre, wave, WORKING) == pytest.approx(wanted, abs=0.005)


def test_oblique_waves_are_off_by_what_is_said_and_by_less_on_finer_voxels():
    """5 % at 0.35 mm is not met; the limits stand in case.toml."""
    worst = {}
    for w in read():
        along = w["fibre"] == w["wave"]
        key = (w["spacing_mm"], "along" if along else "across")
        worst[key] = max(worst.get(key, 0.0), abs(w["off"]))
    for which, said in (("along", 0.115), ("across", 0.235)):
        assert worst[0.35, which] <= said
        assert worst[0.35, which] > worst[0.2, which] > worst[0.1, which]
    assert worst[0.1, "along"] <= 0.05
    assert worst[0.1, "across"] <= 0.06


def test_a_speed_that_no_diffusion_gives_is_refused_with_those_that_can_be_had():
    with pytest.raises(InvalidInputError, match="finer spacing"):
        calibrated(0.01, WORKING)
    with pytest.raises(InvalidInputError, match="take 0"):
        Scheme(spacing_mm=3.0)
