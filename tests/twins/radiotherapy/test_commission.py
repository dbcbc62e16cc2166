"""A machine that is measured is found again; measurements that cannot tell it are refused."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MisfitError, MissingDataError
from bodytwin.twins.radiotherapy.model.commission import Field, Measured, Profile, commissioned
from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence, open_field
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.influence import influence
from bodytwin.twins.radiotherapy.model.pencil import generic
from bodytwin.twins.radiotherapy.model.trace import Densities

SURFACE_MM = 900.0
HORNED = np.array([[0.0, 1.0], [25.0, 1.02], [50.0, 1.05]])


@cache
def tank():
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = [-147.5, SURFACE_MM - 1000.0 + 2.5, -147.5]
    return Densities(values=np.ones((60, 60, 60), np.float32), affine=affine)


def dose(machine, sides, depth_mm, x_mm=0.0, z_mm=0.0):
    depth, x, z = np.broadcast_arrays(depth_mm, x_mm, z_mm)
    at, weights = open_field(machine, width_mm=sides[0], length_mm=sides[1])
    return dose_of_fluence(
        Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0), beamlet_mm=1.0),
        tank(),
        machine,
        voxels_mm=np.column_stack([x, depth + SURFACE_MM - 1000.0, z]).astype(float),
        beamlets_mm=at,
        weights=weights,
    )


def measure(machine, sides, unit):
    """Scans of a field, as a physicist takes them."""
    depth = np.append(np.arange(1.0, 30.0, 2.0), np.arange(30.0, 290.0, 10.0))
    place = np.arange(-1.2, 1.21, 0.04) * max(sides) / 2

    def profiles(axis):
        return tuple(
            Profile(depth_mm=d, place_mm=place, dose=dose(machine, sides, d, **{axis: place}))
            for d in (20.0, 100.0, 200.0)
        )

    return Field(
        sides_mm=sides,
        output=dose(machine, sides, 100.0).item() / unit,
        depth_mm=depth,
        depth_dose=dose(machine, sides, depth),
        along_x=profiles("x_mm"),
        along_z=profiles("z_mm"),
    )


@cache
def true():
    return replace(
        generic(), penumbra_z_mm=3.0, open_fluence=HORNED, edge_mm=(0.4, 0.2), penumbra_mm=6.0
    )


@cache
def measured():
    unit = dose(true(), (100.0, 100.0), 100.0).item()
    fields = tuple(measure(true(), (s, s), unit) for s in (50.0, 100.0))
    return Measured(name="own", surface_mm=SURFACE_MM, reference_depth_mm=100.0, fields=fields)


@cache
def found():
    return commissioned(measured())


def test_the_machine_that_was_measured_is_found_again():
    assert found().edge_mm == pytest.approx((0.4, 0.2), abs=0.15)
    assert found().penumbras_mm[0] > found().penumbras_mm[1]
    assert dose(found(), (100.0, 100.0), 100.0).item() == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize("axis", ["x_mm", "z_mm"])
def test_horns_and_edges_are_those_of_the_machine(axis):
    place = np.array([0.0, 25.0, 40.0, 45.0, 55.0, 60.0])
    wanted, seen = (dose(m, (100.0, 100.0), 50.0, **{axis: place}) for m in (true(), found()))
    assert seen / seen[0] == pytest.approx(wanted / wanted[0], abs=0.01)


@pytest.mark.parametrize("sides", [(70.0, 70.0), (50.0, 90.0)])
def test_fields_that_were_not_measured_have_their_dose(sides):
    unit = dose(true(), (100.0, 100.0), 100.0).item()
    depth = np.array([20.0, 50.0, 100.0, 200.0])
    wanted = dose(true(), sides, depth) / unit
    assert dose(found(), sides, depth) == pytest.approx(wanted, rel=0.01)


def test_nothing_less_than_two_fields_and_profiles_both_ways_will_do():
    small, large = measured().fields
    for fields in ((small,), (small, small)):
        with pytest.raises(MissingDataError, match="two sizes"):
            replace(measured(), fields=fields)
    with pytest.raises(MissingDataError, match="along z"):
        replace(measured(), fields=tuple(replace(f, along_z=()) for f in (small, large)))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"depth_mm": np.arange(41.0)[::-1]}, "growing places"),
        ({"depth_dose": np.zeros(41)}, "above 0"),
        ({"depth_dose": np.full(41, np.nan)}, "above 0"),
        ({"output": 0.0}, "output"),
        ({"sides_mm": (0.0, 50.0)}, "sides"),
        ({"depth_mm": np.linspace(120.0, 300.0, 41)}, "within the depth dose"),
    ],
)
def test_scans_that_cannot_be_are_refused(changed, reason):
    small, large = measured().fields
    assert len(small.depth_mm) == 41
    with pytest.raises(InvalidInputError, match=reason):
        replace(measured(), fields=(replace(small, **changed), large))


def test_a_profile_beside_the_axis_and_a_tank_out_of_reach_are_refused():
    small, large = measured().fields
    beside = replace(small.along_x[0], place_mm=small.along_x[0].place_mm + 100.0)
    with pytest.raises(InvalidInputError, match="across the axis"):
        replace(measured(), fields=(replace(small, along_x=(beside,)), large))
    with pytest.raises(InvalidInputError, match="surface of the tank"):
        replace(measured(), surface_mm=90.0)


def test_a_field_under_a_wrong_name_gives_no_machine():
    small, large = measured().fields
    with pytest.raises(MisfitError, match="Check the sides"):
        commissioned(replace(measured(), fields=(small, replace(large, sides_mm=(200.0, 200.0)))))


def test_an_open_field_covers_its_area_with_shares_of_beamlets():
    _, weights = open_field(generic(), width_mm=41.5, length_mm=60.0, beamlet_mm=5.0)
    assert weights.sum() * 25.0 == pytest.approx(41.5 * 60.0)
    assert weights.max() == 1.0
    wider = replace(generic(), edge_mm=(0.25, 0.0))
    _, weights = open_field(wider, width_mm=41.5, length_mm=60.0, beamlet_mm=5.0)
    assert weights.sum() * 25.0 == pytest.approx(42.0 * 60.0)
    for width, beamlet in ((0.0, 5.0), (50.0, 0.7), (50.0, 0.0)):
        with pytest.raises(InvalidInputError, match="A field has"):
            open_field(generic(), width_mm=width, length_mm=60.0, beamlet_mm=beamlet)


def test_a_beamlet_off_the_axis_is_worth_the_open_fluence_there():
    voxels = np.array([[30.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    beam = Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0))
    doses = [
        influence([beam], tank(), m, voxels_mm=voxels, target_mm=voxels[:1])
        for m in (generic(), replace(generic(), open_fluence=HORNED))
    ]
    share = HORNED[1, 1] + 0.2 * (HORNED[2, 1] - HORNED[1, 1])
    (middle,) = np.flatnonzero((doses[0].beamlets_mm == [30.0, 0.0]).all(axis=1))
    plain, horned = (d.matrix.toarray()[:, middle] for d in doses)
    assert horned == pytest.approx(plain * share, rel=1e-6)


def test_beyond_its_reach_a_beamlet_leaves_nothing():
    short = replace(generic(), reach_mm=20.0)
    assert dose(short, (10.0, 10.0), 100.0, x_mm=30.0).item() == 0.0
    assert dose(generic(), (10.0, 10.0), 100.0, x_mm=30.0).item() > 0.0
    tables = short.tables(beamlet_mm=5.0, surface_mm=900.0)
    assert tables.shape == (3, 41, 41)
    assert not tables[:, 30, 30].any()


def test_penumbras_and_fluence_of_a_machine_that_cannot_be_are_refused():
    for changed in ({"penumbra_z_mm": 0.0}, {"reach_mm": 0.0}, {"m_per_mm": -1.0}):
        with pytest.raises(InvalidInputError, match="above zero"):
            replace(generic(), **changed)
    for fluence in (np.ones((2, 3)), np.array([[5.0, 1.0], [0.0, 1.0]])):
        with pytest.raises(InvalidInputError, match="open fluence"):
            replace(generic(), open_fluence=fluence)
